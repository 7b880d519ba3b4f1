import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Codebook } from './codebook.ts';
import { decode, encode } from './encode.ts';
import { createRandom } from './random.ts';
import { hostileCodebook, hostileNumbers } from './testing/hostile.ts';

/** The definition: the lowest index with the smallest Σ (x − c)², float64, in the order of the dimensions. */
function plainEncode({ M, K, D, codewords }: Codebook, x: Float32Array): number[] {
  const d = D / M;
  const codes: number[] = [];
  for (let n = 0; n < x.length / D; n++) {
    for (let m = 0; m < M; m++) {
      const sums = Array.from({ length: K }, (_, k) => {
        let sum = 0;
        for (let j = 0; j < d; j++) sum += (x[n * D + m * d + j] - codewords[(m * K + k) * d + j]) ** 2;
        return sum;
      });
      codes.push(sums.indexOf(Math.min(...sums)));
    }
  }
  return codes;
}

describe('encode', () => {
  it('gives the nearest codeword, the lowest of several, on any numbers', () => {
    const cases = hostileCodebook.chain((codebook) =>
      fc.integer({ min: 0, max: 5 }).chain((n) => fc.tuple(fc.constant(codebook), hostileNumbers(n * codebook.D))),
    );
    fc.assert(
      fc.property(cases, ([codebook, x]) => {
        expect([...encode(codebook, x)]).toEqual(plainEncode(codebook, x));
      }),
      { numRuns: 500 },
    );
  });

  it('gives the nearest of 256 codewords', () => {
    const random = createRandom(1);
    const codebook = { M: 2, K: 256, D: 10, codewords: Float32Array.from({ length: 2560 }, () => random.normal()) };
    const x = Float32Array.from({ length: 70 }, () => random.normal());
    expect([...encode(codebook, x)]).toEqual(plainEncode(codebook, x));
  });

  it('takes codewords that fill all 32 subspaces', () => {
    const codewords = Float32Array.from({ length: 64 }, (_, i) => i % 2);
    const x = Float32Array.from({ length: 32 }, (_, i) => (i % 3 === 0 ? 0.9 : 0.1));
    const codes = encode({ M: 32, K: 2, D: 32, codewords }, x);
    expect([...codes]).toEqual(Array.from({ length: 32 }, (_, i) => (i % 3 === 0 ? 1 : 0)));
  });

  it('gives a codeword its own code, and decode gives it back', () => {
    const random = createRandom(2);
    const codebook = { M: 3, K: 16, D: 6, codewords: Float32Array.from({ length: 96 }, () => random.normal()) };
    const codes = Uint8Array.from({ length: 30 }, () => random.integer(16));
    expect(encode(codebook, decode(codebook, codes))).toEqual(codes);
  });

  const codebook = { M: 1, K: 2, D: 2, codewords: Float32Array.of(0, 0, 1, 1) };

  it('names the vector that holds NaN or infinity', () => {
    for (const value of [Number.NaN, Infinity, -Infinity]) {
      expect(() => encode(codebook, Float32Array.of(0, 0, 0, value))).toThrow(
        expect.objectContaining({ code: 'NOT_FINITE', message: expect.stringContaining('Vector 1') }),
      );
    }
  });

  it('refuses half a vector, and stops when aborted', () => {
    expect(() => encode(codebook, new Float32Array(3))).toThrow(expect.objectContaining({ code: 'BAD_SHAPE' }));
    expect(() => encode(codebook, new Float32Array(2), { signal: AbortSignal.abort('enough') })).toThrow('enough');
  });
});

describe('decode', () => {
  it('puts the codewords side by side', () => {
    const codebook = { M: 2, K: 2, D: 4, codewords: Float32Array.of(0, 1, 2, 3, 4, 5, 6, 7) };
    expect(decode(codebook, Uint8Array.of(1, 0, 0, 1))).toEqual(Float32Array.of(2, 3, 4, 5, 0, 1, 6, 7));
  });

  it('refuses a code that the codebook does not have', () => {
    const codebook = { M: 2, K: 2, D: 2, codewords: new Float32Array(4) };
    expect(() => decode(codebook, Uint8Array.of(0, 1, 0, 2))).toThrow(
      expect.objectContaining({ code: 'BAD_CODE', message: expect.stringContaining('Row 1, subspace 1') }),
    );
    expect(() => decode(codebook, Uint8Array.of(0))).toThrow(expect.objectContaining({ code: 'BAD_SHAPE' }));
  });
});
