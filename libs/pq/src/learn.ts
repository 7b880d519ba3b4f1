/**
 * @file Learning a codebook: k-means in each subspace (Lloyd's iteration), seeded by k-means++ (Arthur and
 * Vassilvitskii 2007) or by an earlier codebook.
 */
import { type Codebook, checkCodebook, checkVectors, subspaceDimensions } from './codebook.ts';
import { type AbortSignalLike, PqError, throwIfAborted } from './errors.ts';
import { kmeans } from './kmeans.ts';
import { createRandom } from './random.ts';

/** How to learn a codebook. */
export interface LearnOptions {
  /** Subspaces, 1 to 32. */
  M: number;
  /** Codewords a subspace, a power of two from 2 to 256. */
  K: number;
  /** Dimensions of a vector, a multiple of M. */
  D: number;
  /** Of the k-means++ draws; the same seed gives the same codebook. */
  seed: number;
  /** The most iterations of k-means in a subspace, 25 unless told; it stops before when nothing changes any more. */
  iterations?: number;
  /** Warm start: the codewords to begin from, of the same M, K and D. No chance is involved then. */
  init?: Codebook;
  signal?: AbortSignalLike;
  /** Called after every iteration. */
  onProgress?: (progress: LearnProgress) => void;
}

/** Where learning stands. */
export interface LearnProgress {
  /** From 0. */
  subspace: number;
  /** Iterations done in this subspace. */
  iteration: number;
  /** Iterations at most. */
  iterations: number;
}

/** What was learnt. */
export interface Learnt {
  codebook: Codebook;
  /** Mean over the vectors of ‖x − C h‖². */
  distortion: number;
  /** [N, M]: the vectors' codes, what `encode` gives for them. */
  codes: Uint8Array;
}

/**
 * Learns the codewords that quantize vectors with little distortion.
 *
 * Sums are float64, codewords float32. A codeword that no vector is nearest to moves onto the vector that its largest
 * cluster represents worst, until vectors that differ run out.
 *
 * @param x [N, D] row-major
 * @throws PqError `TOO_FEW_VECTORS` if N < K, `BAD_SHAPE`, `BAD_OPTION`, `NOT_FINITE`; the signal's reason when aborted
 */
export function learnCodebook(x: Float32Array, options: LearnOptions): Learnt {
  const { M, K, D, seed, init, signal, onProgress } = options;
  const iterations = options.iterations ?? 25;
  const d = subspaceDimensions(M, K, D);
  if (!Number.isInteger(iterations) || iterations < 0) {
    throw new PqError('BAD_OPTION', `iterations is ${iterations}; expected a whole number from 0.`);
  }
  const N = checkVectors(x, D);
  if (N < K) {
    throw new PqError(
      'TOO_FEW_VECTORS',
      `${N} vectors for K = ${K} codewords a subspace: expected at least as many vectors as codewords. ` +
        'Give more vectors or take a smaller K.',
    );
  }
  if (init !== undefined) {
    if (init.M !== M || init.K !== K || init.D !== D) {
      throw new PqError(
        'BAD_SHAPE',
        `The codebook to start from has M = ${init.M}, K = ${init.K}, D = ${init.D}; expected M = ${M}, K = ${K}, D = ${D}.`,
      );
    }
    checkCodebook(init);
  }
  const random = createRandom(seed);
  const codewords = new Float32Array(K * D);
  const codes = new Uint8Array(N * M);
  let distortion = 0;
  const part = new Float32Array(N * d);
  for (let m = 0; m < M; m++) {
    for (let n = 0; n < N; n++) {
      for (let j = 0; j < d; j++) part[n * d + j] = x[n * D + m * d + j];
    }
    const result = kmeans(part, {
      K,
      d,
      iterations,
      // A subspace has its own stream: how long another one takes doesn't touch it.
      random: random.fork(m),
      init: init?.codewords.subarray(m * K * d, (m + 1) * K * d),
      onIteration: (iteration) => {
        onProgress?.({ subspace: m, iteration, iterations });
        throwIfAborted(signal);
      },
    });
    codewords.set(result.codewords, m * K * d);
    for (let n = 0; n < N; n++) codes[n * M + m] = result.assignment[n];
    distortion += result.squaredError / N;
  }
  return { codebook: { M, K, D, codewords }, distortion, codes };
}
