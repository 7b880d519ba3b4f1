import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shuffledRows } from './random.ts';
import { Ranker } from './rank.ts';

/** Bit patterns as numbers: every exponent, denormals, both zeros, both infinities. */
const anyDouble = fc.double({ noNaN: true });

describe('Ranker', () => {
  it('sorts as a stable sort does, query after query', () => {
    fc.assert(
      fc.property(fc.array(fc.array(anyDouble, { minLength: 9, maxLength: 9 }), { minLength: 1 }), (queries) => {
        const order = shuffledRows(9, 5);
        const ranker = new Ranker(order);
        for (const query of queries) {
          for (const distances of [Float64Array.from(query), Float32Array.from(query)]) {
            const expected = [...order].sort((a, b) =>
              distances[a] < distances[b] ? -1 : distances[a] > distances[b] ? 1 : 0,
            );
            expect([...ranker.rank(distances)]).toEqual(expected);
          }
        }
      }),
    );
  });

  it('sorts more rows than a bucket holds', () => {
    const rows = shuffledRows(50_000, 1);
    const distances = Float64Array.from(rows, (value) => Math.sqrt(value) - 100);
    const ranked = new Ranker(shuffledRows(50_000, 2)).rank(distances);
    expect(ranked.every((row, rank) => rows[row] === rank)).toBe(true);
  });
});

describe('shuffledRows', () => {
  it('gives every row once, and another order for another seed', () => {
    const rows = shuffledRows(1000, 3);
    expect([...rows].sort((a, b) => a - b)).toEqual([...Array(1000).keys()]);
    expect(shuffledRows(1000, 3)).toEqual(rows);
    for (const seed of [4, 3 + 2 ** 32, 3 + 2 ** 52]) expect(shuffledRows(1000, seed)).not.toEqual(rows);
  });

  it('puts every row in every place about equally often', () => {
    const counts = new Uint32Array(36);
    for (let seed = 0; seed < 6000; seed++) {
      for (const [place, row] of shuffledRows(6, seed).entries()) counts[place * 6 + row]++;
    }
    // 1,000 expected, standard deviation 29.
    expect(Math.max(...counts)).toBeLessThan(1130);
    expect(Math.min(...counts)).toBeGreaterThan(870);
  });
});
