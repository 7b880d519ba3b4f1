import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decode, encode } from './encode.ts';
import { createRandom } from './random.ts';
import { createTables, fillPlainly, lookupTable } from './table.ts';
import { Shelf } from './table-shelf.ts';
import { extremeNumbers, hostileCodebook, hostileNumbers } from './testing/hostile.ts';

describe('lookupTable', () => {
  // Two subspaces of two dimensions; codewords (0,0) (1,2) and (1,0) (0,−1).
  const codebook = { M: 2, K: 2, D: 4, codewords: Float32Array.of(0, 0, 1, 2, 1, 0, 0, -1) };
  const query = Float32Array.of(1, 1, 0, 2);

  it('holds squared distances to the query, by hand', () => {
    // (1,1) to (0,0): 2; to (1,2): 1. (0,2) to (1,0): 5; to (0,−1): 9.
    expect(lookupTable(codebook, query, 'aqd')).toEqual(Float32Array.of(2, 1, 5, 9));
  });

  it('holds negated inner products, by hand', () => {
    // (1,1)·(0,0) = 0; (1,1)·(1,2) = 3. (0,2)·(1,0) = 0; (0,2)·(0,−1) = −2.
    expect(lookupTable(codebook, query, 'ip')).toEqual(Float32Array.of(0, -3, 0, 2));
  });

  it('holds squared distances to the quantized query, by hand', () => {
    // The query's codewords are (1,2) and (1,0). (1,2) to (0,0): 5, to itself 0; (1,0) to (0,−1): 2.
    expect(lookupTable(codebook, query, 'sqd')).toEqual(Float32Array.of(5, 0, 0, 2));
  });

  it('agrees with decoded vectors for all three distances, on any numbers', () => {
    const cases = hostileCodebook.chain((book) =>
      fc.tuple(
        fc.constant(book),
        hostileNumbers(book.D),
        fc.array(fc.nat(book.K - 1), { minLength: book.M, maxLength: book.M }),
      ),
    );
    fc.assert(
      fc.property(cases, ([book, q, code]) => {
        const codes = Uint8Array.from(code);
        const x = decode(book, codes);
        const quantized = decode(book, encode(book, q));
        const d = book.D / book.M;
        for (const distance of ['aqd', 'ip', 'sqd'] as const) {
          const table = lookupTable(book, q, distance);
          for (let m = 0; m < book.M; m++) {
            let sum = 0;
            for (let j = m * d; j < (m + 1) * d; j++) {
              if (distance === 'ip') sum -= q[j] * x[j];
              else sum += ((distance === 'sqd' ? quantized : q)[j] - x[j]) ** 2;
            }
            expect(table[m * book.K + codes[m]] + 0).toBe(Math.fround(sum) + 0);
          }
        }
      }),
    );
  });

  it('refuses a query of another length, another distance, NaN, and what float32 cannot hold', () => {
    const thrown = (run: () => unknown) => expect(run).toThrow(expect.objectContaining({ code: expect.any(String) }));
    thrown(() => lookupTable(codebook, new Float32Array(8), 'aqd'));
    thrown(() => lookupTable(codebook, query, 'l2' as 'aqd'));
    thrown(() => lookupTable(codebook, query.with(0, Number.NaN), 'aqd'));
    expect(() => lookupTable(codebook, query.with(0, 1e38), 'aqd')).toThrow(
      expect.objectContaining({ code: 'NOT_FINITE' }),
    );
  });
});

describe('createTables', () => {
  const random = createRandom(3);
  const shapes = [
    { M: 4, K: 256, d: 16 },
    { M: 32, K: 4, d: 2 },
    { M: 2, K: 2, d: 3 },
  ].map(({ M, K, d }) => ({
    codebook: { M, K, D: M * d, codewords: Float32Array.from({ length: M * K * d }, () => random.normal()) },
    query: Float32Array.from({ length: M * d }, () => random.normal()),
  }));

  it('gives the same tables with kernels and without, on numbers of any size', () => {
    const cases = fc
      .record({ M: fc.constantFrom(1, 2, 3), K: fc.constantFrom(2, 4, 8, 32), d: fc.integer({ min: 1, max: 5 }) })
      .chain(({ M, K, d }) =>
        fc.tuple(fc.constant({ M, K, D: M * d }), extremeNumbers(M * K * d), extremeNumbers(M * d)),
      );
    const outcome = (run: () => Float32Array) => {
      try {
        return [...run()];
      } catch (error) {
        return (error as Error).message;
      }
    };
    fc.assert(
      fc.property(cases, ([{ M, K, D }, codewords, query]) => {
        const codebook = { M, K, D, codewords };
        for (const distance of ['aqd', 'ip', 'sqd'] as const) {
          const shelf = Shelf.put(codebook)!;
          const kernels = outcome(() => shelf.fill(query, distance, new Float32Array(M * K), K));
          expect(kernels).toEqual(outcome(() => fillPlainly(codebook, query, distance, new Float32Array(M * K), K)));
        }
      }),
      { numRuns: 400 },
    );
  });

  it('serves several codebooks in turns', () => {
    const all = shapes.map(({ codebook }) => createTables(codebook));
    for (let turn = 0; turn < 20; turn++) {
      const { codebook, query } = shapes[turn % 3];
      expect(all[turn % 3].table(query, 'aqd')).toEqual(lookupTable(codebook, query, 'aqd'));
    }
  });

  it('gives the tables of lookupTable, to wherever they are wanted', () => {
    for (const { codebook, query } of shapes) {
      const { M, K } = codebook;
      const tables = createTables(codebook);
      for (let i = 0; i < 5; i++) tables.table(query, 'ip');
      for (const distance of ['aqd', 'ip', 'sqd'] as const) {
        const table = lookupTable(codebook, query, distance);
        expect(tables.table(query, distance)).toEqual(table);
        const into = new Float32Array(M * K);
        expect(tables.table(query, distance, into)).toBe(into);
        expect(into).toEqual(table);
        const rows = tables.table(query, distance, new Float64Array(M * 300), 300);
        for (let m = 0; m < M; m++) {
          expect([...rows.subarray(m * 300, m * 300 + K)]).toEqual([...table.subarray(m * K, (m + 1) * K)]);
        }
      }
    }
  });

  it('refuses a codebook and a place that do not fit', () => {
    const [{ codebook, query }] = shapes;
    const bad = { ...codebook, codewords: codebook.codewords.with(5, Infinity) };
    expect(() => createTables(bad)).toThrow(expect.objectContaining({ code: 'NOT_FINITE' }));
    const tables = createTables(codebook);
    expect(() => tables.table(query, 'aqd', new Float32Array(1023))).toThrow(
      expect.objectContaining({ code: 'BAD_SHAPE' }),
    );
    expect(() => tables.table(query, 'aqd', new Float32Array(1024), 255)).toThrow(
      expect.objectContaining({ code: 'BAD_SHAPE' }),
    );
  });
});
