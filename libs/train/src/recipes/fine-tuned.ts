/**
 * @file The recipe for whoever has half an hour: a head first, then it learns together with the last blocks of the
 * backbone, on views that are fresh in every epoch.
 */

import { NO_AUGMENTATION } from '../augment.ts';
import type { Recipe } from '../recipe.ts';
import { fastHead } from './head.ts';

/** Epochs for {@link USUAL_IMAGES}: fewer pictures are seen more often, more of them less often. */
const USUAL_EPOCHS = 18;
const USUAL_IMAGES = 5000;

/**
 * Fine-tuning behind a backbone.
 *
 * @param size - edge of the backbone's input, pixels
 * @param images - training images: of few, smaller batches are taken and more epochs
 */
export function fineTuned(size: number, images: number = USUAL_IMAGES): Recipe {
  const { views: _, quantization, ...base } = fastHead(size, images);
  const epochs = Math.round(USUAL_EPOCHS * Math.sqrt(USUAL_IMAGES / Math.max(1, images)));
  return {
    ...base,
    name: 'best',
    // The features move, so no roots. With this dropout the published figures were learnt; without it is not tried.
    network: { kind: 'head', dimensions: 120, hidden: 512, dropout: 0.2, activation: 'tanh' },
    freshViews: { flip: true, scale: [0.45, 1], colours: 0.3, erased: { probability: 0.5, area: 0.25 } },
    head: {
      views: { flip: true, crops: 2, scale: [0.7, 1] },
      learningRate: 1e-3,
      batch: base.batch,
      epochs: 25,
    },
    // The outputs of pictures that are nearly known by heart are a poor guide to codebooks: those of fresh views come afterwards.
    quantization: { ...quantization, lambda: 0, beta: 0, start: { share: 0.6 }, views: 1 },
    finalCodebooks: { from: 'kmeans', views: 4, iterations: 25 },
    optimiser: { kind: 'adamw', weightDecay: 0.01 },
    learningRate: 4e-4,
    schedule: { kind: 'one-cycle', warmUp: 0.25 },
    clipNorm: 1,
    batch: Math.min(128, Math.max(32, Math.floor(images / 8))),
    epochs: Math.min(60, Math.max(6, epochs)),
    augmentation: NO_AUGMENTATION,
  };
}
