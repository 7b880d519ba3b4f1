/**
 * @file DQN's objective of one batch and its gradients: what stands between the network and the optimiser.
 *
 * loss = L + λ · mean ‖u − sg[C h]‖² + β · mean ‖sg[u] − C h‖²
 *
 * L is the pairwise loss on z; u is z, or z / ‖z‖, or that times a fixed rotation; sg holds still. With β = 0 it is
 * the paper's objective; with β > 0 the codewords learn by gradient too. With α > 0 a share α of L compares outputs with
 * codes in place of outputs (see `asymmetricLoss`). It is written down
 * once (definition.ts) and computed by TF.js here, by ONNX Runtime in loss-graph.ts.
 */

import type { Codebook } from '@dqn/pq';
import type { Tensor } from '@tensorflow/tfjs';
import { TrainError } from '../errors.ts';
import { scoped, type Tf } from '../tf.ts';
import { defineLoss, type PairwiseForm, type QuantizationForm } from './definition.ts';
import { toCodewords } from './quantization.ts';
import { tensorAlgebra } from './tensors.ts';

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
  readonly quantization?: QuantizationForm & {
    readonly codebook: Codebook;
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

/** D. @throws TrainError BAD_OPTION when the sizes don't fit */
export function checkLossInput(input: DqnLossInput): number {
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

/** Codewords as the definition takes them: M of [K, D/M]. */
export function booksOf({ M, codewords }: Codebook): Float32Array[] {
  const size = codewords.length / M;
  return Array.from({ length: M }, (_, m) => codewords.subarray(m * size, (m + 1) * size));
}

/** What was computed, on this side again. */
export interface LossValues {
  readonly L: number;
  readonly Q?: number | undefined;
  readonly A?: number | undefined;
  readonly dz: Float32Array;
  readonly codes?: readonly Int32Array[] | undefined;
  readonly atCodes?: Float32Array | undefined;
}

/** The objective from what was computed. @throws TrainError NOT_FINITE */
export function lossOf({ quantization, step }: DqnLossInput, values: LossValues): DqnLoss {
  const { L, Q = 0, A = 0, dz, codes, atCodes } = values;
  const { lambda = 0, beta = 0, asymmetric = 0, codebook } = quantization ?? {};
  const loss = (1 - asymmetric) * L + asymmetric * A + (lambda + beta) * Q;
  if (!Number.isFinite(loss)) {
    const at = step === undefined ? 'This batch' : `Step ${step}`;
    throw new TrainError(
      'NOT_FINITE',
      `${at} has the loss ${loss} (pairwise ${L}, quantization ${Q}); expected a finite number. Lower the learning rate, or clip the gradient.`,
    );
  }
  const shape = codebook && { K: codebook.K, d: codebook.D / codebook.M };
  const dCodewords = atCodes && codes && shape ? toCodewords(atCodes, codes, shape) : undefined;
  return { loss, pairwise: L, quantization: Q, dz, dCodewords };
}

/**
 * The objective of one batch with its gradients, by TF.js. Leaves no tensor behind.
 *
 * @throws TrainError NOT_FINITE when the loss is NaN or infinite; BAD_OPTION when the sizes don't fit
 */
export function dqnLoss(tf: Tf, input: DqnLossInput): DqnLoss {
  const D = checkLossInput(input);
  const { n, pairwise, quantization } = input;
  const values = scoped(tf, (): LossValues => {
    const { codebook, rotation } = quantization ?? {};
    const inputs = {
      z: tf.tensor2d(input.z, [n, D]) as Tensor,
      similar: tf.tensor2d(input.similar, [n, n]),
      books: codebook && booksOf(codebook).map((book) => tf.tensor2d(book, [codebook.K, D / codebook.M])),
      rotation: rotation && tf.tensor2d(rotation, [D, D]),
    };
    const { L, dz, quantized } = defineLoss(tensorAlgebra(tf), inputs, { n, D, pairwise, quantization });
    // Copies: on wasm the array looks into memory that the next tensor takes.
    const floats = (tensor: Tensor): Float32Array => (tensor.dataSync() as Float32Array).slice();
    const number = (tensor: Tensor | undefined): number | undefined => tensor?.dataSync()[0];
    return {
      L: number(L)!,
      Q: number(quantized?.Q),
      A: number(quantized?.A),
      dz: floats(dz),
      codes: quantized?.codes.map((code) => Int32Array.from(code.dataSync())),
      atCodes: quantized?.atCodes && floats(quantized.atCodes),
    };
  });
  return lossOf(input, values);
}
