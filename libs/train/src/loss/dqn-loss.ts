/**
 * @file DQN's objective of one batch and its gradients: what stands between the network and the optimiser.
 *
 * loss = L + λ · mean ‖u − sg[C h]‖² + β · mean ‖sg[u] − C h‖²
 *
 * L is the pairwise loss on z; u is z, or z / ‖z‖, or that times a fixed rotation; sg holds still. With β = 0 it is
 * the paper's objective; with β > 0 the codewords learn by gradient too. With α > 0 a share α of L compares outputs with
 * codes in place of outputs (see `asymmetricLoss`). The derivatives are written out, which the
 * tests hold against float64 and finite differences: no tape, no leak, and every kernel exists on wasm.
 */

import type { Codebook } from '@dqn/pq';
import type { Tensor2D } from '@tensorflow/tfjs';
import { TrainError } from '../errors.ts';
import { scoped, type Tf } from '../tf.ts';
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

/** What the losses of one batch are made from. */
export interface DqnLossInput {
  /** The network's outputs, [n, D] row-major. */
  readonly z: Float32Array;
  /** Images in the batch, ≥ 1. */
  readonly n: number;
  /** [n, n] row-major, 0 … 1, symmetric: see `similarity`. */
  readonly similar: Float32Array;
  readonly pairwise: PairwiseForm;
  /** Absent: the pairwise loss alone. */
  readonly quantization?: {
    readonly codebook: Codebook;
    /** λ ≥ 0: draws the outputs to their codewords. */
    readonly lambda: number;
    /** β ≥ 0: draws the codewords to their outputs. */
    readonly beta: number;
    /** α, 0 … 1: the share of L that is asked of outputs against codes; needs outputs of unit length. Default 0. */
    readonly asymmetric?: number;
    /** True: u has unit length; false: u is z as it is (the paper). */
    readonly unitLength: boolean;
    /** R, [D, D] row-major and orthogonal: u is multiplied by it. */
    readonly rotation?: Float32Array;
  };
  /** Named in the error when the loss is not finite. */
  readonly step?: number;
}

/** The objective, its parts and its gradients. */
export interface DqnLoss {
  /** What is minimised. */
  readonly loss: number;
  /** L. */
  readonly pairwise: number;
  /** Q = mean ‖u − C h‖², not weighted; 0 without codebooks. */
  readonly quantization: number;
  /** ∂loss/∂z, [n, D] row-major. */
  readonly dz: Float32Array;
  /** ∂loss/∂codewords, [M, K, D/M]; absent without codebooks or with α = β = 0. */
  readonly dCodewords: Float32Array | undefined;
}

function check(input: DqnLossInput): number {
  const { z, n, similar, quantization } = input;
  const D = z.length / n;
  const fail = (message: string): never => {
    throw new TrainError('BAD_OPTION', message);
  };
  if (!Number.isInteger(n) || n < 1 || !Number.isInteger(D) || D < 1) {
    fail(`z holds ${z.length} numbers for ${n} images; expected n · D of them.`);
  }
  if (similar.length !== n * n) fail(`similar holds ${similar.length} numbers; expected ${n} × ${n}.`);
  const { codebook, rotation } = quantization ?? {};
  if (codebook && codebook.D !== D) fail(`The codebook is for ${codebook.D} dimensions, but z has ${D}.`);
  if ((quantization?.asymmetric ?? 0) > 0 && !quantization!.unitLength) {
    fail(
      'The share of the loss that is asked of codes needs outputs of unit length; set unitLength, or asymmetric to 0.',
    );
  }
  if (rotation && rotation.length !== D * D) fail(`rotation holds ${rotation.length} numbers; expected ${D} × ${D}.`);
  return D;
}

/**
 * The objective of one batch with its gradients. Leaves no tensor behind.
 *
 * @throws TrainError NOT_FINITE when the loss is NaN or infinite; BAD_OPTION when the sizes don't fit
 */
export function dqnLoss(tf: Tf, input: DqnLossInput): DqnLoss {
  const D = check(input);
  const { n, pairwise, quantization } = input;
  const result = scoped(tf, (): DqnLoss => {
    const z = tf.tensor2d(input.z, [n, D]);
    const cosine = pairwise.form !== 'inner-product';
    const unit = cosine || quantization?.unitLength ? unitLength(tf, z) : undefined;
    const v = cosine && unit ? unit.v : z;
    const L =
      pairwise.form === 'logistic'
        ? logisticLoss(tf, v, input.similar, pairwise)
        : pairwiseLoss(tf, v, input.similar, pairwise, cosine ? 1 : 1 / D);

    // Gradients at z itself and at z / ‖z‖ are gathered apart; the latter pass through the normalisation once.
    const atZ: Tensor2D[] = [];
    const atUnit: Tensor2D[] = [];
    const share = quantization?.asymmetric ?? 0;
    (cosine ? atUnit : atZ).push(share > 0 ? (tf.mul(L.dv, 1 - share) as Tensor2D) : L.dv);
    let Q = 0;
    let A = 0;
    let dCodewords: Float32Array | undefined;
    if (quantization) {
      const { codebook, lambda, beta, rotation } = quantization;
      const onUnit = quantization.unitLength && unit !== undefined;
      const u = onUnit ? unit.v : z;
      const R = rotation && tf.tensor2d(rotation, [D, D]);
      const rotated = R ? (tf.matMul(u, R) as Tensor2D) : u;
      const { loss, residual, toCodewords } = quantize(tf, rotated, codebook);
      Q = loss.dataSync()[0];
      const atRotated: Tensor2D[] = [];
      const atCodes: Tensor2D[] = [];
      if (lambda > 0) atRotated.push(tf.mul(residual, (2 * lambda) / n) as Tensor2D);
      if (beta > 0) atCodes.push(tf.mul(residual, (-2 * beta) / n) as Tensor2D);
      if (share > 0) {
        const codes = tf.sub(rotated, residual) as Tensor2D;
        const asymmetric = asymmetricLoss(tf, rotated, codes, input.similar, pairwise);
        A = asymmetric.loss.dataSync()[0];
        atRotated.push(tf.mul(asymmetric.dv, share) as Tensor2D);
        atCodes.push(tf.mul(asymmetric.dr, share) as Tensor2D);
      }
      if (atRotated.length > 0) {
        const du = sum(tf, atRotated);
        (onUnit ? atUnit : atZ).push(R ? (tf.matMul(du, tf.transpose(R)) as Tensor2D) : du);
      }
      if (atCodes.length > 0) dCodewords = toCodewords(sum(tf, atCodes));
    }
    if (unit && atUnit.length > 0) atZ.push(unit.backward(sum(tf, atUnit)));
    const pairwiseValue = L.loss.dataSync()[0];
    const weight = quantization ? quantization.lambda + quantization.beta : 0;
    return {
      loss: (1 - share) * pairwiseValue + share * A + weight * Q,
      pairwise: pairwiseValue,
      quantization: Q,
      // A copy: on wasm the array looks into memory that the next tensor takes.
      dz: (sum(tf, atZ).dataSync() as Float32Array).slice(),
      dCodewords,
    };
  });
  if (!Number.isFinite(result.loss)) {
    const at = input.step === undefined ? 'This batch' : `Step ${input.step}`;
    throw new TrainError(
      'NOT_FINITE',
      `${at} has the loss ${result.loss} (pairwise ${result.pairwise}, quantization ${result.quantization}); expected a finite number. Lower the learning rate, or clip the gradient.`,
    );
  }
  return result;
}

function sum(tf: Tf, terms: readonly Tensor2D[]): Tensor2D {
  return terms.length === 1 ? terms[0] : tf.addN([...terms]);
}
