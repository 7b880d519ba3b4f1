/**
 * @file The recipe for whoever has an hour.
 *
 * Few images are learnt from often, by the default recipe's network at twice its width. Many are learnt from a few
 * times, by a network whose devices are for short runs. Those of airbench (Jordan, "94 % on CIFAR-10 in 3.29 seconds on
 * a single GPU", 2024) are taken as far as they need no batch statistics; what they saved there, in epochs to 94 %:
 *
 * - fixed whitening filters of 2 × 2 pixels at full resolution: 35 → 21
 * - convolutions begun as the identity: 21 → 18
 * - each image mirrored every other epoch in place of by chance: 10.8 → 9.9
 *
 * Here they were not taken away one by one: a run costs 7e13 floating-point operations. What is shared with `fast`
 * (standardised weights, the calibrated bottleneck, the logistic loss) has its figures there. What is shipped under
 * models/ was made by these 8 epochs and 10 more with `--from`; its figure and commands stand in models/README.md.
 */

import type { Recipe } from '../recipe.ts';
import { fast } from './fast.ts';

/** From so many training images on, each is seen a few times only. */
const MANY = 20_000;

/**
 * For square pictures of `size` pixels, 32 to 64.
 *
 * @param images - training images
 */
export function best(size: number, images = Number.POSITIVE_INFINITY): Recipe {
  return images < MANY ? ofFew(size) : ofMany(size);
}

/** The default recipe at twice the width, with cut-out against learning by heart, three times as long. */
function ofFew(size: number): Recipe {
  const base = fast(size);
  if (base.network.kind !== 'convnet') return base;
  return {
    ...base,
    name: 'best',
    network: {
      ...base.network,
      dimensions: 96,
      stages: base.network.stages!.map((stage) => ({ ...stage, width: stage.width * 2 })),
      dropout: 0.2,
    },
    multipliers: { bottleneck: 0.1 },
    augmentation: { ...base.augmentation, cutout: Math.round(size / 4) },
    epochs: 160,
    average: { decay: 0.99, start: { share: 0.7 } },
  };
}

/** 30 million products an image of 32 px: 50,000 images eight times are 7e13 floating-point operations. */
function ofMany(size: number): Recipe {
  const base = fast(size);
  if (base.network.kind !== 'convnet') return base;
  return {
    ...base,
    name: 'best',
    network: {
      kind: 'convnet',
      dimensions: 48,
      // At full resolution: the first pool comes behind the first learnt convolution.
      whitening: { channels: 12, kernel: 2, stride: 1, pad: 0, floor: 0.05 },
      normalization: 'weight',
      identity: true,
      bottleneck: 1e-3,
      stages: [
        // Larger pictures are halved once more.
        ...(size > 48 ? [{ width: 32 }] : []),
        { width: 32 },
        { width: 32, pool: 'none' },
        { width: 128 },
        { width: 128, pool: 'none' },
        { width: 128 },
        { width: 128, pool: 'none' },
      ],
    },
    // Codebooks from each image once: there are enough of them, and they are what is searched.
    finalCodebooks: { from: 'kmeans', views: 0, iterations: 20 },
    epochs: 8,
    augmentation: { flip: 'alternate', shift: Math.round(size / 16), padding: 'reflect', cutout: 0 },
  };
}
