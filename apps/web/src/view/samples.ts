/** @file A handful of the gallery's own pictures to begin with. */

import type { EdgeItem } from '@dqn/edge';
import { h, ICONS, icon } from '../dom.ts';
import { caption } from '../words.ts';
import { thumbnail } from './thumbnail.ts';

/** What the strip needs. */
export interface SamplesOptions {
  /** Fetches other samples. */
  readonly draw: () => Promise<readonly EdgeItem[]>;
  readonly onPick: (item: EdgeItem) => void;
}

/** A strip of sample queries; the returned function fills it anew. */
export function samplesView({ draw, onPick }: SamplesOptions): { element: HTMLElement; refill: () => Promise<void> } {
  const strip = h('ul', { class: 'strip' });
  const refill = async (): Promise<void> => {
    const items = await draw();
    strip.replaceChildren(
      ...items.map((item) =>
        h(
          'li',
          {},
          h(
            'button',
            {
              type: 'button',
              title: caption(item.id),
              'aria-label': `Search by ${caption(item.id)}`,
              onclick: () => onPick(item),
            },
            thumbnail(item),
          ),
        ),
      ),
    );
  };
  const again = h(
    'button',
    { type: 'button', class: 'quiet', onclick: () => void refill() },
    icon(ICONS.shuffle),
    'Others',
  );
  const head = h('div', { class: 'head' }, h('h2', {}, 'Or begin with one of these'), again);
  return { element: h('section', { class: 'samples', 'aria-label': 'Samples' }, head, strip), refill };
}
