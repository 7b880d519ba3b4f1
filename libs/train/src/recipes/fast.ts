/**
 * @file The default recipe: a small network from scratch in minutes on two cores.
 */

import type { Recipe } from '../recipe.ts';

/** For square pictures of `size` pixels, 32 to 64. */
export function fast(size: number): Recipe {
  return {
    name: 'fast',
    network: {
      kind: 'convnet',
      dimensions: 48,
      whitening: { channels: 24, kernel: 4, stride: 2, pad: 1, floor: 0.05 },
      normalization: 'weight',
      // Small, so that tanh isn't saturated before the calibration.
      bottleneck: 1e-3,
      stages: [
        { width: 48, pool: 'none' },
        { width: 64 },
        { width: 96, pool: 'none' },
        { width: 128 },
        ...(size > 48 ? [{ width: 128 }] : []),
      ],
    },
    size,
    unitLength: true,
    pairwise: { dissimilarTarget: 0, similarWeight: 2 },
    quantization: {
      lambda: 0.1,
      beta: 0.1,
      start: { share: 0.5 },
      everyEpochs: 0,
      warmStart: true,
      learningRate: 1e-3,
    },
    finalCodebooks: { from: 'kmeans', views: 4, iterations: 25 },
    bottleneckDeviation: 0.5,
    optimiser: { kind: 'adamw', beta2: 0.99, weightDecay: 0.01 },
    learningRate: 1e-3,
    decayMatricesOnly: true,
    schedule: { kind: 'linear', warmUp: 0.1 },
    batch: 128,
    epochs: 60,
    augmentation: { flip: true, shift: 4, padding: 'reflect', cutout: 0 },
  };
}
