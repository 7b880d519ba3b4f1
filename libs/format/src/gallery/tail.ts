/** @file When a tail of many small appends is drawn together. */
import type { Segment } from './state.ts';

/** Segments of about one size that are merged, and by what factor sizes differ. */
const FEW = 8;

/**
 * How many of the last segments should become one; 0 where none should. Eight of a size make one of the next size, so
 * that n rows appended one by one are in some 8 log₈ n segments, and each has been written anew log₈ n times. The base
 * stays as it is.
 */
export function crowded(segments: readonly Segment[]): number {
  const sizes = segments.slice(1).map(({ rows }) => rows);
  let merged = 0;
  let size = sizes.at(-1) ?? 0;
  for (;;) {
    let count = Math.max(merged, 1);
    let total = size;
    while (count < sizes.length && level(sizes[sizes.length - 1 - count]) <= level(size)) {
      total += sizes[sizes.length - 1 - count];
      count++;
    }
    // What has just been merged counts as one.
    if (count - Math.max(merged, 1) + 1 < FEW) return merged;
    merged = count;
    size = total;
  }
}

function level(rows: number): number {
  return Math.floor(Math.log(Math.max(rows, 1)) / Math.log(FEW) + 1e-9);
}
