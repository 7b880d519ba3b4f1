/**
 * @file Learning a codebook: k-means in each subspace (Lloyd's iteration), seeded by k-means++ (Arthur and
 * Vassilvitskii 2007) or by an earlier codebook.
 */
import { type Codebook, checkCodebook, checkVectors, subspaceDimensions } from './codebook.ts';
import { type AbortSignalLike, PqError, throwIfAborted } from './errors.ts';
import { checkFunction, checkGiven, shown } from './given.ts';
import { type Kmeans, kmeans } from './kmeans.ts';
import { kernelLookup, type Lookup, plainLookup } from './lookup.ts';
import { createRandom } from './random.ts';
import { inWorkspace } from './workspace.ts';

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

/** One subspace's part of the work. */
export interface SubspaceWork {
  /** [N, d]. */
  readonly x: Float32Array;
  readonly K: number;
  readonly d: number;
  readonly subspace: number;
  readonly seed: number;
  readonly iterations: number;
  /** [K, d]. */
  readonly init: Float32Array | undefined;
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
  const iterations = checkLearn(x, options);
  const { signal, onProgress } = options;
  const parts = Array.from({ length: options.M }, (_, subspace) => {
    throwIfAborted(signal);
    return learnSubspace(subspaceWork(x, options, subspace), (iteration) => {
      onProgress?.({ subspace, iteration, iterations });
      throwIfAborted(signal);
    });
  });
  return joinSubspaces(options, parts);
}

/** Checks everything before any work, and gives the iterations asked for. @throws PqError as {@link learnCodebook} */
export function checkLearn(x: Float32Array, options: LearnOptions): number {
  checkGiven(options, 'The options', '{ M, K, D, seed }');
  const { M, K, D, seed, iterations = 25, init } = options;
  subspaceDimensions(M, K, D);
  if (!Number.isInteger(iterations) || iterations < 0) {
    throw new PqError('BAD_OPTION', `iterations is ${shown(iterations)}; expected a whole number from 0.`);
  }
  checkFunction(options.onProgress, 'onProgress');
  const N = checkVectors(x, D);
  if (N < K) {
    throw new PqError(
      'TOO_FEW_VECTORS',
      `${N} vectors for K = ${K} codewords a subspace: expected at least as many vectors as codewords. ` +
        'Give more vectors or take a smaller K.',
    );
  }
  if (init !== undefined) {
    checkCodebook(init);
    if (init.M !== M || init.K !== K || init.D !== D) {
      throw new PqError(
        'BAD_SHAPE',
        `The codebook to start from has M = ${init.M}, K = ${init.K}, D = ${init.D}; expected M = ${M}, K = ${K}, D = ${D}.`,
      );
    }
  }
  createRandom(seed);
  return iterations;
}

/** What one subspace needs: its columns of the vectors, and its part of the warm start. Copies. */
export function subspaceWork(x: Float32Array, options: LearnOptions, subspace: number): SubspaceWork {
  const { M, K, D, seed, iterations = 25, init } = options;
  const d = D / M;
  const N = x.length / D;
  const part = new Float32Array(N * d);
  for (let n = 0, to = 0; n < N; n++) {
    const from = n * D + subspace * d;
    for (let j = 0; j < d; j++) part[to++] = x[from + j];
  }
  return {
    ...{ x: part, K, d, subspace, seed, iterations },
    init: init?.codewords.slice(subspace * K * d, (subspace + 1) * K * d),
  };
}

/**
 * k-means in one subspace. Subspaces know nothing of each other, so that they can be learnt side by side.
 *
 * @param onIteration called after every iteration; what it throws ends the work
 */
export function learnSubspace(work: SubspaceWork, onIteration: (iteration: number) => void): Kmeans {
  return inWorkspace((workspace) => {
    const lookup = workspace ? kernelLookup(workspace, work.x, work.K, work.d) : plainLookup(work.x, work.K, work.d);
    return learnSubspaceBy(lookup, work, onIteration);
  });
}

/** {@link learnSubspace} with a lookup of the caller's. */
export function learnSubspaceBy(lookup: Lookup, work: SubspaceWork, onIteration: (iteration: number) => void): Kmeans {
  const { x, K, d, subspace, seed, iterations, init } = work;
  // A subspace has its own stream: how long another one takes doesn't touch it.
  const random = createRandom(seed).fork(subspace);
  return kmeans(x, lookup, { K, d, iterations, random, init, onIteration });
}

/** The codebook of what the subspaces learnt, in their order. */
export function joinSubspaces({ M, K, D }: LearnOptions, parts: readonly Kmeans[]): Learnt {
  const d = D / M;
  const N = parts[0].assignment.length;
  const codewords = new Float32Array(K * D);
  const codes = new Uint8Array(N * M);
  let distortion = 0;
  for (const [m, part] of parts.entries()) {
    codewords.set(part.codewords, m * K * d);
    for (let n = 0; n < N; n++) codes[n * M + m] = part.assignment[n];
    distortion += part.squaredError / N;
  }
  return { codebook: { M, K, D, codewords }, distortion, codes };
}
