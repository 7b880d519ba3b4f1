/**
 * @file The pairwise loss of a batch: inner products of its vectors against what their labels want.
 *
 * L = Σ w_ij (s_ij − ⟨v_i, v_j⟩)² / Σ w_ij over all n × n pairs, the diagonal included. With v of unit length this is
 * the pairwise cosine loss of DQN (Cao et al., AAAI 2016, eq. 2). The logistic form asks only for the right side of a
 * margin, as the cross-entropy of a pair's similarity s against σ(x), x = (⟨v_i, v_j⟩ − m) / τ:
 * L = Σ w_ij (softplus(x_ij) − s_ij x_ij) / Σ w_ij. Between 0 and 1, s stands for targets and weights between theirs.
 */

import type { Algebra } from './algebra.ts';

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
export interface PairwiseLoss<T> {
  /** L. */
  readonly loss: T;
  /** ∂L/∂v, [n, D]. */
  readonly dv: T;
}

/** What {@link asymmetricLoss} gives. */
export interface AsymmetricLoss<T> {
  /** A. */
  readonly loss: T;
  /** ∂A/∂v, [n, D], what comes straight through the quantization included. */
  readonly dv: T;
  /** ∂A/∂r, [n, D]. */
  readonly dr: T;
}

/** The pairs of a batch. */
export interface Pairs<T> {
  /** n */
  readonly n: number;
  /** [n, n], 0 … 1, symmetric. */
  readonly similar: T;
}

/** x_ij weighed by w_ij: `weightOf` where s = 1, 1 where s = 0, between them else; and the mean of what is so weighed. */
function weighing<T>(a: Algebra<T>, { n, similar }: Pairs<T>, weight: number) {
  if (weight === 1) return { weigh: (x: T) => x, mean: (x: T) => a.mul(x, 1 / (n * n)) };
  const weights = a.add(a.mul(similar, weight - 1), 1);
  const scale = a.reciprocal(a.sum(weights));
  return { weigh: (x: T) => a.mul(x, weights), mean: (x: T) => a.mul(x, scale) };
}

/** What inner products are wanted, [n, n]: 1 where s = 1, `apart` where s = 0, between them else. */
const targetsOf = <T>(a: Algebra<T>, similar: T, apart: number): T =>
  apart === 0 ? similar : a.add(a.mul(similar, 1 - apart), apart);

/**
 * The squared form.
 *
 * @param v - [n, D]
 * @param scale - the inner products are multiplied by this
 */
export function pairwiseLoss<T>(
  a: Algebra<T>,
  v: T,
  pairs: Pairs<T>,
  { dissimilarTarget, similarWeight }: PairwiseTargets,
  scale = 1,
): PairwiseLoss<T> {
  const { weigh, mean } = weighing(a, pairs, similarWeight);
  const found = a.matMul(v, a.transpose(v));
  const error = a.sub(scale === 1 ? found : a.mul(found, scale), targetsOf(a, pairs.similar, dissimilarTarget));
  const weighed = weigh(error);
  // Each product stands twice in the symmetric matrix, and a square gives another 2.
  const dv = mean(a.mul(a.matMul(weighed, v), 4 * scale));
  return { loss: mean(a.sum(a.mul(weighed, error))), dv };
}

/**
 * The squared form between vectors and codes: A = Σ w_ij (s_ij − ⟨v_i, q_j⟩)² / Σ w_ij with q_j = r_j + (v_j − sg v_j),
 * the very inner products by which queries are ranked. The gradient passes straight through the quantization.
 *
 * @param v - [n, D]
 * @param r - [n, D], the reconstruction of each v
 */
export function asymmetricLoss<T>(
  a: Algebra<T>,
  v: T,
  r: T,
  pairs: Pairs<T>,
  { dissimilarTarget, similarWeight }: PairwiseTargets,
): AsymmetricLoss<T> {
  const { weigh, mean } = weighing(a, pairs, similarWeight);
  const error = a.sub(a.matMul(v, a.transpose(r)), targetsOf(a, pairs.similar, dissimilarTarget));
  const weighed = weigh(error);
  const dr = mean(a.mul(a.matMul(a.transpose(weighed), v), 2));
  const left = mean(a.mul(a.matMul(weighed, r), 2));
  return { loss: mean(a.sum(a.mul(weighed, error))), dv: a.add(left, dr), dr };
}

/** The logistic form, on v of unit length. */
export function logisticLoss<T>(
  a: Algebra<T>,
  v: T,
  pairs: Pairs<T>,
  { similarWeight, margin = 0.4, temperature = 0.2 }: Omit<PairwiseTargets, 'dissimilarTarget'> & LogisticMargin,
): PairwiseLoss<T> {
  const { weigh, mean } = weighing(a, pairs, similarWeight);
  const s = pairs.similar;
  const x = a.mul(a.sub(a.matMul(v, a.transpose(v)), margin), 1 / temperature);
  // softplus(x) = max(x, 0) + ln(1 + e^−|x|) can't overflow; its slope is the sigmoid.
  const softplus = a.add(a.relu(x), a.log(a.add(a.exp(a.mul(a.abs(x), -1)), 1)));
  const push = weigh(a.sub(a.sigmoid(x), s));
  const dv = mean(a.mul(a.matMul(push, v), 2 / temperature));
  return { loss: mean(a.sum(weigh(a.sub(softplus, a.mul(s, x))))), dv };
}
