/**
 * @file Fresh views: every epoch shows each picture as it was never seen. What a view is follows from (seed, epoch, picture)
 * alone, whatever the order of the batches and wherever a run was resumed.
 */

import type { Picture } from '@dqn/data';
import { createRandom, type Random } from '@dqn/pq';
import type { View } from './views.ts';

/** How fresh views differ from the picture. */
export interface FreshViews {
  /** True: half of them are mirrored. */
  readonly flip: boolean;
  /** Least and greatest area of the square crop, as a share of the largest square in the picture. */
  readonly scale: readonly [number, number];
  /** Brightness, contrast and saturation are multiplied by 1 − this … 1 + this each; 0: colours stay. */
  readonly colours: number;
  /** A square of this share of the view's area is painted over in so many of the views. */
  readonly erased: { readonly probability: number; readonly area: number };
}

/**
 * Draws the views of one epoch.
 *
 * @param size - edge of the network's input, pixels
 * @returns the view of a picture, by its number and size
 */
export function freshViewsOf(
  plan: FreshViews,
  o: { readonly seed: number; readonly epoch: number; readonly size: number },
): (image: number, picture: Pick<Picture, 'width' | 'height'>) => View {
  const random = createRandom(o.seed).fork('fresh views').fork(o.epoch);
  return (image, picture) => drawView(plan, random.fork(image), picture, o.size);
}

function drawView(
  { flip, scale: [least, greatest], colours, erased }: FreshViews,
  random: Random,
  { width, height }: Pick<Picture, 'width' | 'height'>,
  size: number,
): View {
  const whole = Math.min(width, height);
  const area = least + (greatest - least) * random.next();
  const side = Math.max(1, Math.min(whole, Math.round(Math.sqrt(area) * whole)));
  const top = random.integer(height - side + 1);
  const left = random.integer(width - side + 1);
  const mirrored = random.next() < 0.5 && flip;
  const factor = (): number => 1 + colours * (2 * random.next() - 1);
  const view: View = { mirrored, square: { top, left, side } };
  const changed = { brightness: factor(), contrast: factor(), saturation: factor() };
  const edge = Math.max(1, Math.round(Math.sqrt(erased.area) * size));
  const place = { top: random.integer(size - edge + 1), left: random.integer(size - edge + 1), side: edge };
  return {
    ...view,
    ...(colours > 0 && { colours: changed }),
    ...(random.next() < erased.probability && { erased: place }),
  };
}
