/**
 * @file The recipe for whoever has an hour: the default one at twice the width, for longer.
 */

import type { Recipe } from '../recipe.ts';
import { fast } from './fast.ts';

/** For square pictures of `size` pixels, 32 to 64. */
export function best(size: number): Recipe {
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
