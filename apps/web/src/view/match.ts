/** @file What matched: a hit beside the query, codeword by codeword. */

import type { EdgeItem } from '@dqn/edge';
import { button, h, ICONS, iconButton } from '../dom.ts';
import { caption } from '../words.ts';
import { type Compared, hexWord, sameWords } from './code.ts';
import { thumbnail } from './thumbnail.ts';

/** What the dialog shows and offers. */
export interface MatchContent {
  readonly item: EdgeItem;
  readonly distance: number;
  /** The query's code, [M]. */
  readonly code: Uint8Array;
  readonly hit: Compared;
  readonly K: number;
  /** The query's picture; null where it has none. */
  readonly query: Blob | null;
  readonly onPick: () => void;
  readonly onLabel: (label: string) => void;
  /** Given for a picture of one's own. */
  readonly onRemove?: (() => void) | undefined;
}

/** Opens the dialog; it closes by its buttons, by Escape and by a click beside it. */
export function showMatch(content: MatchContent): void {
  const { item, distance, code, hit, K, query } = content;
  const name = caption(item.id);
  const same = sameWords(code, hit.code);
  const most = Math.max(...hit.parts.map(Math.abs), 1e-9);
  const rows = Array.from(code, (word, m) => {
    const bar = h('i', {});
    bar.style.width = `${(100 * Math.abs(hit.parts[m])) / most}%`;
    const mine = word === hit.code[m];
    return h(
      'tr',
      { class: mine ? 'same' : '' },
      h('th', { scope: 'row' }, String(m + 1)),
      h('td', {}, hexWord(word, K)),
      h('td', {}, hexWord(hit.code[m], K), h('span', { class: 'sr' }, mine ? ', the same' : '')),
      h('td', { class: 'part' }, h('span', { class: 'share', 'aria-hidden': 'true' }, bar), hit.parts[m].toFixed(3)),
    );
  });
  const then = (act: () => void) => (): void => {
    dialog.close();
    act();
  };
  const dialog = h(
    'dialog',
    { class: 'sheet match-sheet', 'aria-labelledby': 'match-title' },
    h(
      'header',
      {},
      h('h2', { id: 'match-title' }, name),
      iconButton(ICONS.close, 'Close', () => dialog.close()),
    ),
    h(
      'div',
      { class: 'pair' },
      h('figure', {}, thumbnail({ thumbnail: query, id: '?' }), h('figcaption', {}, 'Query')),
      h('figure', {}, thumbnail(item), h('figcaption', {}, 'Hit')),
    ),
    h(
      'p',
      {},
      `Of the ${code.length} codewords that the gallery keeps of this picture, ${same === 0 ? 'none is' : same === 1 ? 'one is' : `${same} are`} the query's own. Each adds its share to the distance; the shorter the bar, the better that part matches.`,
    ),
    h(
      'table',
      {},
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          ...['Part', 'Query', 'Hit', 'Share of the distance'].map((title) => h('th', { scope: 'col' }, title)),
        ),
      ),
      h('tbody', {}, ...rows),
      h('tfoot', {}, h('tr', {}, h('th', { scope: 'row', colspan: 3 }, 'Distance'), h('td', {}, distance.toFixed(3)))),
    ),
    item.labels.length > 0 &&
      h(
        'p',
        { class: 'chips' },
        ...item.labels.map((label) =>
          button(
            label,
            then(() => content.onLabel(label)),
            { class: 'chip', title: `Search among ${label} alone` },
          ),
        ),
      ),
    h('p', { class: 'id' }, h('code', {}, item.id)),
    h(
      'footer',
      {},
      button('Search by this', then(content.onPick), { class: 'button' }),
      content.onRemove && button('Remove from mine', then(content.onRemove), { class: 'quiet warn' }),
    ),
  );
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
