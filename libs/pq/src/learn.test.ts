import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { decode, encode } from './encode.ts';
import { type LearnOptions, learnCodebook, learnSubspace, learnSubspaceBy, subspaceWork } from './learn.ts';
import { plainLookup } from './lookup.ts';
import { createRandom } from './random.ts';
import { extremeNumbers, hostileNumbers } from './testing/hostile.ts';

/** N vectors around `centres` random ones. */
function clustered(N: number, D: number, centres: number, spread: number): Float32Array {
  const random = createRandom(11);
  const means = Float64Array.from({ length: centres * D }, () => random.normal());
  return Float32Array.from({ length: N * D }, (_, i) => {
    const centre = Math.floor(i / D) % centres;
    return means[centre * D + (i % D)] + spread * random.normal();
  });
}

function meanSquaredError(x: Float32Array, y: Float32Array, N: number): number {
  return x.reduce((sum, value, i) => sum + (value - y[i]) ** 2, 0) / N;
}

/** Lloyd's iteration without any cleverness: from codewords to codewords, one subspace. Empty clusters stay. */
function plainIteration(x: Float32Array, codewords: Float32Array, K: number, d: number): Float32Array {
  const codes = encode({ M: 1, K, D: d, codewords }, x);
  const sums = new Float64Array(K * d);
  const counts = new Uint32Array(K);
  for (const [n, k] of codes.entries()) {
    counts[k]++;
    for (let j = 0; j < d; j++) sums[k * d + j] += x[n * d + j];
  }
  return codewords.map((value, i) => (counts[Math.floor(i / d)] > 0 ? sums[i] / counts[Math.floor(i / d)] : value));
}

describe('learnCodebook', () => {
  const x = clustered(600, 8, 20, 0.3);
  const options: LearnOptions = { M: 2, K: 16, D: 8, seed: 1 };

  it('gives the distortion and the codes of its own codebook', () => {
    const { codebook, distortion, codes } = learnCodebook(x, options);
    expect(codes).toEqual(encode(codebook, x));
    expect(distortion).toBeCloseTo(meanSquaredError(x, decode(codebook, codes), 600), 10);
  });

  it('gives the same bytes for the same seed, others for another', () => {
    const { codebook } = learnCodebook(x, options);
    expect(learnCodebook(x, options).codebook).toEqual(codebook);
    expect(learnCodebook(x, { ...options, seed: 2 }).codebook).not.toEqual(codebook);
  });

  it('finds clusters that lie apart', () => {
    const { distortion } = learnCodebook(clustered(600, 4, 8, 0.001), { M: 1, K: 8, D: 4, seed: 1 });
    expect(distortion).toBeLessThan(1e-5);
  });

  it('lowers the distortion with every iteration', () => {
    let last = Infinity;
    for (let iterations = 0; iterations < 12; iterations++) {
      const { distortion } = learnCodebook(x, { ...options, iterations });
      expect(distortion).toBeLessThanOrEqual(last);
      last = distortion;
    }
  });

  it('is the plain iteration: what it skips changes nothing', () => {
    // Clusters that lie apart, where nearly everything is skipped, and one cloud, where little is.
    for (const [centres, spread] of [
      [40, 0.05],
      [1, 1],
    ]) {
      const vectors = clustered(2000, 6, centres, spread);
      const shape = { M: 1, K: 32, D: 6, seed: 3 };
      let { codebook } = learnCodebook(vectors, { ...shape, iterations: 0 });
      for (let iteration = 1; iteration <= 25; iteration++) {
        codebook = { ...codebook, codewords: plainIteration(vectors, codebook.codewords, 32, 6) };
        if (iteration % 5 > 0) continue;
        expect(learnCodebook(vectors, { ...shape, iterations: iteration }).codebook).toEqual(codebook);
      }
    }
  });

  it('is the same with kernels and without', () => {
    const plainly = (vectors: Float32Array, shape: LearnOptions) => {
      const work = subspaceWork(vectors, shape, 0);
      return [learnSubspace(work, () => {}), learnSubspaceBy(plainLookup(work.x, work.K, work.d), work, () => {})];
    };
    const [byKernels, without] = plainly(clustered(3000, 10, 30, 0.3), { M: 1, K: 64, D: 10, seed: 4 });
    expect(byKernels).toEqual(without);
    const cases = fc
      .record({ d: fc.integer({ min: 1, max: 4 }), N: fc.integer({ min: 8, max: 40 }) })
      .chain(({ d, N }) =>
        fc.tuple(fc.constant(d), fc.oneof(extremeNumbers(N * d), hostileNumbers(N * d)), fc.maxSafeNat()),
      );
    fc.assert(
      fc.property(cases, ([d, vectors, seed]) => {
        const [one, two] = plainly(vectors, { M: 1, K: 8, D: d, seed, iterations: 6 });
        expect(one).toEqual(two);
      }),
      { numRuns: 300 },
    );
  });

  it('lets its progress call for other work in between', () => {
    const onProgress = () => {
      const large = clustered(5000, 64, 3, 1);
      encode({ M: 2, K: 16, D: 64, codewords: large.slice(0, 1024) }, large);
    };
    const short = { ...options, iterations: 2 };
    expect(learnCodebook(x, { ...short, onProgress })).toEqual(learnCodebook(x, short));
  });

  it('goes on from an earlier codebook, to the same end whatever the seed', () => {
    const first = learnCodebook(x, { ...options, iterations: 2 });
    const warm = learnCodebook(x, { ...options, iterations: 3, seed: 9, init: first.codebook });
    const whole = learnCodebook(x, { ...options, iterations: 5 });
    expect(warm.codebook).toEqual(whole.codebook);
    expect(learnCodebook(x, { ...options, iterations: 0, init: first.codebook }).codebook).toEqual(first.codebook);
  });

  it('does not change the codebook that it starts from, nor the vectors', () => {
    const { codebook } = learnCodebook(x, { ...options, iterations: 1 });
    const before = [codebook.codewords.slice(), x.slice()];
    learnCodebook(x, { ...options, init: codebook });
    expect([codebook.codewords, x]).toEqual(before);
  });

  it('stops before the last iteration when nothing changes any more', () => {
    const onProgress = vi.fn();
    learnCodebook(clustered(64, 4, 4, 0.01), { M: 1, K: 4, D: 4, seed: 1, iterations: 1000, onProgress });
    expect(onProgress.mock.calls.length).toBeLessThan(50);
    expect(onProgress).toHaveBeenCalledWith({ subspace: 0, iteration: 1, iterations: 1000 });
  });

  it('brings a codeword without vectors to where it helps', () => {
    // Two groups, and a start with three of four codewords far from everything.
    const two = Float32Array.from({ length: 40 }, (_, n) => (n % 2 === 0 ? 0 : 10) + n / 100);
    const init = { M: 1, K: 4, D: 1, codewords: Float32Array.of(5, 1000, 2000, 3000) };
    const { codebook, distortion, codes } = learnCodebook(two, { M: 1, K: 4, D: 1, seed: 1, init });
    expect(new Set(codes).size).toBe(4);
    expect(Math.max(...codebook.codewords)).toBeLessThan(11);
    expect(distortion).toBeLessThan(0.02);
  });

  it('represents fewer distinct vectors than codewords without error', () => {
    const repeated = Float32Array.from({ length: 32 }, (_, n) => n % 3);
    expect(learnCodebook(repeated, { M: 1, K: 8, D: 1, seed: 1 }).distortion).toBe(0);
    expect(learnCodebook(new Float32Array(32).fill(7), { M: 2, K: 16, D: 2, seed: 1 }).distortion).toBe(0);
  });

  it('takes exactly as many vectors as codewords', () => {
    const few = clustered(16, 4, 16, 1);
    expect(learnCodebook(few, { M: 2, K: 16, D: 4, seed: 1 }).distortion).toBeLessThan(1e-12);
  });

  it('refuses fewer vectors than codewords', () => {
    expect(() => learnCodebook(x.subarray(0, 15 * 8), options)).toThrow(
      expect.objectContaining({ code: 'TOO_FEW_VECTORS', message: expect.stringContaining('15 vectors for K = 16') }),
    );
  });

  it('refuses NaN and infinity, and what does not fit', () => {
    for (const value of [Number.NaN, Infinity]) {
      expect(() => learnCodebook(x.with(9, value), options)).toThrow(
        expect.objectContaining({ code: 'NOT_FINITE', message: expect.stringContaining('Vector 1') }),
      );
    }
    for (const wrong of [{ M: 3 }, { K: 10 }, { D: 7 }, { seed: -1 }, { seed: 0.5 }, { iterations: -1 }]) {
      expect(() => learnCodebook(x, { ...options, ...wrong })).toThrow(
        expect.objectContaining({ code: expect.stringMatching(/BAD_SHAPE|BAD_OPTION/) }),
      );
    }
    const init = { M: 1, K: 16, D: 8, codewords: new Float32Array(128) };
    expect(() => learnCodebook(x, { ...options, init })).toThrow(expect.objectContaining({ code: 'BAD_SHAPE' }));
  });

  it('stops when aborted', () => {
    const controller = new AbortController();
    const onProgress = () => controller.abort('enough');
    expect(() => learnCodebook(x, { ...options, signal: controller.signal, onProgress })).toThrow('enough');
  });

  it('keeps its promises on any numbers', () => {
    const cases = fc
      .record({ M: fc.constantFrom(1, 2), K: fc.constantFrom(2, 4, 8), d: fc.constantFrom(1, 3) })
      .chain((shape) =>
        fc.tuple(
          fc.constant(shape),
          fc.integer({ min: shape.K, max: 24 }).chain((N) => hostileNumbers(N * shape.M * shape.d)),
          fc.maxSafeNat(),
        ),
      );
    fc.assert(
      fc.property(cases, ([{ M, K, d }, vectors, seed]) => {
        const { codebook, distortion, codes } = learnCodebook(vectors, { M, K, D: M * d, seed });
        expect(codes).toEqual(encode(codebook, vectors));
        expect(Number.isFinite(distortion)).toBe(true);
        const seeded = learnCodebook(vectors, { M, K, D: M * d, seed, iterations: 0 }).distortion;
        // Codewords are float32: their rounding may cost a little where everything else is exact.
        expect(distortion).toBeLessThanOrEqual(seeded + 1e-12 * Math.max(...vectors.map((value) => value * value)));
      }),
    );
  });
});
