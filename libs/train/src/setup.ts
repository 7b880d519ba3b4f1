/**
 * @file What a recipe means for a given network and machine: factors per parameter, and the checks before a run.
 */

import { type Graph, trainableParameters } from '@dqn/onnx';
import { checkLabels } from './batches.ts';
import type { LearnerOptions, ParameterScale } from './engine/engine.ts';
import { TrainError } from './errors.ts';
import type { Recipe } from './recipe.ts';
import { featureWidth, type ViewedFeatures } from './source.ts';
import type { TrainOptions } from './train-options.ts';
import type { FreshPictures } from './trunk/fresh.ts';

/** Names of the bottleneck's parameters begin so. */
const BOTTLENECK = 'fcb.';

/** What the parameters of a head on a backbone are called. */
const HEAD = /^fcb?\./;

/**
 * The recipe's multipliers for each parameter: biases are named `….bias`, the bottleneck's parameters `fcb.…`; a
 * vector gets no weight decay where the recipe says so.
 */
export function parameterScales(graph: Graph, recipe: Recipe): Record<string, ParameterScale> {
  const { multipliers, decayMatricesOnly } = recipe;
  const backboneScale = multipliers?.backbone ?? 1;
  const scales: Record<string, ParameterScale> = {};
  for (const name of trainableParameters(graph)) {
    const bias = name.endsWith('.bias') ? (multipliers?.bias ?? 1) : 1;
    const bottleneck = name.startsWith(BOTTLENECK) ? (multipliers?.bottleneck ?? 1) : 1;
    const isVector = countWide(graph.initializers.get(name)!.dims) <= 1;
    scales[name] = {
      learningRate: bias * bottleneck * (HEAD.test(name) ? 1 : backboneScale),
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
 * Checks what is to be learnt from, and that it is what the recipe wants.
 *
 * @param K - codewords of a codebook
 * @throws TrainError BAD_LABELS, TOO_FEW_IMAGES, BAD_OPTION
 */
export function checkInputs(options: TrainOptions, recipe: Recipe, K: number): void {
  const { pixels, features, fresh, head, labels } = options;
  if ([pixels, features, fresh].filter((input) => input !== undefined).length !== 1) {
    throw new TrainError('BAD_OPTION', 'Give one of pixels, features of a trunk, or pictures for fresh views.');
  }
  if ((fresh !== undefined) !== (recipe.freshViews !== undefined)) {
    throw new TrainError(
      'BAD_OPTION',
      `The recipe "${recipe.name}" ${fresh ? 'says nothing of fresh views; take one that does' : 'learns from fresh views, which need the pictures and a backbone'}.`,
    );
  }
  if ((head !== undefined) !== (recipe.head !== undefined)) {
    throw new TrainError(
      'BAD_OPTION',
      `The recipe "${recipe.name}" has ${recipe.head ? 'a' : 'no'} first phase for the head, but features for it were${head ? '' : "n't"} given.`,
    );
  }
  if (head) checkFeatures(head.features, labels, K);
  if (pixels) checkImages(pixels, labels, recipe, K);
  else if (features) checkFeatures(features, labels, K);
  else checkPictures(fresh!, labels, K);
}

function checkPictures({ images }: FreshPictures, labels: readonly (readonly number[])[], K: number): void {
  checkLabels(labels);
  if (images !== labels.length) {
    throw new TrainError(
      'BAD_LABELS',
      `There are ${images} pictures and ${labels.length} lists of labels; give one for each picture.`,
    );
  }
  checkEnough(labels, K);
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

/**
 * What can be said of the labels alone, before pictures are read.
 *
 * @param K - codewords of a codebook
 * @throws TrainError BAD_LABELS, TOO_FEW_IMAGES
 */
export function checkTrainingLabels(labels: readonly (readonly number[])[], K: number): void {
  checkLabels(labels);
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
