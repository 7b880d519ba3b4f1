/**
 * @file A rotation that makes vectors good to quantize by parts: optimized product quantization (Ge, He, Ke, Sun, "Optimized
 * product quantization", TPAMI 2014).
 *
 * Begun by their parametric solution, the principal axes dealt so that every subspace gets its share of the variance; then
 * codebooks and rotation by turns, the rotation by the orthogonal Procrustes problem.
 */

import { type Codebook, learnCodebook } from '@dqn/pq';
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
const VECTORS = 4_000;

/** x R for rows x [N, D] and R [D, D], row-major; sums in float64. */
export function rotate(x: Float32Array, R: Float32Array, D: number): Float32Array {
  const out = new Float32Array(x.length);
  const row = new Float64Array(D);
  // Columns of R as rows, four at a time: an element of x is loaded once for four products.
  const wide = Math.ceil(D / 4) * 4;
  const columns = new Float64Array(wide * D);
  for (let i = 0; i < D; i++) for (let j = 0; j < D; j++) columns[j * D + i] = R[i * D + j];
  for (let at = 0; at < x.length; at += D) {
    for (let i = 0; i < D; i++) row[i] = x[at + i];
    for (let j = 0; j < wide; j += 4) {
      const [a, b, c, d] = [j * D, (j + 1) * D, (j + 2) * D, (j + 3) * D];
      let [s0, s1, s2, s3] = [0, 0, 0, 0];
      for (let i = 0; i < D; i++) {
        const value = row[i];
        s0 += value * columns[a + i];
        s1 += value * columns[b + i];
        s2 += value * columns[c + i];
        s3 += value * columns[d + i];
      }
      out[at + j] = s0;
      if (j + 1 < D) out[at + j + 1] = s1;
      if (j + 2 < D) out[at + j + 2] = s2;
      if (j + 3 < D) out[at + j + 3] = s3;
    }
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
    R = nearestOrthogonal(withReconstruction(some, learnt.codes, codebook), D, R);
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

/**
 * Xᵀ Y, [D, D] in float64, for x [N, D] and its reconstruction Y from codes [N, M]: vectors with the same codeword are added
 * up first, so that it costs N · M · D and not N · D².
 */
function withReconstruction(x: Float32Array, codes: Uint8Array, { M, K, D, codewords }: Codebook): Float64Array {
  const d = D / M;
  const out = new Float64Array(D * D);
  const sums = new Float64Array(K * D);
  for (let m = 0; m < M; m++) {
    sums.fill(0);
    for (let at = 0, code = m; at < x.length; at += D, code += M) {
      const to = codes[code] * D;
      for (let i = 0; i < D; i++) sums[to + i] += x[at + i];
    }
    for (let k = 0; k < K; k++) {
      const word = (m * K + k) * d;
      for (let i = 0; i < D; i++) {
        const value = sums[k * D + i];
        const row = i * D + m * d;
        for (let j = 0; j < d; j++) out[row + j] += value * codewords[word + j];
      }
    }
  }
  return out;
}

/** Xᵀ X of [N, D], in float64: [D, D], the upper triangle. */
function moments(x: Float32Array, D: number): Float64Array {
  const out = new Float64Array(D * D);
  for (let at = 0; at < x.length; at += D) {
    for (let i = 0; i < D; i++) {
      const value = x[at + i];
      const row = i * D;
      for (let j = i; j < D; j++) out[row + j] += value * x[at + j];
    }
  }
  return out;
}

/**
 * The principal axes of x as columns, dealt to the M subspaces in snake order: 0 1 2 2 1 0 0 1 … The mean is not taken
 * off: vectors of unit length are quantized as they are.
 */
function dealtAxes(x: Float32Array, M: number, D: number): Float32Array {
  const { vectors } = symmetricEigen(moments(x, D), D);
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
