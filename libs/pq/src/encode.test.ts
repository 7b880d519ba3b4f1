import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Codebook } from './codebook.ts';
import { decode, encode, encodeByKernels, encodePlainly } from './encode.ts';
import { createRandom } from './random.ts';
import { extremeNumbers, hostileCodebook, hostileNumbers } from './testing/hostile.ts';
import { inWorkspace } from './workspace.ts';

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

/** By each of the ways there are. */
const ways: Record<string, (codebook: Codebook, x: Float32Array) => Uint8Array> = {
  encode: (codebook, x) => encode(codebook, x),
  kernels: (codebook, x) => inWorkspace((workspace) => encodeByKernels(workspace!, codebook, x)!),
  plain: (codebook, x) => encodePlainly(codebook, x),
};

describe.each(Object.entries(ways))('encode (%s)', (_, run) => {
  it('gives the nearest codeword, the lowest of several, on numbers of any size', () => {
    const cases = fc
      .record({
        M: fc.constantFrom(1, 2, 3),
        K: fc.constantFrom(2, 4, 8, 16, 32),
        d: fc.integer({ min: 1, max: 9 }),
        N: fc.integer({ min: 1, max: 9 }),
      })
      .chain(({ M, K, d, N }) =>
        fc
          .tuple(extremeNumbers(M * K * d), extremeNumbers(N * M * d), fc.infiniteStream(fc.nat()))
          .map(([codewords, x, picks]) => {
            const codebook = { M, K, D: M * d, codewords };
            // Some of the vectors are codewords, or between two of them.
            for (let n = 0; n < N; n++) {
              const kind = picks.next().value % 3;
              for (let i = 0; i < M * d && kind > 0; i++) {
                const m = Math.floor(i / d);
                const [one, two] = [0, 1].map(() => codewords[(m * K + (picks.next().value % K)) * d + (i % d)]);
                x[n * M * d + i] = kind === 1 ? one : one / 2 + two / 2;
              }
            }
            return { codebook, x };
          }),
      );
    fc.assert(
      fc.property(cases, ({ codebook, x }) => {
        expect([...run(codebook, x)]).toEqual(plainEncode(codebook, x));
      }),
      { numRuns: 400 },
    );
  });

  it('is right for every shape, full blocks and the rest of one', () => {
    const random = createRandom(7);
    for (const d of [1, 2, 3, 4, 7, 16, 33]) {
      for (const K of [2, 8, 256]) {
        const codebook = {
          M: 2,
          K,
          D: 2 * d,
          codewords: Float32Array.from({ length: 2 * K * d }, () => random.normal()),
        };
        for (const N of [1, 3, 4, 5, 42]) {
          const x = Float32Array.from({ length: N * 2 * d }, () => random.normal());
          expect([...run(codebook, x)]).toEqual(plainEncode(codebook, x));
        }
      }
    }
  });

  it('is right for vectors that are longer than every codeword', () => {
    const random = createRandom(9);
    for (let turn = 0; turn < 40; turn++) {
      const d = 8 + random.integer(40);
      // All of one length, in all directions: nothing but their length is in the way.
      const codewords = Float32Array.from({ length: 8 * d }, () => 2 * random.integer(2) - 1);
      const codebook = { M: 1, K: 8, D: d, codewords };
      const x = codewords.map((value, i) => value * (1 + (Math.floor(i / d / 4) + turn) / 8));
      expect([...run(codebook, x)]).toEqual(plainEncode(codebook, x));
    }
  });

  it('is right beyond one block, near every codeword and far from all', () => {
    const random = createRandom(8);
    const codebook = { M: 1, K: 16, D: 2, codewords: Float32Array.from({ length: 32 }, () => random.integer(4)) };
    const x = Float32Array.from(
      { length: 2 * 20_000 },
      () => random.integer(9) / 2 - (random.integer(50) === 0 ? 1e30 : 0),
    );
    expect([...run(codebook, x)]).toEqual(plainEncode(codebook, x));
  });
});

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
      // Among many, in the last numbers of one that isn't whole fours.
      const x = new Float32Array(2 * 30_001);
      x[59_999] = value;
      expect(() => encode(codebook, x)).toThrow(
        expect.objectContaining({ code: 'NOT_FINITE', message: expect.stringContaining('Vector 29999') }),
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
