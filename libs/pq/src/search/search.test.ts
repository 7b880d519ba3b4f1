import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Arena } from '../kernels/arena.ts';
import { learnCodebook } from '../learn.ts';
import { createRandom } from '../random.ts';
import { expectScan } from '../testing/searches.ts';
import { buildStructure } from './build.ts';

const random = createRandom(7);

/** Codes whose subspaces depend on each other, and tables of the same make. */
function sample(M: number, K: number, n: number, clusters: number) {
  const centres = Array.from({ length: clusters }, () => Array.from({ length: M }, () => random.integer(K)));
  const near = (c: number) => Math.min(K - 1, Math.max(0, Math.round(c + random.normal() * 1.5)));
  const codes = new Uint8Array(n * M);
  for (let i = 0; i < n; i++) {
    const centre = centres[random.integer(clusters)];
    for (let m = 0; m < M; m++) codes[i * M + m] = near(centre[m]);
  }
  const table = () => {
    const centre = centres[random.integer(clusters)];
    return Float32Array.from({ length: M * K }, (_, i) => {
      const difference = (i % K) - centre[Math.floor(i / K)];
      return difference * difference * 0.01 + random.next();
    });
  };
  return { codes, tables: [table(), table()] };
}

describe('a structure', () => {
  for (const [M, K, n] of [
    [1, 256, 5000],
    [2, 256, 9000],
    [3, 256, 9000],
    [4, 256, 20_000],
    [4, 16, 6000],
    [5, 128, 9000],
    [8, 256, 30_000],
    [8, 64, 9000],
    [8, 2, 5000],
    [16, 256, 6000],
    [16, 32, 6000],
    [32, 256, 5000],
    [32, 4, 5000],
    [4, 256, 100],
    [8, 256, 17],
    [4, 256, 1],
    [3, 2, 0],
  ]) {
    it(`of ${n} codes of M = ${M}, K = ${K} answers as the scan does`, () => {
      const { codes, tables } = sample(M, K, n, 20);
      const ks = [1, 10, 300].filter((k) => k <= n);
      expectScan({ codebook: { M, K }, codes }, tables, ks);
      expectScan({ codebook: { M, K }, codes, distinct: true }, tables, ks.slice(0, 2));
      expectScan({ codebook: { M, K }, codes, structure: 'flat' }, tables, ks.slice(0, 2));
      if (n > 0) expectScan({ codebook: { M, K }, codes, structure: 'coarse cells' }, tables, ks.slice(0, 2));
    });
  }

  it('with codewords groups near ones, and visits little', () => {
    const x = Float32Array.from({ length: 3000 * 16 }, () => random.normal());
    const { codebook } = learnCodebook(x, { M: 4, K: 64, D: 16, seed: 1, iterations: 3 });
    const { codes, tables } = sample(4, 64, 20_000, 10);
    expectScan({ codebook, codes }, tables, [10]);
  });

  it('keeps equal codes once where that is worth it', () => {
    const { codes: few } = sample(8, 256, 50, 50);
    const codes = new Uint8Array(20_000 * 8);
    for (let i = 0; i < 20_000; i++) codes.set(few.subarray(8 * (i % 50), 8 * (i % 50) + 8), 8 * i);
    const { tables } = sample(8, 256, 10, 50);
    const built = expectScan({ codebook: { M: 8, K: 256 }, codes }, tables, [1, 10, 1000, 20_000]);
    expect(built.distinct).toBe(true);
    expect(built.bytes / 20_000).toBeLessThan(18);
  });

  it('takes ids in any order, ties by id', () => {
    const n = 6000;
    const { codes, tables } = sample(4, 16, n, 3);
    const ids = random.shuffle(Uint32Array.from({ length: n }, (_, i) => i * 3));
    const arena = new Arena();
    const structure = buildStructure(arena, { codebook: { M: 4, K: 16 }, codes, ids });
    const byId = Array.from(ids.keys()).sort((a, b) => ids[a] - ids[b]);
    const sorted = new Uint8Array(codes.length);
    for (let i = 0; i < n; i++) sorted.set(codes.subarray(4 * byId[i], 4 * byId[i] + 4), 4 * i);
    const expected = scan(sorted, tables[0], { M: 4, K: 16, k: 500 });
    const found = search(arena, structure, tables[0], 500);
    expect(found.distances).toEqual(expected.distances);
    expect(found.rows).toEqual(expected.rows.map((row) => ids[byId[row]]));
    const items = structure.items();
    const code = new Uint8Array(4);
    for (const place of [0, 1, 17, n - 1]) {
      structure.codeAt(place, code, 0);
      expect(code).toEqual(items.codes.slice(4 * place, 4 * place + 4));
      expect(code).toEqual(codes.slice(4 * ids.indexOf(items.ids[place]), 4 * ids.indexOf(items.ids[place]) + 4));
    }
  });

  it('answers hostile tables as the scan does', () => {
    const number = fc.oneof(
      fc.constantFrom(0, -0, 1, -1, 1e37, -1e37, 3e38, 1e-45, -1e-45, 1e-40, 0.5),
      fc.float({ noNaN: true, noDefaultInfinity: true }),
      fc.integer({ min: -3, max: 3 }),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(1, 2, 3, 4, 5, 8, 16),
        fc.constantFrom(2, 16, 64, 256),
        fc.array(number, { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 0, max: 2 ** 31 }),
        fc.integer({ min: 1, max: 60 }),
        fc.constantFrom('flat', 'coarse cells'),
        fc.boolean(),
        (M, K, numbers, seed, k, structure, distinct) => {
          const draw = createRandom(seed);
          const n = 40 + draw.integer(300);
          const codes = Uint8Array.from({ length: n * M }, () => draw.integer(draw.integer(3) === 0 ? 2 : K));
          const table = Float32Array.from({ length: M * K }, () => numbers[draw.integer(numbers.length)]);
          expectScan({ codebook: { M, K }, codes, structure: structure as 'flat', distinct }, [table], [k]);
        },
      ),
      { numRuns: 300 },
    );
  });
});
