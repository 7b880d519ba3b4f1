/**
 * @file What a recipe means for a given network and machine: factors per parameter, and the checks before a run.
 */

import { type Graph, trainableParameters } from '@dqn/onnx';
import { checkLabels } from './batches.ts';
import type { LearnerOptions, ParameterScale } from './engine/engine.ts';
import { TrainError } from './errors.ts';
import type { Recipe } from './recipe.ts';
import { featureWidth, type ViewedFeatures } from './source.ts';

/** Names of the bottleneck's parameters begin so. */
const BOTTLENECK = 'fcb.';

/**
 * The recipe's multipliers for each parameter: biases are named `….bias`, the bottleneck's parameters `fcb.…`; a
 * vector gets no weight decay where the recipe says so.
 */
export function parameterScales(graph: Graph, recipe: Recipe): Record<string, ParameterScale> {
  const { multipliers, decayMatricesOnly } = recipe;
  const scales: Record<string, ParameterScale> = {};
  for (const name of trainableParameters(graph)) {
    const bias = name.endsWith('.bias') ? (multipliers?.bias ?? 1) : 1;
    const bottleneck = name.startsWith(BOTTLENECK) ? (multipliers?.bottleneck ?? 1) : 1;
    const isVector = countWide(graph.initializers.get(name)!.dims) <= 1;
    scales[name] = {
      learningRate: bias * bottleneck,
      weightDecay: decayMatricesOnly && isVector ? 0 : 1,
    };
  }
  return scales;
}

/** Dimensions that aren't 1: a gain [C, 1, 1, 1] is a vector. */
function countWide(dims: readonly number[]): number {
  return dims.filter((size) => size !== 1).length;
}

/**
 * The learner that a recipe wants for a graph, but for the number of workers. No signal: the loop looks at it between
 * two steps, and then keeps the state.
 */
export function learnerOptions(graph: Graph, recipe: Recipe): LearnerOptions {
  return { graph, optimiser: recipe.optimiser, scales: parameterScales(graph, recipe) };
}

/**
 * Checks what is to be learnt from.
 *
 * @param K - codewords of a codebook
 * @throws TrainError BAD_LABELS, TOO_FEW_IMAGES, BAD_OPTION
 */
export function checkImages(
  pixels: Uint8Array,
  labels: readonly (readonly number[])[],
  recipe: Recipe,
  K: number,
): void {
  checkLabels(labels);
  const side = recipe.storedSize ?? recipe.size;
  const wanted = labels.length * side * side * 3;
  if (pixels.length !== wanted) {
    throw new TrainError(
      'BAD_LABELS',
      `There are ${pixels.length} bytes of pixels for ${labels.length} labelled images of ${side} × ${side} × 3; expected ${wanted}. Give one label list for each image of the size that the recipe "${recipe.name}" keeps.`,
    );
  }
  checkEnough(labels, K);
}

/** Checks features in place of pixels. @throws TrainError BAD_LABELS, TOO_FEW_IMAGES, BAD_OPTION */
export function checkFeatures(features: ViewedFeatures, labels: readonly (readonly number[])[], K: number): void {
  checkLabels(labels);
  if (features.images !== labels.length) {
    throw new TrainError(
      'BAD_LABELS',
      `There are features of ${features.images} images and ${labels.length} lists of labels; give one for each image.`,
    );
  }
  featureWidth(features);
  checkEnough(labels, K);
}

function checkEnough(labels: readonly unknown[], K: number): void {
  if (labels.length < K) {
    throw new TrainError(
      'TOO_FEW_IMAGES',
      `There are ${labels.length} training images for codebooks of ${K} codewords; at least ${K} are needed. Add images, or choose fewer --codewords.`,
    );
  }
}
