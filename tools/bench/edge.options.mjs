/** @file What `npm run bench -- edge` takes, and what its table shows more; nothing here needs the packages. */

const number =
  (fallback, least, most) =>
  (text = fallback) => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isInteger(value) || value < least || value > most)
      throw new Error(`'${text}'; expected a whole number from ${least} to ${most}.`);
    return value;
  };

export const OPTIONS = {
  /** Runs of each part; the middle one counts. */
  rounds: { value: 'N', read: number('5', 1, 1000) },
  /** Items of the larger gallery that is searched. */
  n: { value: '10000000', read: number('10000000', 10_000, 20_000_000) },
  /** Only the parts whose name holds this: loading, pictures, camera, search, memory. */
  case: { value: 'TEXT', read: (text = '') => text },
};

const short = (value) => Number(value.toPrecision(3)).toString();

export const COLUMNS = {
  bar: (row) =>
    row.least !== undefined ? `≥ ${row.least} ×` : row.most !== undefined ? `≤ ${short(row.most)} ${row.unit}` : '–',
  met: (row) => (row.met === undefined ? '–' : row.met ? 'yes' : 'NO'),
  beside: (row) => row.beside ?? '–',
};
