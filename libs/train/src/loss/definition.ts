/**
 * @file DQN's objective of one batch with its gradient, in whatever computes: see dqn-loss.ts for what it says.
 *
 * The derivatives are written out, which the tests hold against float64 and finite differences: no tape, no leak.
 */

import type { Algebra } from './algebra.ts';
import { asymmetricLoss, type LogisticMargin, logisticLoss, type PairwiseTargets, pairwiseLoss } from './pairwise.ts';
import { quantize } from './quantization.ts';
import type { SimilarityMeasure } from './similarity.ts';
import { unitLength } from './unit-length.ts';

/** The pairwise loss by name. */
export type PairwiseForm = PairwiseTargets &
  LogisticMargin & {
    /** What makes a pair similar; the caller's `similarity` follows it. Default `shared`. */
    readonly similarity?: SimilarityMeasure;
    /**
     * `cosine` (default): s against ⟨z_i, z_j⟩ / (‖z_i‖ ‖z_j‖). `inner-product` (the paper's variant DQNip): s against
     * ⟨z_i, z_j⟩ / D, which reaches ±1 where tanh does. `logistic`: the cosine on the right side of a margin.
     */
    readonly form?: 'cosine' | 'inner-product' | 'logistic';
  };

/** The numbers of the quantization's part. */
export interface QuantizationForm {
  /** λ ≥ 0: draws the outputs to their codewords. */
  readonly lambda: number;
  /** β ≥ 0: draws the codewords to their outputs. */
  readonly beta: number;
  /** α, 0 … 1: the share of L that is asked of outputs against codes; needs outputs of unit length. Default 0. */
  readonly asymmetric?: number;
  /** True: u has unit length; false: u is z as it is (the paper). */
  readonly unitLength: boolean;
}

/** What stands before the first operation. */
export interface LossInputs<T> {
  /** [n, D] */
  readonly z: T;
  /** [n, n] */
  readonly similar: T;
  /** M of [K, D/M]; absent: the pairwise loss alone. */
  readonly books?: readonly T[] | undefined;
  /** [D, D]; absent: none. */
  readonly rotation?: T | undefined;
}

/** Everything fixed beforehand. */
export interface LossForm {
  readonly n: number;
  readonly D: number;
  readonly pairwise: PairwiseForm;
  /** Wanted where there are codebooks. */
  readonly quantization?: QuantizationForm | undefined;
}

/** What is computed. */
export interface LossOutputs<T> {
  /** L. */
  readonly L: T;
  /** ∂loss/∂z, [n, D]. */
  readonly dz: T;
  /** With codebooks. */
  readonly quantized?: {
    /** Q, not weighted. */
    readonly Q: T;
    /** A, where α > 0. */
    readonly A: T | undefined;
    /** int32 [n], by subspace. */
    readonly codes: readonly T[];
    /** ∂loss/∂(C h), [n, D]; undefined where α = β = 0. */
    readonly atCodes: T | undefined;
  };
}

/** Writes the objective down. */
export function defineLoss<T>(a: Algebra<T>, inputs: LossInputs<T>, form: LossForm): LossOutputs<T> {
  const { z, books, rotation: R } = inputs;
  const { n, D, pairwise, quantization } = form;
  const pairs = { n, similar: inputs.similar };
  const sum = (terms: readonly T[]): T => terms.reduce((total, term) => a.add(total, term));
  const cosine = pairwise.form !== 'inner-product';
  const unit = cosine || quantization?.unitLength ? unitLength(a, z) : undefined;
  const v = cosine && unit ? unit.v : z;
  const L =
    pairwise.form === 'logistic'
      ? logisticLoss(a, v, pairs, pairwise)
      : pairwiseLoss(a, v, pairs, pairwise, cosine ? 1 : 1 / D);

  // Gradients at z itself and at z / ‖z‖ are gathered apart; the latter pass through the normalisation once.
  const atZ: T[] = [];
  const atUnit: T[] = [];
  const share = quantization?.asymmetric ?? 0;
  (cosine ? atUnit : atZ).push(share > 0 ? a.mul(L.dv, 1 - share) : L.dv);
  let quantized: LossOutputs<T>['quantized'];
  if (quantization && books) {
    const { lambda, beta } = quantization;
    const onUnit = quantization.unitLength && unit !== undefined;
    const u = onUnit ? unit.v : z;
    const rotated = R ? a.matMul(u, R) : u;
    const { loss: Q, residual, codes } = quantize(a, rotated, books, n, D / books.length);
    const atRotated: T[] = [];
    const atCodes: T[] = [];
    let A: T | undefined;
    if (lambda > 0) atRotated.push(a.mul(residual, (2 * lambda) / n));
    if (beta > 0) atCodes.push(a.mul(residual, (-2 * beta) / n));
    if (share > 0) {
      const asymmetric = asymmetricLoss(a, rotated, a.sub(rotated, residual), pairs, pairwise);
      A = asymmetric.loss;
      atRotated.push(a.mul(asymmetric.dv, share));
      atCodes.push(a.mul(asymmetric.dr, share));
    }
    if (atRotated.length > 0) {
      const du = sum(atRotated);
      (onUnit ? atUnit : atZ).push(R ? a.matMul(du, a.transpose(R)) : du);
    }
    quantized = { Q, A, codes, atCodes: atCodes.length > 0 ? sum(atCodes) : undefined };
  }
  if (unit && atUnit.length > 0) atZ.push(unit.backward(sum(atUnit)));
  return { L: L.loss, dz: sum(atZ), ...(quantized && { quantized }) };
}
