/**
 * @file A run on a real engine that takes seconds: the default recipe on a network a hundred times smaller.
 */

import { preprocessModel, writeModel } from '@dqn/onnx';
import { buildNetwork } from '../network.ts';
import type { Recipe } from '../recipe.ts';
import { recipeFor } from '../recipes/index.ts';
import type { TrainOptions } from '../train.ts';
import { coloured } from './pictures.ts';

const all = coloured({ N: 160, size: 32, classes: 4, noise: 60 });
const BYTES = 32 * 32 * 3;
/** 96 pictures to learn from. */
const data = { pixels: all.pixels.subarray(0, 96 * BYTES), labels: all.labels.slice(0, 96) };
/** 64 more of the same four classes. */
export const freshPictures = { pixels: all.pixels.slice(96 * BYTES), labels: all.labels.slice(96) };

const fast = recipeFor('fast', { size: 32 });
/** The default recipe, smaller, with everything that it can have. */
export const smallRecipe: Recipe = {
  ...fast,
  network: {
    kind: 'convnet',
    dimensions: 16,
    normalization: 'weight',
    bottleneck: 1e-3,
    whitening: { channels: 8, kernel: 4, stride: 2, pad: 1, floor: 0.05 },
    stages: [{ width: 8 }, { width: 12 }],
    dropout: 0.1,
  },
  quantization: { ...fast.quantization, lambda: 0.1, beta: 0.1, start: { epoch: 3 } },
  learningRate: 5e-3,
  batch: 24,
  epochs: 6,
  average: { decay: 0.9, start: { share: 0.5 }, everySteps: 2 },
};

/** Options of such a run into `out`, some of them changed. */
export function smallOptions(out: string, change: Partial<TrainOptions> = {}): TrainOptions {
  return {
    ...data,
    graph: buildNetwork(smallRecipe, { seed: 1, images: { pixels: data.pixels, stored: 32 } }),
    preprocess: writeModel(preprocessModel({ size: 32 })),
    recipe: smallRecipe,
    bits: 8,
    codewords: 16,
    out,
    engine: 'onnxruntime',
    workers: 2,
    facts: { data: 'coloured', protocol: 'none', classes: ['a', 'b', 'c', 'd'] },
    ortModule: new URL('./ort.mjs', import.meta.url).href,
    ...change,
  };
}
