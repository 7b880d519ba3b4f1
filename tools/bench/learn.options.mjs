/** @file What `npm run bench -- learn` takes, and what its table shows more; nothing here needs the packages. */

const list = (text) => text.split(',').map((part) => part.trim());

const numbers =
  (fallback, least, most) =>
  (text = fallback) =>
    list(text).map((part) => {
      const value = Number(part);
      if (!Number.isInteger(value) || value < least || value > most) {
        throw new Error(
          `'${part}' in '${text}'; expected whole numbers from ${least} to ${most}, with commas between.`,
        );
      }
      return value;
    });

export const OPTIONS = {
  data: { value: 'D', read: (text = 'cifar10') => text },
  protocol: { value: 'P', read: (text = 'cifar10-54000') => text },
  /** Files, or names of the catalogue. */
  backbone: { value: 'F,…', read: (text = 'squeezenet_v1.1,mobilenet_v2') => list(text) },
  size: { value: 'PX', read: (text = '160') => numbers('160', 32, 1024)(text)[0] },
  recipe: { value: 'R', read: (text = 'fast') => text },
  /** `none`: the recipe itself; its variants; `unlabelled`: two steps, codebooks on 15,000 pictures of the database. */
  variant: { value: 'V,…', read: (text = 'none') => list(text) },
  bits: { value: 'B,…', read: numbers('12,24,32,48', 2, 256) },
  seeds: { value: 'S,…', read: numbers('1,2,3', 0, 2 ** 32 - 1) },
  /** At most so many pictures of the database, for a quick look: no figure to publish. */
  database: { value: 'N', read: (text) => (text === undefined ? undefined : numbers('', 100, 1e7)(text)[0]) },
  /** A JSON file that gets every row with its settings. */
  save: { value: 'FILE', read: (text) => text },
};

const short = (value) => (value === undefined ? '–' : value.toFixed(4).replace(/^0/, ''));

export const COLUMNS = {
  '±': (row) => short(row.deviation?.aqd),
  IP: (row) => short(row.map?.ip),
  unquantized: (row) => short(row.map?.unquantized),
  'ridge + PQ': (row) => short(row.ridge),
  'raw + PQ': (row) => short(row.raw),
  'head, s': (row) => row.seconds?.toFixed(0) ?? '–',
};
