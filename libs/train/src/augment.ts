/**
 * @file Fresh views of the training images: crop, shift, flip, cut-out, on the bytes of the pixels.
 *
 * What happens to an image is decided by (seed, epoch, image) alone: not by its place in the batch, the number of
 * workers, or where a run was resumed.
 */

import { createRandom } from '@dqn/pq';

/** What may happen to a training image. */
export interface Augmentation {
  /**
   * Mirror half of the views left to right. `alternate`: each image every other epoch, begun with either by chance, so
   * that two epochs in a row show both (Jordan, "94 % on CIFAR-10 in 3.29 seconds", 2024).
   */
  readonly flip: boolean | 'alternate';
  /** The crop may reach this many pixels over each edge of the stored image; 0: it stays inside. */
  readonly shift: number;
  /** What lies over the edge: the image mirrored at its edge pixel, or the fill colour. */
  readonly padding: 'reflect' | 'fill';
  /** Side of a square painted with the fill colour, its centre anywhere in the view, pixels; 0: none. */
  readonly cutout: number;
}

/** Nothing happens: the centre crop. */
export const NO_AUGMENTATION: Augmentation = { flip: false, shift: 0, padding: 'reflect', cutout: 0 };

/** The training images: `pixels` is uint8 RGB [N, S, S, 3] row-major, S = `stored`. */
export interface StoredImages {
  readonly pixels: Uint8Array;
  readonly stored: number;
}

/** Index of a pixel beyond the edge, mirrored at the edge pixel: −1 → 1, n → n − 2. */
function reflect(index: number, n: number): number {
  if (n === 1) return 0;
  const period = 2 * (n - 1);
  const i = ((index % period) + period) % period;
  return i < n ? i : period - i;
}

/** The mean colour of the images, rounded: what padding and cut-out paint. [r, g, b] bytes. */
export function meanColour(pixels: Uint8Array): [number, number, number] {
  const sums = [0, 0, 0];
  for (let i = 0; i + 2 < pixels.length; i += 3) {
    sums[0] += pixels[i];
    sums[1] += pixels[i + 1];
    sums[2] += pixels[i + 2];
  }
  const count = Math.max(1, Math.floor(pixels.length / 3));
  return [Math.round(sums[0] / count), Math.round(sums[1] / count), Math.round(sums[2] / count)];
}

/**
 * Views of some images: uint8 [n, size, size, 3] row-major, one for each entry of `indices`.
 *
 * @param images - stored pixels; `stored` ≥ `size`
 * @param indices - which images, [n]
 * @param o - `view` tells apart several views of one epoch; `fill` is the colour of padding and cut-out
 */
export function augment(
  images: StoredImages,
  indices: ArrayLike<number>,
  o: {
    readonly size: number;
    readonly augmentation: Augmentation;
    readonly seed: number;
    readonly epoch: number;
    readonly fill: readonly [number, number, number];
  },
): Uint8Array {
  const { size, augmentation, fill } = o;
  const { stored } = images;
  const out = new Uint8Array(indices.length * size * size * 3);
  const random = createRandom(o.seed).fork('augment').fork(o.epoch);
  const always = createRandom(o.seed).fork('mirror');
  for (let row = 0; row < indices.length; row++) {
    const draw = random.fork(indices[row]);
    const top = crop(draw.next(), stored, size, augmentation.shift);
    const left = crop(draw.next(), stored, size, augmentation.shift);
    const chance = draw.next() < 0.5;
    const mirrored =
      augmentation.flip === 'alternate'
        ? always.fork(indices[row]).next() < 0.5 !== (o.epoch % 2 === 1)
        : chance && augmentation.flip;
    const at = row * size * size * 3;
    for (let y = 0; y < size; y++) {
      const line = source(top + y, stored, augmentation.padding);
      const to = at + y * size * 3;
      if (line < 0) paint(out, to, size, fill);
      else copyLine(images, indices[row] * stored + line, { left, size, mirrored, augmentation, fill }, out, to);
    }
    if (augmentation.cutout > 0) {
      cutOut(out, at, size, augmentation.cutout, draw.integer(size), draw.integer(size), fill);
    }
  }
  return out;
}

/** The middle of each image, as at inference: uint8 [n, size, size, 3]. The pixels themselves where nothing is cut. */
export function centreCrop(images: StoredImages, indices: ArrayLike<number> | undefined, size: number): Uint8Array {
  const { stored, pixels } = images;
  if (stored === size && indices === undefined) return pixels;
  const n = indices?.length ?? pixels.length / (stored * stored * 3);
  const margin = Math.floor((stored - size) / 2);
  const out = new Uint8Array(n * size * size * 3);
  for (let row = 0; row < n; row++) {
    const image = indices ? indices[row] : row;
    for (let y = 0; y < size; y++) {
      const from = ((image * stored + margin + y) * stored + margin) * 3;
      out.set(pixels.subarray(from, from + size * 3), (row * size + y) * size * 3);
    }
  }
  return out;
}

/** First row or column of the crop, from `−shift` to `stored − size + shift`, all equally likely. */
function crop(uniform: number, stored: number, size: number, shift: number): number {
  return Math.floor(uniform * (stored - size + 2 * shift + 1)) - shift;
}

/** The stored row or column that is seen, or −1 where the fill colour is. */
function source(index: number, stored: number, padding: Augmentation['padding']): number {
  if (index >= 0 && index < stored) return index;
  return padding === 'reflect' ? reflect(index, stored) : -1;
}

/** `count` pixels of one colour. */
function paint(
  out: Uint8Array,
  to: number,
  count: number,
  [red, green, blue]: readonly [number, number, number],
): void {
  for (const end = to + count * 3; to < end; to += 3) {
    out[to] = red;
    out[to + 1] = green;
    out[to + 2] = blue;
  }
}

/** Writes one line of a view: the stretch that lies inside the stored line at once, what lies over its ends by pixel. */
function copyLine(
  { pixels, stored }: StoredImages,
  line: number,
  view: {
    readonly left: number;
    readonly size: number;
    readonly mirrored: boolean;
    readonly augmentation: Augmentation;
    readonly fill: readonly [number, number, number];
  },
  out: Uint8Array,
  to: number,
): void {
  const { left, size, mirrored } = view;
  const base = line * stored * 3;
  const first = Math.max(0, left);
  const end = Math.min(stored, left + size);
  /** Where the view shows a column of the stored line, or of what continues it. */
  const place = (column: number): number => to + (mirrored ? left + size - 1 - column : column - left) * 3;
  if (mirrored) {
    for (let from = base + first * 3, at = place(first); from < base + end * 3; from += 3, at -= 3) {
      out[at] = pixels[from];
      out[at + 1] = pixels[from + 1];
      out[at + 2] = pixels[from + 2];
    }
  } else {
    out.set(pixels.subarray(base + first * 3, base + end * 3), place(first));
  }
  for (let column = left; column < left + size; column++) {
    if (column >= first && column < end) continue;
    const seen = source(column, stored, view.augmentation.padding);
    const at = place(column);
    for (let c = 0; c < 3; c++) out[at + c] = seen < 0 ? view.fill[c] : pixels[base + seen * 3 + c];
  }
}

/** Paints the part of a square of `side` pixels around (centreX, centreY) that lies in the view. */
function cutOut(
  out: Uint8Array,
  at: number,
  size: number,
  side: number,
  centreY: number,
  centreX: number,
  fill: readonly [number, number, number],
): void {
  const y0 = Math.max(0, centreY - (side >> 1));
  const x0 = Math.max(0, centreX - (side >> 1));
  const y1 = Math.min(size, centreY - (side >> 1) + side);
  const x1 = Math.min(size, centreX - (side >> 1) + side);
  for (let y = y0; y < y1; y++) {
    for (let x = x0, to = at + (y * size + x0) * 3; x < x1; x++, to += 3) {
      out[to] = fill[0];
      out[to + 1] = fill[1];
      out[to + 2] = fill[2];
    }
  }
}
