/** @file What the page is for, said to whoever sees it first. */

import type { EdgeInfo } from '@dqn/edge';
import { h, ICONS, icon } from '../dom.ts';
import { codeSize, count } from '../words.ts';

/** Three steps from a picture to what looks like it. */
export function welcomeView({ codebook, gallery }: EdgeInfo): HTMLElement {
  const step = (path: string, title: string, text: string): HTMLElement =>
    h('li', {}, icon(path), h('div', {}, h('b', {}, title), h('span', {}, text)));
  return h(
    'section',
    { class: 'welcome', 'aria-label': 'What this is' },
    h('h2', {}, 'Find pictures that look alike'),
    h(
      'ol',
      {},
      step(ICONS.camera, 'Show a picture', 'Drop, paste, choose or photograph one, or tap one below.'),
      step(
        ICONS.code,
        `It becomes ${codeSize(codebook)}`,
        'A network in this tab describes it. It never leaves your device.',
      ),
      step(
        ICONS.grid,
        'See the nearest',
        gallery
          ? `Out of ${count(gallery.count)} pictures, in the blink of an eye. Tap any to go on from it.`
          : 'Out of your own pictures: add some above, under the name of this gallery.',
      ),
    ),
  );
}
