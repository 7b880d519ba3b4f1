/** @file Which ranges to read for a set of thumbnails: few requests, little that nobody asked for. */

/** A range, and which of the wanted ones (by index) lie in it. */
export interface Read {
  offset: number;
  length: number;
  members: number[];
}

/** Bytes between two ranges that are rather read than skipped: about what a request costs. */
const LARGEST_GAP = 16_384;
/** Bytes of one read at most, except where a single range is larger. */
const LARGEST_READ = 4 * 2 ** 20;

/** Joins ranges that stand close together. Ranges of length 0 are left out. */
export function planReads(wanted: readonly { offset: number; length: number }[]): Read[] {
  const order = [...wanted.keys()]
    .filter((i) => wanted[i].length > 0)
    .sort((a, b) => wanted[a].offset - wanted[b].offset || a - b);
  const reads: Read[] = [];
  for (const i of order) {
    const { offset, length } = wanted[i];
    const last = reads.at(-1);
    const end = offset + length;
    if (last && offset - (last.offset + last.length) <= LARGEST_GAP && end - last.offset <= LARGEST_READ) {
      last.length = Math.max(last.length, end - last.offset);
      last.members.push(i);
    } else {
      reads.push({ offset, length, members: [i] });
    }
  }
  return reads;
}
