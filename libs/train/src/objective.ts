/**
 * @file L + λQ of one batch, with its gradients: what the training loop asks of the losses.
 */

import type { Codebook } from '@dqn/pq';
import type { EngineName } from './engine/engine.ts';
import { dqnLoss } from './loss/dqn-loss.ts';
import { similarity } from './loss/similarity.ts';
import type { Recipe } from './recipe.ts';
import { loadTf } from './tf.ts';

/** One batch, as the network sees it. */
export interface ObjectiveBatch {
  /** The network's outputs, [n, D] row-major. */
  readonly z: Float32Array;
  readonly n: number;
  /** The labels of each image, [n]. */
  readonly labels: readonly (readonly number[])[];
  /** The codebooks of now; absent: the pairwise loss alone. */
  readonly codebook: Codebook | undefined;
  /** The rotation before the codebooks, [D, D]; absent: none. */
  readonly rotation?: Float32Array | undefined;
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
  /** ∂loss/∂codewords, [M, K, D/M]; absent where α = β = 0 or without codebooks. */
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
  engine: EngineName,
) => Promise<Objective>;

/**
 * The losses on TF.js: on TensorFlow's library beside the engine `tensorflow`, else portable, so that what engine
 * `onnxruntime` learns doesn't depend on what else is installed.
 */
export const createObjective: CreateObjective = async (recipe, _shape, engine) => {
  const { tf } = await loadTf(engine === 'tensorflow' ? 'best' : 'portable');
  const { pairwise, quantization, unitLength } = recipe;
  return {
    evaluate: ({ z, n, labels, codebook, rotation }) =>
      dqnLoss(tf, {
        z,
        n,
        similar: similarity(labels, pairwise.similarity),
        pairwise,
        ...(codebook && {
          quantization: {
            codebook,
            lambda: quantization.lambda,
            beta: quantization.beta,
            ...(quantization.asymmetric !== undefined && { asymmetric: quantization.asymmetric }),
            unitLength,
            ...(rotation && { rotation }),
          },
        }),
      }),
    close: () => {},
  };
};
