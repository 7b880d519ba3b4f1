/** @file A handful of the gallery's own pictures to begin with. */

import type { EdgeItem } from '@dqn/edge';
import { h, ICONS, icon } from '../dom.ts';
import { caption } from '../words.ts';
import { thumbnail } from './thumbnail.ts';

/** The samples. */
export interface SamplesView {
  readonly element: HTMLElement;
  /** Draws other samples. */
  refill(): Promise<void>;
  /** Makes room for hits. */
  fold(): void;
}

/** What the samples need. */
export interface SamplesOptions {
  /** Fetches other samples. */
  readonly draw: () => Promise<readonly EdgeItem[]>;
  readonly onPick: (item: EdgeItem) => void;
  /** Others couldn't be fetched. */
  readonly onError: (error: Error) => void;
}

/** A wall of sample queries, folded to a strip once there are hits to look at. */
export function samplesView({ draw, onPick, onError }: SamplesOptions): SamplesView {
  const strip = h('ul', { class: 'strip wall' });
  // A folded strip shows its first line alone: what wraps below it is clipped, so no key may lead there. Where the
  // strip scrolls instead of wrapping, all stand in one line and stay.
  const dropClipped = (): void => {
    const tiles = [...strip.children] as HTMLElement[];
    const folded = !strip.classList.contains('wall');
    const clipped = tiles.map((tile) => folded && tile.offsetTop > tiles[0].offsetTop);
    tiles.forEach((tile, i) => {
      tile.inert = clipped[i];
    });
  };
  new ResizeObserver(dropClipped).observe(strip);
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
    dropClipped();
  };
  const again = h(
    'button',
    { type: 'button', class: 'quiet', onclick: () => void refill().catch(onError) },
    icon(ICONS.shuffle),
    'Others',
  );
  const head = h('div', { class: 'head' }, h('h2', {}, 'Or begin with one of these'), again);
  return {
    element: h('section', { class: 'samples', 'aria-label': 'Samples' }, head, strip),
    refill,
    fold: () => {
      strip.classList.remove('wall');
      dropClipped();
    },
  };
}
