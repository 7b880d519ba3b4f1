import fc from 'fast-check';
import { describe, it } from 'vitest';
import { createRandom } from '../random.ts';
import { distances } from '../scan.ts';
import { around, hostile, itemsOf } from '../testing/hostile-items.ts';
import { type Asked, expectScan } from '../testing/searches.ts';

/** Largest, least above 0, least normal number of float32. */
const LARGEST = (2 - 2 ** -23) * 2 ** 127;
const DENORMAL = 2 ** -149;
const NORMAL = 2 ** -126;

/** k nearest, and radii at and beside what distances there are. */
function questions(codes: Uint8Array, table: Float32Array, M: number, K: number, k: number): Asked[] {
  const sorted = distances(codes, table, { M, K }).sort();
  const radii = around(sorted[k - 1]);
  return [
    { k },
    ...radii.map((radius) => ({ radius })),
    { k, allowed: (id) => id % 3 !== 0, dead: (id) => id % 5 === 0 },
  ];
}

describe('hostile tables', () => {
  it('of numbers of any size are answered as by the scan', () => {
    fc.assert(
      fc.property(hostile, (made) => {
        const { M, K, k, structure, distinct } = made;
        const { codebook, codes, table } = itemsOf(made);
        expectScan({ codebook, codes, structure, distinct }, [table], questions(codes, table, M, K, k));
      }),
      { numRuns: 70 },
    );
  });

  /** Named ways to make a table's number of subspace m, code k. */
  const makes: Record<string, (m: number, k: number, draw: () => number) => number> = {
    'all equal': () => 0.1,
    'all zero': () => 0,
    'zeros of both signs': (_, k) => (k % 2 === 0 ? 0 : -0),
    'all the largest': () => LARGEST,
    'the largest of both signs': (_, k) => (k % 2 === 0 ? LARGEST : -LARGEST),
    denormals: (_, k) => (k % 7) * DENORMAL,
    'denormals of both signs': (m, k) => ((k % 7) - 3) * DENORMAL * (m + 1),
    'a span of one denormal over a normal number': (_, k) => NORMAL + (k % 2) * DENORMAL,
    'a span of one step of float32 over a large number': (_, k) => 2 ** 100 * (1 + (k % 3) * 2 ** -23),
    'one subspace at 1e37, the others at 1e-30': (m, k) => (m === 0 ? 1e37 : 1e-30) * (k % 5),
    'the last at 1e37, the others at 1e-30': (m, k) => (m > 0 ? 1e-30 : 1e37) * ((k % 5) - 2),
    'scales that fall by 2^20 a subspace': (m, k) => ((k % 6) - 3) * 2 ** (100 - 20 * Math.min(m, 11)),
    'whole numbers, whose sums tie': (_, k) => k % 4,
    'negative whole numbers': (_, k) => -(k % 4),
    'one code that is far nearer than all': (_, k) => (k === 3 ? -1e30 : (k % 5) * 1e-3),
    'one code that is far farther than all': (_, k) => (k === 3 ? 1e30 : (k % 5) * 1e-3),
    'multiples of what a bound in bytes steps by': (_, k) => k / 250,
    'numbers just below and above such multiples': (m, k) =>
      Math.fround(k / 250) * (1 + (((m + k) % 3) - 1) * 2 ** -23),
    'a large mean and a small spread': (_, k) => 1e6 + (k % 9) / 16,
    'random numbers': (_m, _k, draw) => draw(),
  };
  for (const [which, [what, make]] of Object.entries(makes).entries()) {
    it(`of ${what} are answered as by the scan`, () => {
      for (const [M, K, n, structure] of [
        [1, 256, 300, 'coarse cells'],
        [2, 16, 500, 'coarse cells'],
        [4, 16, 700, 'coarse cells'],
        [5, 32, 900, 'coarse cells'],
        [8, 256, 500, 'coarse cells'],
        [7, 64, 333, 'flat'],
        [32, 8, 300, 'coarse cells'],
      ] as const) {
        const draw = createRandom(M);
        const codes = Uint8Array.from({ length: n * M }, () => draw.integer(K));
        const table = Float32Array.from({ length: M * K }, (_, i) => make(Math.floor(i / K), i % K, () => draw.next()));
        // Each shape both ways, though not with every table.
        const distinct = (M + which) % 2 === 0;
        expectScan(
          { codebook: { M, K }, codes, structure, distinct },
          [table],
          [...questions(codes, table, M, K, 1), ...questions(codes, table, M, K, 37), { k: n }],
        );
      }
    });
  }
});

describe('ties', () => {
  const draw = createRandom(3);
  /** Items of few codes, many of which are equally far. */
  const tied = (n: number, M: number, K: number, codesThere: number) => {
    const few = Uint8Array.from({ length: codesThere * M }, () => draw.integer(K));
    const codes = new Uint8Array(n * M);
    for (let i = 0; i < n; i++) {
      const c = draw.integer(codesThere);
      codes.set(few.subarray(c * M, (c + 1) * M), i * M);
    }
    return codes;
  };

  for (const [M, K] of [
    [2, 16],
    [4, 8],
    [6, 16],
    [8, 256],
  ]) {
    it(`of thousands at the k-th place go by id, M = ${M}, K = ${K}`, () => {
      const n = 3000;
      const codes = tied(n, M, K, 40);
      const ids = draw.shuffle(Uint32Array.from({ length: n }, (_, i) => 5 * i + 1));
      // Distances 0 and 1 or 0, 1 and 2: nearly everything ties.
      const tables = [2, 3].map((values) =>
        Float32Array.from({ length: M * K }, (_, i) => (i < K ? (i % K) % values : 0)),
      );
      for (const distinct of [false, true]) {
        for (const structure of ['flat', 'coarse cells'] as const) {
          const options = { codebook: { M, K }, codes, ids, distinct, structure };
          expectScan(options, tables, [
            ...[1, 1000, 2000],
            { radius: 0 },
            { radius: 0, dead: (id) => id % 4 === 0 },
            { k: 700, allowed: (id) => id % 3 === 0 },
          ]);
        }
      }
    });
  }
});
