/**
 * @file A rotation that makes vectors good to quantize by parts: optimized product quantization (Ge, He, Ke, Sun, "Optimized
 * product quantization", TPAMI 2014).
 *
 * Begun by their parametric solution, the principal axes dealt so that every subspace gets its share of the variance; then
 * codebooks and rotation by turns, the rotation by the orthogonal Procrustes problem.
 */

import { type Codebook, decode, encode, learnCodebook } from '@dqn/pq';
import { symmetricEigen } from './eigen.ts';
import { checkAborted } from './errors.ts';
import { nearestOrthogonal } from './orthogonal.ts';

/** How to learn the rotation. */
export interface RotationOptions {
  readonly M: number;
  readonly K: number;
  readonly D: number;
  readonly seed: number;
  /** Turns of codebooks and rotation. Default 10. */
  readonly turns?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Vectors that the rotation is learnt from, at most: D² numbers need no more. */
const VECTORS = 20_000;

/** x R for rows x [N, D] and R [D, D], row-major. */
export function rotate(x: Float32Array, R: Float32Array, D: number): Float32Array {
  const out = new Float32Array(x.length);
  const sums = new Float64Array(D);
  for (let at = 0; at < x.length; at += D) {
    sums.fill(0);
    for (let i = 0; i < D; i++) {
      const value = x[at + i];
      const row = i * D;
      for (let j = 0; j < D; j++) sums[j] += value * R[row + j];
    }
    out.set(sums, at);
  }
  return out;
}

/**
 * The rotation R, [D, D] row-major and orthogonal: x R is quantized with less error than x.
 *
 * @param x - [N, D] row-major, N ≥ K
 * @throws PqError TOO_FEW_VECTORS; TrainError ABORTED
 */
export function learnRotation(x: Float32Array, o: RotationOptions): Float32Array {
  const { M, K, D, seed, turns = 10, signal } = o;
  const some = sample(x, D, VECTORS);
  let R = dealtAxes(some, M, D);
  let codebook: Codebook | undefined;
  for (let turn = 0; turn < turns; turn++) {
    checkAborted(signal);
    const turned = rotate(some, R, D);
    const first = codebook === undefined;
    const learnt = learnCodebook(turned, {
      ...{ M, K, D, seed },
      // What the rotation changes in one turn, a few iterations follow.
      iterations: first ? 10 : 2,
      ...(codebook && { init: codebook }),
      ...(signal && { signal }),
    });
    codebook = learnt.codebook;
    R = nearestOrthogonal(crossProduct(some, decode(codebook, encode(codebook, turned)), D), D, R);
  }
  return R;
}

/** Every so many-th row, `most` of them or fewer. */
function sample(x: Float32Array, D: number, most: number): Float32Array {
  const N = x.length / D;
  if (N <= most) return x;
  const out = new Float32Array(most * D);
  for (let row = 0; row < most; row++) {
    const from = Math.floor((row * N) / most) * D;
    out.set(x.subarray(from, from + D), row * D);
  }
  return out;
}

/** Xᵀ Y of two [N, D], in float64: [D, D]. */
function crossProduct(x: Float32Array, y: Float32Array, D: number): Float64Array {
  const out = new Float64Array(D * D);
  for (let at = 0; at < x.length; at += D) {
    for (let i = 0; i < D; i++) {
      const value = x[at + i];
      const row = i * D;
      for (let j = 0; j < D; j++) out[row + j] += value * y[at + j];
    }
  }
  return out;
}

/**
 * The principal axes of x as columns, dealt to the M subspaces in snake order: 0 1 2 2 1 0 0 1 … The mean is not taken
 * off: vectors of unit length are quantized as they are.
 */
function dealtAxes(x: Float32Array, M: number, D: number): Float32Array {
  const { vectors } = symmetricEigen(crossProduct(x, x, D), D);
  const d = D / M;
  const filled = new Uint32Array(M);
  const R = new Float32Array(D * D);
  for (let axis = 0; axis < D; axis++) {
    const round = Math.floor(axis / M);
    const m = round % 2 === 0 ? axis % M : M - 1 - (axis % M);
    const column = m * d + filled[m]++;
    for (let i = 0; i < D; i++) R[i * D + column] = vectors[axis * D + i];
  }
  return R;
}
