/** @file What `npm run bench -- serve` takes, and what its table shows more; nothing here needs the packages. */

const number =
  (fallback, least, most) =>
  (text = fallback) => {
    const value = Number(text);
    if (text.trim() === '' || !(value >= least && value <= most))
      throw new Error(`'${text}'; expected a number from ${least} to ${most}.`);
    return value;
  };

export const OPTIONS = {
  /** Seconds that one measurement takes. */
  seconds: { value: 'S', read: number('5', 0.2, 600) },
  /** Items of the large gallery. */
  n: { value: '1e6', read: number('1e6', 1e4, 2e7) },
  /** Seconds of load at three times the capacity; 0: none. */
  overload: { value: 'S', read: number('10', 0, 3600) },
  /** Minutes of half load with adds and removes; 0: none. */
  soak: { value: 'MIN', read: number('0', 0, 1440) },
  /** Threads of the network; 0: as many as half the cores, so that decoding, HTTP and the load generator find room. */
  threads: { value: 'N', read: number('0', 0, 256) },
  /** A model folder of one's own for the part `images`; default: the network of the recipe `fast` for 64 px. */
  model: { value: 'DIR', read: (text = '') => text },
  /** Only the parts whose name holds this: images, vectors, adding, overload, soak. */
  case: { value: 'TEXT', read: (text = '') => text },
};

const short = (value) => Number(value.toPrecision(3)).toString();

export const COLUMNS = {
  'asked for': (row) => row.asked ?? '–',
  met: (row) => (row.met === undefined ? '–' : row.met ? 'yes' : 'NO'),
  p50: (row) => (row.p50 === undefined ? '–' : `${short(row.p50)} ms`),
  p99: (row) => (row.p99 === undefined ? '–' : `${short(row.p99)} ms`),
  beside: (row) => row.beside ?? '–',
};
