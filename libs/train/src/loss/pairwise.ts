/**
 * @file The pairwise loss of a batch: inner products of its vectors against what their labels want.
 *
 * L = Σ w_ij (s_ij − ⟨v_i, v_j⟩)² / Σ w_ij over all n × n pairs, the diagonal included. With v of unit length this is
 * the pairwise cosine loss of DQN (Cao et al., AAAI 2016, eq. 2).
 */

import type { Scalar, Tensor2D } from '@tensorflow/tfjs';
import type { Tf } from '../tf.ts';

/** What is wanted of a pair. */
export interface PairwiseTargets {
  /** The inner product wanted of two images without a common label: −1 in the paper, 0 = orthogonal. */
  readonly dissimilarTarget: number;
  /** Weight of a pair with a common label; a pair without weighs 1. */
  readonly similarWeight: number;
}

/**
 * L and ∂L/∂v. Call within tf.tidy.
 *
 * @param v - [n, D]
 * @param similar - [n, n] row-major, 1 or 0, symmetric
 * @param scale - the inner products are multiplied by this
 */
export function pairwiseLoss(
  tf: Tf,
  v: Tensor2D,
  similar: Float32Array,
  { dissimilarTarget, similarWeight }: PairwiseTargets,
  scale = 1,
): { loss: Scalar; dv: Tensor2D } {
  const n = v.shape[0];
  const targets = new Float32Array(n * n);
  const pairWeights = new Float32Array(n * n);
  let weights = 0;
  for (let i = 0; i < targets.length; i++) {
    const alike = similar[i] === 1;
    targets[i] = alike ? 1 : dissimilarTarget;
    pairWeights[i] = alike ? similarWeight : 1;
    weights += pairWeights[i];
  }
  // matMul with a transpose flag is fifty times slower on wasm.
  const products = tf.matMul(v, tf.transpose(v));
  const error = tf.sub(scale === 1 ? products : tf.mul(products, scale), tf.tensor2d(targets, [n, n]));
  const weighted = similarWeight === 1 ? error : tf.mul(error, tf.tensor2d(pairWeights, [n, n]));
  // Each product stands twice in the symmetric matrix, and a square gives another 2.
  const dv = tf.mul(tf.matMul(weighted as Tensor2D, v), (4 * scale) / weights) as Tensor2D;
  return { loss: tf.div(tf.sum(tf.mul(weighted, error)), weights) as Scalar, dv };
}
