/**
 * @file The recipe of the paper (Cao et al., AAAI 2016), with the numbers of the authors' code.
 *
 * Its outputs keep their length. The cosine loss leaves ‖z‖ free, so codes by AQD lose against the cosine itself;
 * every other recipe quantizes outputs of unit length.
 */

import type { Recipe } from '../recipe.ts';

/** AlexNet at 227 px, or a small convolutional network for small pictures, learnt as in the paper. */
export function paper(size: number): Recipe {
  const large = size > 64;
  return {
    name: 'paper',
    network: large ? { kind: 'alexnet', dimensions: 300 } : { kind: 'convnet', dimensions: 300, bottleneck: 0.01 },
    size: large ? 227 : size,
    ...(large && { storedSize: 256 }),
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
    // 5,000 steps on 5,000 images.
    epochs: 64,
    augmentation: { flip: true, shift: large ? 0 : 4, padding: 'reflect', cutout: 0 },
  };
}
