import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from './random.ts';
import { distances, scan } from './scan.ts';
import { hostileNumbers } from './testing/hostile.ts';

/** The answer by sorting everything. */
function plainScan(
  codes: Uint8Array,
  table: Float32Array,
  o: { M: number; K: number; k: number; filter?: (row: number) => boolean },
) {
  const all = Array.from({ length: codes.length / o.M }, (_, row) => {
    let distance = 0;
    for (let m = 0; m < o.M; m++) distance += table[m * o.K + codes[row * o.M + m]];
    return { row, distance };
  }).filter(({ row }) => o.filter?.(row) ?? true);
  all.sort((a, b) => a.distance - b.distance || a.row - b.row);
  const first = all.slice(0, o.k);
  return {
    rows: Uint32Array.from(first, ({ row }) => row),
    distances: Float64Array.from(first, ({ distance }) => distance),
  };
}

const searches = fc
  .record({ M: fc.constantFrom(1, 2, 4, 6), K: fc.constantFrom(2, 4, 16), N: fc.integer({ min: 0, max: 40 }) })
  .chain(({ M, K, N }) =>
    fc.record({
      M: fc.constant(M),
      K: fc.constant(K),
      k: fc.integer({ min: 1, max: 45 }),
      table: hostileNumbers(M * K),
      codes: fc.array(fc.nat(K - 1), { minLength: N * M, maxLength: N * M }).map((codes) => Uint8Array.from(codes)),
      kept: fc.option(fc.array(fc.boolean(), { minLength: N, maxLength: N }), { nil: undefined }),
    }),
  );

describe('scan', () => {
  it('finds what sorting everything finds: on ties, equal, negative and denormal tables, with and without a filter', () => {
    fc.assert(
      fc.property(searches, ({ M, K, k, table, codes, kept }) => {
        const options = { M, K, k, ...(kept ? { filter: (row: number) => kept[row] } : {}) };
        expect(scan(codes, table, options)).toEqual(plainScan(codes, table, options));
      }),
      { numRuns: 500 },
    );
  });

  it('gives rows at one distance in ascending order', () => {
    const codes = Uint8Array.of(1, 0, 1, 0, 1);
    const found = scan(codes, Float32Array.of(5, -2), { M: 1, K: 2, k: 4 });
    expect([...found.rows]).toEqual([0, 2, 4, 1]);
    expect([...found.distances]).toEqual([-2, -2, -2, 5]);
  });

  it('finds all rows where k is larger, and none in an empty database', () => {
    const table = Float32Array.of(1, 2);
    expect(scan(Uint8Array.of(1, 0), table, { M: 1, K: 2, k: 10 }).rows).toEqual(Uint32Array.of(1, 0));
    expect(scan(new Uint8Array(0), table, { M: 1, K: 2, k: 10 }).rows).toEqual(new Uint32Array(0));
  });

  it('adds in float64, in the order of the subspaces', () => {
    // In float32, or from the end, 1e8 + 1 − 1e8 would be 0.
    const table = Float32Array.of(1e8, 0, 1, 0, -1e8, 0);
    expect([...scan(Uint8Array.of(0, 0, 0), table, { M: 3, K: 2, k: 1 }).distances]).toEqual([1]);
  });

  it('asks the filter only about rows that would be taken', () => {
    const asked: number[] = [];
    const codes = Uint8Array.of(0, 1, 1, 0);
    const filter = (row: number) => asked.push(row) > 0;
    scan(codes, Float32Array.of(0, 1), { M: 1, K: 2, k: 1, filter });
    expect(asked).toEqual([0]);
  });

  it('refuses NaN and infinity in the table', () => {
    for (const value of [Number.NaN, Infinity, -Infinity]) {
      expect(() => scan(Uint8Array.of(0), Float32Array.of(0, value), { M: 1, K: 2, k: 1 })).toThrow(
        expect.objectContaining({ code: 'NOT_FINITE', message: expect.stringContaining('codeword 1') }),
      );
    }
  });

  it('refuses what does not fit', () => {
    const table = Float32Array.of(0, 1);
    const refused = (code: string, run: () => unknown) => expect(run).toThrow(expect.objectContaining({ code }));
    refused('BAD_OPTION', () => scan(Uint8Array.of(0), table, { M: 1, K: 2, k: 0 }));
    refused('BAD_OPTION', () => scan(Uint8Array.of(0), table, { M: 1, K: 2, k: 1.5 }));
    refused('BAD_SHAPE', () => scan(Uint8Array.of(0), table, { M: 2, K: 2, k: 1 }));
    refused('BAD_SHAPE', () => scan(Uint8Array.of(0, 0, 0), new Float32Array(4), { M: 2, K: 2, k: 1 }));
    refused('BAD_SHAPE', () => scan(Uint8Array.of(0), new Float32Array(3), { M: 1, K: 3, k: 1 }));
    refused('BAD_CODE', () => scan(Uint8Array.of(0, 2), table, { M: 1, K: 2, k: 1 }));
  });

  it('stops when aborted', () => {
    const options = { M: 1, K: 2, k: 1, signal: AbortSignal.abort('enough') };
    expect(() => scan(Uint8Array.of(0), Float32Array.of(0, 1), options)).toThrow('enough');
  });
});

describe('distances', () => {
  it('are those of the scan, for every row', () => {
    const random = createRandom(4);
    const table = Float32Array.from({ length: 4 * 256 }, () => random.normal());
    const codes = Uint8Array.from({ length: 4 * 1000 }, () => random.integer(256));
    const all = distances(codes, table, { M: 4, K: 256 });
    const found = scan(codes, table, { M: 4, K: 256, k: 1000 });
    expect(found.distances).toEqual(Float64Array.from(found.rows, (row) => all[row]));
    expect([...found.rows].sort((a, b) => a - b)).toEqual([...Array(1000).keys()]);
  });
});
