/** @file The hits as a grid of pictures. */

import type { Distance, EdgeAnswer, EdgeItem } from '@dqn/edge';
import { arrowKeys, button, h } from '../dom.ts';
import { caption } from '../words.ts';
import { matchMarks, sameWords } from './code.ts';
import { thumbnail } from './thumbnail.ts';

/** The distances in words. */
const WORDS: Readonly<Record<Distance, string>> = {
  aqd: 'by asymmetric distance',
  ip: 'by inner product, negated',
  sqd: 'by symmetric distance',
};

/** What a hit can be used for; `i` counts the answer's hits from 0. */
export interface HitsOptions {
  readonly onPick: (item: EdgeItem) => void;
  readonly onWhy: (i: number) => void;
  /** A hit is pointed at, or no longer. */
  readonly onPoint: (i: number | undefined) => void;
  readonly onMore: () => void;
}

/** The grid. */
export interface HitsView {
  readonly element: HTMLElement;
  /**
   * Shows an answer.
   *
   * @param items the hits', in their order
   * @param more whether there may be further ones
   * @param nothing what to say where there is no hit
   */
  show(answer: EdgeAnswer, items: readonly EdgeItem[], more: boolean, nothing: string): void;
}

/**
 * A list under a line that says what it is: each hit can be the next query. Cards of pictures that are found again
 * stay, so that a live camera's hits move and don't flicker.
 *
 * @param tools stand at the right of the line
 */
export function hitsView(tools: readonly HTMLElement[], options: HitsOptions): HitsView {
  const title = h('h2', { tabindex: -1 });
  const by = h('span', { class: 'by' });
  const list = h('ol', { class: 'hits' });
  const foot = h('p', { class: 'more-hits' }, button('Show more', options.onMore, { class: 'quiet' }));
  const none = h('p', { class: 'nothing' });
  const head = h('div', { class: 'head' }, title, by, h('div', { class: 'tools' }, ...tools));
  const element = h('div', {}, head, none, list, foot);
  let cards = new Map<number, Card>();
  arrowKeys(list, '.pick');
  const indexOf = (event: Event): number | undefined => {
    const card = (event.target as Element).closest('li');
    return card ? [...list.children].indexOf(card) : undefined;
  };
  // A finger points at nothing: what it touches it means.
  list.addEventListener('pointerover', (event) => event.pointerType === 'mouse' && options.onPoint(indexOf(event)));
  list.addEventListener('focusin', (event) => {
    if ((event.target as Element).matches(':focus-visible')) options.onPoint(indexOf(event));
  });
  list.addEventListener('pointerleave', () => options.onPoint(undefined));
  list.addEventListener('focusout', () => options.onPoint(undefined));

  return {
    element,
    show(answer, items, more, nothing) {
      const { hits } = answer;
      const M = answer.code.length;
      title.textContent = hits.length === 0 ? 'Nothing found' : `The ${hits.length} nearest`;
      by.textContent = hits.length > 0 ? WORDS[answer.distance] : '';
      none.textContent = hits.length > 0 ? '' : nothing;
      // A line for labels on every card or on none, so that what stands below it is level.
      const labelled = hits.some((hit) => hit.labels.length > 0);
      const kept = new Map<number, Card>();
      hits.forEach((hit, i) => {
        const known = cards.get(hit.row);
        const card = known?.item === items[i] ? known : newCard(items[i], labelled, options);
        card.update(i, hit.distance, answer.code, answer.codes.subarray(i * M, (i + 1) * M));
        kept.set(hit.row, card);
      });
      cards = kept;
      // A card that moves loses the keyboard's focus on the way.
      const held = document.activeElement;
      const within = list.contains(held);
      list.replaceChildren(...[...kept.values()].map((card) => card.element));
      if (within && held?.isConnected) (held as HTMLElement).focus({ preventScroll: true });
      foot.hidden = !more;
    },
  };
}

interface Card {
  readonly item: EdgeItem;
  readonly element: HTMLLIElement;
  update(i: number, distance: number, code: Uint8Array, hit: Uint8Array): void;
}

function newCard(item: EdgeItem, labelled: boolean, { onPick, onWhy }: HitsOptions): Card {
  const name = caption(item.id);
  const measure = h('span', { class: 'distance' });
  // Its name is what is seen of it, and then what isn't.
  const heard = h('span', { class: 'sr' });
  const pick = button('', () => onPick(item), { class: 'pick', title: item.id });
  pick.append(
    thumbnail(item),
    ...(item.own ? [h('span', { class: 'yours' }, 'Yours')] : []),
    h('span', { class: 'name' }, name),
    ...(labelled ? [h('span', { class: 'labels' }, item.labels.join(' · '))] : []),
    heard,
  );
  let at = 0;
  const why = button('', () => onWhy(at), { class: 'why' });
  return {
    item,
    element: h('li', {}, pick, why),
    update(i, distance, code, hit) {
      at = i;
      const text = distance.toFixed(3);
      const same = `${sameWords(code, hit)} of ${code.length} codewords are the query's own`;
      heard.textContent = `, distance ${text}. Search by it.`;
      measure.textContent = text;
      why.title = `${same}: see what matched`;
      why.setAttribute('aria-label', `What matched in ${name}: distance ${text}, ${same}`);
      why.replaceChildren(measure, matchMarks(code, hit));
    },
  };
}
