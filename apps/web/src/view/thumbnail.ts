/** @file An item's picture. */

import type { EdgeItem } from '@dqn/edge';
import { h } from '../dom.ts';

/** The thumbnail, or the item's initial where the gallery holds none. Its blob is freed once it is drawn. */
export function thumbnail(item: Pick<EdgeItem, 'thumbnail' | 'id'>): HTMLElement {
  if (!item.thumbnail)
    return h('span', { class: 'tile empty', 'aria-hidden': 'true' }, item.id.slice(0, 1).toUpperCase());
  const url = URL.createObjectURL(item.thumbnail);
  const done = (): void => URL.revokeObjectURL(url);
  const image = h('img', { src: url, alt: '', decoding: 'async', draggable: 'false', onload: done, onerror: done });
  return h('span', { class: 'tile' }, image);
}
