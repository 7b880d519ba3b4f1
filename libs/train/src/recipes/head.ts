/**
 * @file The recipes behind a frozen backbone: what learns is a head on its features, in seconds.
 *
 * `node tools/choose.mjs` tries other numbers on a validation part of the training pictures, never on queries.
 */

import { NO_AUGMENTATION } from '../augment.ts';
import type { Recipe } from '../recipe.ts';

/** Epochs of so many pictures or more; fewer are seen more often. */
const USUAL_EPOCHS = 25;
const USUAL_IMAGES = 5000;

/**
 * The default on a backbone: targets {1, 0}, outputs of unit length, a rotation, and codebooks that learn by their
 * gradient after an eighth of the epochs, so that what is learnt is good to quantize.
 *
 * On a validation part of the training pictures (`cifar10-54000`, 160 px, 12 bits, means of 2 or 3 such parts, not all
 * beside the same other settings; MAP by AQD of SqueezeNet and MobileNetV2): roots of the features +.016 and −.001;
 * dropout of .2 −.011 and −.018, since noisy outputs are drawn to the wrong codewords; λ = β = 1 −.036 and −.015, .1
 * −.004 and −.003; 20 epochs against 30 −.009 and +.002. MobileNetV2 alone: two views more −.005, 1,024 hidden units
 * −.006, twice the dimensions −.003. Differences of .003 are noise.
 *
 * @param size - edge of the backbone's input, pixels
 * @param images - training images: of few, smaller batches are taken and more epochs
 */
export function fastHead(size: number, images = USUAL_IMAGES): Recipe {
  return {
    name: 'fast',
    network: { kind: 'head', dimensions: 120, hidden: 512, root: true, dropout: 0, activation: 'tanh' },
    size,
    views: { flip: true, crops: 2, scale: [0.7, 1] },
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
    epochs: Math.min(60, Math.round(USUAL_EPOCHS * Math.max(1, Math.sqrt(USUAL_IMAGES / Math.max(1, images))))),
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
