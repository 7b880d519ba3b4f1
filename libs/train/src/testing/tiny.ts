/**
 * @file A run that takes a fraction of a second: a linear model on coloured pictures.
 */

import { float32, type Graph, GraphBuilder } from '@dqn/onnx';
import { createRandom } from '@dqn/pq';
import { NO_AUGMENTATION } from '../augment.ts';
import type { OpenLearner } from '../choose.ts';
import type { Recipe } from '../recipe.ts';
import type { TrainOptions } from '../train.ts';
import { FakeLearner } from './fakeLearner.ts';
import { coloured } from './pictures.ts';
import { plainObjective } from './plainObjective.ts';

/** Everything that a recipe can ask for, in 30 steps. */
export const tinyRecipe: Recipe = {
  name: 'tiny',
  network: { kind: 'convnet', dimensions: 8 },
  bottleneckDeviation: 0.5,
  size: 8,
  unitLength: true,
  pairwise: { dissimilarTarget: 0, similarWeight: 2 },
  quantization: {
    lambda: 0.3,
    beta: 0.3,
    start: { epoch: 1 },
    everyEpochs: 2,
    warmStart: true,
    learningRate: 1e-3,
  },
  finalCodebooks: { from: 'kmeans', views: 2, iterations: 10 },
  optimiser: { kind: 'adamw', weightDecay: 0.01 },
  learningRate: 0.02,
  schedule: { kind: 'cosine', warmUp: 0.1 },
  batch: 16,
  epochs: 5,
  augmentation: { ...NO_AUGMENTATION, flip: false, shift: 1, cutout: 2 },
  average: { decay: 0.9, start: { share: 0.5 }, everySteps: 3 },
};

const D = 8;

/** The network that the fake learner imitates: only its parameters count. */
function graph(): Graph {
  const random = createRandom(3);
  const b = new GraphBuilder('linear', { seed: 1 });
  const x = b.flatten(b.pixels(8, { mean: [127.5, 127.5, 127.5], scale: [1 / 127.5, 1 / 127.5, 1 / 127.5] }), 'x');
  b.bottleneck(x, { dimensions: D, initial: 'lecun' });
  const built = b.build();
  const weights = Float32Array.from({ length: D * 12 }, () => 0.3 * random.normal());
  return { ...built, initializers: new Map([...built.initializers, ['fcb.weight', float32([D, 12], weights)]]) };
}

/** Opens a {@link FakeLearner}. */
export const openFake: OpenLearner = async ({ learner }) => ({
  learner: new FakeLearner(learner),
  reason: 'because it is a test',
});
/** 100 pictures of 4 classes. */
export const tinyData = coloured({ N: 100, size: 8, classes: 4 });

/** Options of such a run into `out`, some of them changed. */
export function tinyOptions(out: string, change: Partial<TrainOptions> = {}): TrainOptions {
  return {
    ...tinyData,
    graph: graph(),
    preprocess: Uint8Array.of(1, 2, 3),
    recipe: tinyRecipe,
    bits: 8,
    codewords: 16,
    seed: 1,
    out,
    facts: { data: 'coloured', protocol: 'none', classes: ['a', 'b', 'c', 'd'] },
    ortModule: 'none',
    openLearner: openFake,
    createObjective: plainObjective,
    ...change,
  };
}
