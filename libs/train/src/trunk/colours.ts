/**
 * @file What may happen to the pixels of a view: other colours, a square painted over. Integers and fixed factors alone: the
 * same bytes on every machine.
 */

import type { Square } from './views.ts';

/** Factors around 1, as in "1.2 times as bright". */
export interface Colours {
  readonly brightness: number;
  readonly contrast: number;
  readonly saturation: number;
}

/** Luma of ITU-R BT.601. */
const RED = 0.299;
const GREEN = 0.587;
const BLUE = 0.114;

/**
 * Changes the colours of RGB pixels in place: × brightness, then away from the mean grey of all by × contrast, then away
 * from each pixel's own grey by × saturation; rounded and kept within 0 … 255 once, at the end.
 */
export function recolour(pixels: Uint8Array, { brightness, contrast, saturation }: Colours): void {
  let grey = 0;
  for (let i = 0; i < pixels.length; i += 3) grey += RED * pixels[i] + GREEN * pixels[i + 1] + BLUE * pixels[i + 2];
  const mean = (brightness * grey) / (pixels.length / 3);
  const own = brightness * contrast * saturation;
  const ofGrey = brightness * contrast * (1 - saturation);
  const offset = (1 - contrast) * mean + 0.5;
  for (let i = 0; i < pixels.length; i += 3) {
    const [r, g, b] = [pixels[i], pixels[i + 1], pixels[i + 2]];
    const shared = ofGrey * (RED * r + GREEN * g + BLUE * b) + offset;
    pixels[i] = byte(own * r + shared);
    pixels[i + 1] = byte(own * g + shared);
    pixels[i + 2] = byte(own * b + shared);
  }
}

/** Paints a square of a picture [size, size, 3] in the mean colour of the picture, in place. */
export function erase(pixels: Uint8Array, size: number, { top, left, side }: Square): void {
  const sums = [0, 0, 0];
  for (let i = 0; i < pixels.length; i += 3) for (let c = 0; c < 3; c++) sums[c] += pixels[i + c];
  const [r, g, b] = sums.map((sum) => Math.round(sum / (size * size)));
  for (let y = top; y < top + side; y++) {
    for (let i = (y * size + left) * 3, end = i + side * 3; i < end; i += 3) {
      pixels[i] = r;
      pixels[i + 1] = g;
      pixels[i + 2] = b;
    }
  }
}

function byte(value: number): number {
  return value < 0 ? 0 : value > 255 ? 255 : Math.floor(value);
}
