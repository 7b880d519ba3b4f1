/** @file What `npm run bench -- search` takes, and what its table shows more; nothing here needs the packages. */

/** Whole numbers such as `1e6,1e7`, between two bounds. */
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

export const OPTIONS = {
  /** Items. */
  n: { value: '1e6,1e7', read: numbers('1e6,1e7', 1e4, 2e8) },
  /** Subspaces, K = 256. */
  m: { value: '4,8', read: numbers('4,8', 1, 32) },
  /** Only rows whose case holds this. */
  case: { value: 'TEXT', read: (text = '') => text },
};

const short = (value) => Number(value.toPrecision(3)).toString();

/** What a row must reach, as `bars.mjs` says. */
function bar({ least, most, unit }) {
  const parts = [];
  if (least !== undefined) parts.push(`${short(least)} ×`);
  if (most !== undefined) parts.push(`≤ ${most} ${unit}`);
  return parts.join(' or ');
}

export const COLUMNS = {
  slowest: (row) => (row.slowest === undefined ? '–' : short(row.slowest)),
  visited: (row) => (row.visited === undefined ? '–' : `${short((100 * row.visited) / row.n)} %`),
  verified: (row) => (row.verified === undefined ? '–' : String(row.verified)),
  'at least': (row) => (row.met === undefined ? '–' : `${bar(row)} ${row.met ? 'yes' : 'NO'}`),
};
