import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decode, encode } from './encode.ts';
import { lookupTable } from './table.ts';
import { hostileCodebook, hostileNumbers } from './testing/hostile.ts';

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
