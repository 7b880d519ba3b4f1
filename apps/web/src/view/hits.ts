/** @file The hits as a grid of pictures. */

import type { Distance, EdgeAnswer, EdgeItem } from '@dqn/edge';
import { h } from '../dom.ts';
import { caption } from '../words.ts';
import { matchView } from './code.ts';
import { thumbnail } from './thumbnail.ts';

/** The distances in words. */
const WORDS: Readonly<Record<Distance, string>> = {
  aqd: 'by asymmetric distance',
  ip: 'by inner product, negated',
  sqd: 'by symmetric distance',
};

/** What the grid shows. */
export interface HitsContent {
  readonly answer: EdgeAnswer;
  /** The hits' items, in the hits' order. */
  readonly items: readonly EdgeItem[];
  readonly onPick: (item: EdgeItem) => void;
}

/** A list of buttons under a line that says what it is: each hit can be the next query. */
export function hitsView({ answer, items, onPick }: HitsContent): HTMLElement {
  const M = answer.code.length;
  // A line for labels on every card or on none, so that what stands below it is level.
  const labelled = answer.hits.some((hit) => hit.labels.length > 0);
  const list = h('ol', { class: 'hits' });
  answer.hits.forEach((hit, i) => {
    const item = items[i];
    const name = caption(hit.id);
    const distance = hit.distance.toFixed(3);
    const label = hit.labels.join(', ');
    const card = h(
      'button',
      {
        type: 'button',
        title: hit.id,
        'aria-label': `${i + 1}: ${name}${label ? `, ${label}` : ''}, distance ${distance}. Search by it.`,
        onclick: () => onPick(item),
      },
      thumbnail(item),
      h('span', { class: 'name' }, name),
      labelled && h('span', { class: 'labels' }, hit.labels.join(' · ')),
      h(
        'span',
        { class: 'measure' },
        h('span', { class: 'distance' }, distance),
        matchView(answer.code, answer.codes.subarray(i * M, (i + 1) * M)),
      ),
    );
    list.append(h('li', {}, card));
  });
  const head = h(
    'div',
    { class: 'head' },
    h('h2', { tabindex: -1 }, `The ${answer.hits.length} nearest`),
    h('span', { class: 'by' }, WORDS[answer.distance]),
  );
  return h('div', {}, head, list);
}
