/**
 * @file The pairwise loss of a batch: inner products of its vectors against what their labels want.
 *
 * L = Σ w_ij (s_ij − ⟨v_i, v_j⟩)² / Σ w_ij over all n × n pairs, the diagonal included. With v of unit length this is
 * the pairwise cosine loss of DQN (Cao et al., AAAI 2016, eq. 2). The logistic form asks only for the right side of a
 * margin, as the cross-entropy of a pair's similarity s against σ(x), x = (⟨v_i, v_j⟩ − m) / τ:
 * L = Σ w_ij (softplus(x_ij) − s_ij x_ij) / Σ w_ij. Between 0 and 1, s stands for targets and weights between theirs.
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

/** The margin of the logistic form. */
export interface LogisticMargin {
  /** m: the cosine that parts similar from dissimilar. Default .4 */
  readonly margin?: number;
  /** τ > 0: how far on the wrong side counts. Default .2 */
  readonly temperature?: number;
}

/** What {@link pairwiseLoss} and {@link logisticLoss} give. */
export interface PairwiseLoss {
  /** L. */
  readonly loss: Scalar;
  /** ∂L/∂v, [n, D]. */
  readonly dv: Tensor2D;
}

/** What {@link asymmetricLoss} gives. */
export interface AsymmetricLoss {
  /** A. */
  readonly loss: Scalar;
  /** ∂A/∂v, [n, D], what comes straight through the quantization included. */
  readonly dv: Tensor2D;
  /** ∂A/∂r, [n, D]. */
  readonly dr: Tensor2D;
}

/** A value for every pair, [n, n]: `alike` where s = 1, `apart` where s = 0, between them else; and their sum. */
function perPair(
  tf: Tf,
  similar: Float32Array,
  alike: number,
  apart: number,
): { pairs: Tensor2D | number; sum: number } {
  const n = Math.sqrt(similar.length);
  if (alike === apart) return { pairs: alike, sum: alike * similar.length };
  const values = new Float32Array(similar.length);
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    values[i] = apart + (alike - apart) * similar[i];
    sum += values[i];
  }
  return { pairs: tf.tensor2d(values, [n, n]), sum };
}

/** All inner products, [n, n]. matMul with a transpose flag is fifty times slower on wasm. */
const products = (tf: Tf, v: Tensor2D): Tensor2D => tf.matMul(v, tf.transpose(v));

/**
 * The squared form. Call within tf.tidy.
 *
 * @param v - [n, D]
 * @param similar - [n, n] row-major, 0 … 1, symmetric
 * @param scale - the inner products are multiplied by this
 */
export function pairwiseLoss(
  tf: Tf,
  v: Tensor2D,
  similar: Float32Array,
  { dissimilarTarget, similarWeight }: PairwiseTargets,
  scale = 1,
): PairwiseLoss {
  const targets = perPair(tf, similar, 1, dissimilarTarget).pairs;
  const weights = perPair(tf, similar, similarWeight, 1);
  const found = products(tf, v);
  const error = tf.sub(scale === 1 ? found : tf.mul(found, scale), targets);
  const weighted = weights.pairs === 1 ? error : tf.mul(error, weights.pairs);
  // Each product stands twice in the symmetric matrix, and a square gives another 2.
  const dv = tf.mul(tf.matMul(weighted as Tensor2D, v), (4 * scale) / weights.sum) as Tensor2D;
  return { loss: tf.div(tf.sum(tf.mul(weighted, error)), weights.sum) as Scalar, dv };
}

/**
 * The squared form between vectors and codes: A = Σ w_ij (s_ij − ⟨v_i, q_j⟩)² / Σ w_ij with q_j = r_j + (v_j − sg v_j),
 * the very inner products by which queries are ranked. The gradient passes straight through the quantization. Call within
 * tf.tidy.
 *
 * @param v - [n, D]
 * @param r - [n, D], the reconstruction of each v
 * @param similar - [n, n] row-major, 0 … 1, symmetric
 */
export function asymmetricLoss(
  tf: Tf,
  v: Tensor2D,
  r: Tensor2D,
  similar: Float32Array,
  { dissimilarTarget, similarWeight }: PairwiseTargets,
): AsymmetricLoss {
  const targets = perPair(tf, similar, 1, dissimilarTarget).pairs;
  const weights = perPair(tf, similar, similarWeight, 1);
  const error = tf.sub(tf.matMul(v, tf.transpose(r)), targets);
  const weighted = tf.mul(error, weights.pairs) as Tensor2D;
  const dr = tf.mul(tf.matMul(tf.transpose(weighted), v), 2 / weights.sum) as Tensor2D;
  const left = tf.mul(tf.matMul(weighted, r), 2 / weights.sum);
  return { loss: tf.div(tf.sum(tf.mul(weighted, error)), weights.sum) as Scalar, dv: tf.add(left, dr) as Tensor2D, dr };
}

/** The logistic form, on v of unit length. Call within tf.tidy. */
export function logisticLoss(
  tf: Tf,
  v: Tensor2D,
  similar: Float32Array,
  { similarWeight, margin = 0.4, temperature = 0.2 }: Omit<PairwiseTargets, 'dissimilarTarget'> & LogisticMargin,
): PairwiseLoss {
  const s = perPair(tf, similar, 1, 0).pairs;
  const weights = perPair(tf, similar, similarWeight, 1);
  const x = tf.div(tf.sub(products(tf, v), margin), temperature);
  // softplus(x) = max(x, 0) + ln(1 + e^−|x|) can't overflow; its slope is the sigmoid.
  const softplus = tf.add(tf.relu(x), tf.log(tf.add(tf.exp(tf.neg(tf.abs(x))), 1)));
  const each = tf.sub(softplus, tf.mul(s, x));
  const push = tf.mul(tf.sub(tf.sigmoid(x), s), weights.pairs);
  const dv = tf.mul(tf.matMul(push as Tensor2D, v), 2 / (temperature * weights.sum)) as Tensor2D;
  return { loss: tf.div(tf.sum(tf.mul(each, weights.pairs)), weights.sum) as Scalar, dv };
}
