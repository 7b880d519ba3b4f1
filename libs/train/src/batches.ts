/**
 * @file Which images go into which batch: a seeded order for every epoch.
 */

import { createRandom } from '@dqn/pq';
import { TrainError } from './errors.ts';

/**
 * Throws `BAD_LABELS` for an image without label and where all have the same labels, `TOO_FEW_IMAGES` for less than two
 * images.
 */
export function checkLabels(labels: readonly (readonly number[])[]): void {
  if (labels.length < 2) {
    throw new TrainError(
      'TOO_FEW_IMAGES',
      `There are ${labels.length} training images; at least 2 are needed, because the loss compares pairs. Add images.`,
    );
  }
  const bare = labels.findIndex((own) => own.length === 0);
  if (bare >= 0) {
    throw new TrainError(
      'BAD_LABELS',
      `Training image ${bare} has no label; every one needs at least one. Label it or leave it out.`,
    );
  }
  const [first, ...others] = labels.map((own) => [...new Set(own)].sort((a, b) => a - b).join());
  if (others.every((own) => own === first)) {
    throw new TrainError(
      'BAD_LABELS',
      `All ${labels.length} training images have the same labels: there is nothing to tell apart. Add images of another class.`,
    );
  }
}

/**
 * The images in the order of one epoch, each exactly once, [N].
 *
 * `group` = 1 is a plain shuffle. With `group` = g, images that share a label come g in a row where there are that
 * many: with a hundred classes a plain batch of 128 would hold hardly a similar pair. An image with several labels is
 * put under one of its own, drawn anew each epoch.
 */
export function epochOrder(
  labels: readonly (readonly number[])[],
  o: { readonly seed: number; readonly epoch: number; readonly group?: number | undefined },
): Uint32Array {
  const random = createRandom(o.seed).fork('order').fork(o.epoch);
  const images = random.shuffle(Array.from(labels, (_, image) => image));
  const size = o.group ?? 1;
  if (size <= 1) return Uint32Array.from(images);

  const open = new Map<number, number[]>();
  const groups: number[][] = [];
  for (const image of images) {
    const own = labels[image];
    const label = own.length > 1 ? own[random.integer(own.length)] : own[0];
    let group = open.get(label);
    if (!group || group.length === size) {
      group = [];
      open.set(label, group);
      groups.push(group);
    }
    group.push(image);
  }
  // The last group of a class may be short; shuffling whole groups leaves it anywhere.
  return Uint32Array.from(random.shuffle(groups).flat());
}

/**
 * Steps in one epoch of `images` images. A last batch that isn't full is left out (the order differs every epoch, so
 * that no image is left out for good); a data set smaller than one batch is one batch.
 */
export function stepsPerEpoch(images: number, batch: number): number {
  return Math.max(1, Math.floor(images / batch));
}

/** The images of batch `step` (from 0) of an epoch. */
export function batchOf(order: Uint32Array, step: number, batch: number): Uint32Array {
  return order.subarray(step * batch, Math.min(order.length, (step + 1) * batch));
}
