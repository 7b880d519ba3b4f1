/** @file An item's picture in a square. */

import type { EdgeItem } from '@dqn/edge';
import { h } from '../dom.ts';

/** The thumbnail, or the item's initial where the gallery holds none. Its blob is freed once it is drawn. */
export function thumbnail(item: Pick<EdgeItem, 'thumbnail' | 'id'>): HTMLElement {
  if (!item.thumbnail)
    return h('span', { class: 'tile empty', 'aria-hidden': 'true' }, item.id.slice(0, 1).toUpperCase());
  const url = URL.createObjectURL(item.thumbnail);
  const free = (): void => URL.revokeObjectURL(url);
  const onload = (): void => {
    free();
    if (!standsOnWhite(image)) tile.classList.add('photo');
  };
  const image = h('img', { src: url, alt: '', decoding: 'async', draggable: 'false', onload, onerror: free });
  const tile = h('span', { class: 'tile' }, image);
  return tile;
}

const SIDE = 16;
let canvas: CanvasRenderingContext2D | null | undefined;

/**
 * Whether a picture's corners are white or transparent, as of a drawing or a thing cut out: it gets a margin then. A
 * photograph fills its square, which is also what the network sees of it.
 */
export function standsOnWhite(image: HTMLImageElement): boolean {
  canvas ??= Object.assign(document.createElement('canvas'), { width: SIDE, height: SIDE }).getContext('2d', {
    willReadFrequently: true,
  });
  if (!canvas) return true;
  canvas.clearRect(0, 0, SIDE, SIDE);
  canvas.drawImage(image, 0, 0, SIDE, SIDE);
  const { data } = canvas.getImageData(0, 0, SIDE, SIDE);
  const last = SIDE - 1;
  const white = [0, last, last * SIDE, SIDE * SIDE - 1].map((p) => {
    const [r, g, b, a] = data.subarray(p * 4, p * 4 + 4);
    return a < 128 || Math.min(r, g, b) > 235;
  });
  return white.filter(Boolean).length >= 2;
}
