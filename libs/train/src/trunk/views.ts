/**
 * @file The views of a picture that a frozen trunk is shown: the picture itself, its mirror image, random crops.
 *
 * A crop is cut out of the decoded picture before preprocessing, so that it keeps every pixel it has. Which crop it is
 * follows from the picture's own pixels and its number: every run, seed and data set that meets the picture sees the same,
 * and finds it in the cache.
 */

import { createHash } from 'node:crypto';
import type { Picture } from '@dqn/data';
import { createRandom } from '@dqn/pq';
import type { Colours } from './colours.ts';

/** Which views are made of each picture. The picture itself always comes first. */
export interface ViewPlan {
  /** True: its mirror image, too. */
  readonly flip: boolean;
  /** Random square crops, half of them mirrored. */
  readonly crops: number;
  /** Least and greatest area of a crop, as a share of the largest square in the picture. */
  readonly scale: readonly [number, number];
}

/** A square in a picture, in pixels. */
export interface Square {
  readonly top: number;
  readonly left: number;
  readonly side: number;
}

/** One view: a square of the picture (absent: the whole of it), mirrored or not. */
export interface View {
  readonly mirrored: boolean;
  /** Pixels of the decoded picture. */
  readonly square?: Square;
  /** How its colours are changed; absent: not at all. */
  readonly colours?: Colours;
  /** What is painted over, in pixels of the network's input; absent: nothing. */
  readonly erased?: Square;
}

/** How many views a plan makes of each picture. */
export function viewCount({ flip, crops }: ViewPlan): number {
  return 1 + Number(flip) + crops;
}

/** sha256 of a decoded picture: its size and pixels. */
export function pictureDigest({ width, height, data }: Picture): Buffer {
  return createHash('sha256').update(`${width}x${height}\n`).update(data).digest();
}

/** The views of a picture with this digest, in the order of the plan. */
export function viewsOf(picture: Pick<Picture, 'width' | 'height'>, digest: Buffer, plan: ViewPlan): View[] {
  const views: View[] = [{ mirrored: false }];
  if (plan.flip) views.push({ mirrored: true });
  const { width, height } = picture;
  const whole = Math.min(width, height);
  const random = createRandom(digest.readUInt32LE(0)).fork('crop');
  const [least, greatest] = plan.scale;
  for (let k = 0; k < plan.crops; k++) {
    const draw = random.fork(k);
    const area = least + (greatest - least) * draw.next();
    const side = Math.max(1, Math.min(whole, Math.round(Math.sqrt(area) * whole)));
    const top = draw.integer(height - side + 1);
    const left = draw.integer(width - side + 1);
    views.push({ mirrored: draw.next() < 0.5, square: { top, left, side } });
  }
  return views;
}

/** What identifies the view of a picture, 32 bytes as hex: equal for equal pixels in an equal view. */
export function viewKey(digest: Buffer, { mirrored, square }: View): string {
  const where = square ? `${square.top},${square.left},${square.side}` : 'whole';
  return createHash('sha256')
    .update(digest)
    .update(`${where};${mirrored ? 'mirrored' : 'upright'}`)
    .digest('hex');
}

/** The pixels of a square, [side, side, 3]. */
export function crop({ width, data }: Picture, { top, left, side }: Square): Picture {
  const out = new Uint8Array(side * side * 3);
  for (let y = 0; y < side; y++) {
    const from = ((top + y) * width + left) * 3;
    out.set(data.subarray(from, from + side * 3), y * side * 3);
  }
  return { width: side, height: side, data: out };
}

/** Mirrors a picture [size, size, 3] left to right, in place. */
export function mirror(pixels: Uint8Array, size: number): void {
  for (let y = 0; y < size; y++) {
    for (let a = y * size * 3, b = a + (size - 1) * 3; a < b; a += 3, b -= 3) {
      for (let c = 0; c < 3; c++) {
        const kept = pixels[a + c];
        pixels[a + c] = pixels[b + c];
        pixels[b + c] = kept;
      }
    }
  }
}
