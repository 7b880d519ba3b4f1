/** @file What `npm run bench -- scale` takes, and what its table shows more; nothing here needs the packages. */

const numbers =
  (fallback, least, most) =>
  (text = fallback) =>
    text.split(',').map((part) => {
      const value = Number(part);
      if (part.trim() === '' || !Number.isInteger(value) || value < least || value > most)
        throw new Error(
          `'${part}' in '${text}'; expected whole numbers from ${least} to ${most}, with commas between.`,
        );
      return value;
    });

const number = (fallback, least, most) => (text) => {
  const values = numbers(fallback, least, most)(text);
  if (values.length > 1) throw new Error(`'${text}'; expected one number.`);
  return values[0];
};

export const OPTIONS = {
  /** Items in one process; 1e8 takes a quarter of an hour to make. */
  n: { value: '1e6,1e7', read: numbers('1e6,1e7', 1e4, 2e8) },
  /** Items over two servers. */
  servers: { value: '1e7', read: number('1e7', 1e4, 1e8) },
  /** Pictures through the queue. */
  pictures: { value: '8000', read: number('8000', 100, 1e6) },
  /** Seconds that one measurement under load takes. */
  seconds: { value: 'S', read: number('10', 1, 600) },
  /** Only rows whose case holds this. */
  case: { value: 'TEXT', read: (text = '') => text },
  /** Writes what each shard takes by its rows, for tools/fanout.mjs. */
  save: { value: 'FILE', read: (text) => text },
};

const short = (value) => Number(value.toPrecision(3)).toString();
const ms = (value) => (value === undefined ? '–' : `${short(value)} ms`);

export const COLUMNS = {
  'asked for': (row) => row.asked ?? '–',
  met: (row) => (row.met === undefined ? '–' : row.met ? 'yes' : 'NO'),
  p99: (row) => ms(row.p99),
  verified: (row) => (row.verified === undefined ? '–' : String(row.verified)),
  beside: (row) => row.beside ?? '–',
};
