import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Segment } from './state.ts';
import { crowded } from './tail.ts';

/** Segments of some sizes behind a base. */
function segmentsOf(sizes: readonly number[]): Segment[] {
  return [1_000_000, ...sizes].map((rows) => ({ rows }) as Segment);
}

/** The sizes after one more append, drawn together. */
function grown(sizes: readonly number[], rows: number): number[] {
  const all = [...sizes, rows];
  const count = crowded(segmentsOf(all));
  if (count === 0) return all;
  return [...all.slice(0, -count), all.slice(-count).reduce((sum, size) => sum + size, 0)];
}

describe('a tail', () => {
  it('of a few segments, or of ever smaller ones, stays as it is', () => {
    expect(crowded(segmentsOf([]))).toBe(0);
    expect(crowded(segmentsOf([1, 1, 1, 1, 1, 1, 1]))).toBe(0);
    expect(crowded(segmentsOf([5_000_000, 600_000, 70_000, 8000, 900, 80, 9, 1]))).toBe(0);
  });

  it('has a few segments of each size, however it grew', () => {
    let sizes: number[] = [];
    let written = 0;
    for (let i = 1; i <= 5000; i++) {
      const before = sizes.length;
      sizes = grown(sizes, 1);
      if (sizes.length <= before) written += sizes.at(-1)!;
      expect(sizes.length).toBeLessThan(8 * (1 + Math.log(i) / Math.log(8)) + 1);
    }
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(5000);
    expect(written).toBeLessThan(5000 * 5);
    fc.assert(
      fc.property(fc.array(fc.nat(10_000), { maxLength: 200 }), (appends) => {
        const found = appends.reduce(grown, [] as number[]);
        expect(found.length).toBeLessThan(8 * 6);
        expect(found.reduce((sum, size) => sum + size, 0)).toBe(appends.reduce((sum, size) => sum + size, 0));
      }),
    );
  });
});
