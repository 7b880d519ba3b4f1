/**
 * @file The recipes behind a frozen backbone: what learns is a head on its features, in seconds.
 *
 * `node tools/choose.mjs` tries other numbers on a validation part of the training pictures, never on queries.
 */

import { NO_AUGMENTATION } from '../augment.ts';
import type { Recipe } from '../recipe.ts';

/**
 * The default on a backbone: targets {1, 0}, outputs of unit length, a rotation, and codebooks that learn by their
 * gradient from the fifth epoch on, so that what is learnt is good to quantize. Dropout is for wide features: behind the
 * 512 of SqueezeNet it cost .011 MAP (160 px, 12 bits, a validation part of the training pictures of `cifar10-54000`, mean of 3 such parts).
 *
 * @param size - edge of the backbone's input, pixels
 * @param images - training images: of few, smaller batches are taken, so that an epoch still has eight steps
 */
export function fastHead(size: number, images = Number.POSITIVE_INFINITY): Recipe {
  return {
    name: 'fast',
    network: { kind: 'head', dimensions: 120, hidden: 512, dropout: 0.2, dropoutFrom: 1024, activation: 'tanh' },
    size,
    views: { flip: true, crops: 4, scale: [0.7, 1] },
    unitLength: true,
    pairwise: { form: 'cosine', similarity: 'shared', dissimilarTarget: 0, similarWeight: 2 },
    quantization: {
      lambda: 0.3,
      beta: 0.3,
      start: { share: 0.125 },
      rotation: 'opq',
      everyEpochs: 0,
      warmStart: true,
      learningRate: 1e-3,
    },
    finalCodebooks: { from: 'learnt', views: 0, iterations: 25 },
    optimiser: { kind: 'adamw', weightDecay: 0.01 },
    learningRate: 1e-3,
    decayMatricesOnly: true,
    schedule: { kind: 'cosine', warmUp: 0 },
    batch: Math.min(256, Math.max(32, Math.floor(images / 8))),
    epochs: 40,
    augmentation: NO_AUGMENTATION,
  };
}

/** The paper's objective and optimiser on a backbone's features: a bottleneck of 300 tanh units, outputs of any length. */
export function paperHead(size: number): Recipe {
  return {
    name: 'paper',
    network: { kind: 'head', dimensions: 300, hidden: 0, dropout: 0.5, activation: 'tanh' },
    size,
    views: { flip: true, crops: 0, scale: [1, 1] },
    unitLength: false,
    pairwise: { dissimilarTarget: -1, similarWeight: 1 },
    quantization: {
      lambda: 1e-4,
      beta: 0,
      start: { epoch: 2 },
      everyEpochs: 2,
      warmStart: true,
      learningRate: 0,
    },
    finalCodebooks: { from: 'kmeans', views: 0, iterations: 25 },
    optimiser: { kind: 'sgd', momentum: 0.9, weightDecay: 5e-4 },
    learningRate: 0.005,
    multipliers: { bias: 2, bottleneck: 10 },
    decayMatricesOnly: true,
    schedule: { kind: 'step', factor: 0.5, everySteps: 500 },
    batch: 64,
    epochs: 64,
    augmentation: NO_AUGMENTATION,
  };
}
