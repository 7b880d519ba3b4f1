/**
 * @file L + λQ of one batch, with its gradients: what the training loop asks of the losses.
 */

import type { Codebook } from '@dqn/pq';
import type { EngineName } from './engine/engine.ts';
import { loadOrt } from './engine/onnxruntime/ort.ts';
import { type DqnLossInput, dqnLoss } from './loss/dqn-loss.ts';
import { LossGraphs } from './loss/loss-graph.ts';
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
  close(): Promise<void>;
}

/**
 * Makes the losses that a recipe names, for M codebooks of K codewords on D dimensions. `ortModule`: see
 * `TrainOptions.ortModule`.
 */
export type CreateObjective = (
  recipe: Recipe,
  shape: { readonly M: number; readonly K: number; readonly D: number },
  engine: EngineName,
  ortModule: string,
) => Promise<Objective>;

/** The losses beside their engine: by TF.js on TensorFlow's library, else by ONNX Runtime on the CPU. */
export const createObjective: CreateObjective = async (recipe, _shape, engine, ortModule) => {
  const { pairwise, quantization: q, unitLength } = recipe;
  const inputOf = ({ z, n, labels, codebook, rotation }: ObjectiveBatch): DqnLossInput => ({
    ...{ z, n, pairwise, similar: similarity(labels, pairwise.similarity) },
    ...(codebook && {
      quantization: {
        ...{ codebook, unitLength, lambda: q.lambda, beta: q.beta },
        ...(q.asymmetric !== undefined && { asymmetric: q.asymmetric }),
        ...(rotation && { rotation }),
      },
    }),
  });
  if (engine === 'tensorflow') {
    const { tf } = await loadTf();
    return { evaluate: (batch) => dqnLoss(tf, inputOf(batch)), close: async () => {} };
  }
  const graphs = new LossGraphs(await loadOrt(ortModule));
  return { evaluate: (batch) => graphs.evaluate(inputOf(batch)), close: () => graphs.close() };
};
