/**
 * @file L + λQ of one batch, with its gradients: what the training loop asks of the losses.
 */

import type { Codebook } from '@dqn/pq';
import type { Recipe } from './recipe.ts';

/** One batch, as the network sees it. */
export interface ObjectiveBatch {
  /** The network's outputs, [n, D] row-major. */
  readonly z: Float32Array;
  readonly n: number;
  /** The labels of each image, [n]. */
  readonly labels: readonly (readonly number[])[];
  /** The codebooks of now; absent: the pairwise loss alone. */
  readonly codebook: Codebook | undefined;
}

/** The objective and its gradients. */
export interface ObjectiveResult {
  /** What is minimised. */
  readonly loss: number;
  /** L, the pairwise loss. */
  readonly pairwise: number;
  /** Q, mean ‖z − C h‖², unweighted; 0 without codebooks. */
  readonly quantization: number;
  /** ∂loss/∂z, [n, D]. */
  readonly dz: Float32Array;
  /** ∂loss/∂codewords, [M, K, D/M]; absent where β = 0 or without codebooks. */
  readonly dCodewords: Float32Array | undefined;
}

/** The losses of a recipe, ready to be asked. */
export interface Objective {
  evaluate(batch: ObjectiveBatch): ObjectiveResult | Promise<ObjectiveResult>;
  close(): void;
}

/** Makes the losses that a recipe names, for M codebooks of K codewords on D dimensions. */
export type CreateObjective = (
  recipe: Recipe,
  shape: { readonly M: number; readonly K: number; readonly D: number },
) => Promise<Objective>;

/** The losses on TF.js. */
export const createObjective: CreateObjective = async (recipe, { D }) => {
  throw new Error(`no losses yet for ${recipe.name} ${D}`);
};
