/** @file Which labels may be found: a button with a list to tick, and what is ticked. */

import { button, h, ICONS, icon, popover } from '../dom.ts';
import type { LabelList } from './labels.ts';

/** What may be found: items with at least one of the labels, or all; of one's own pictures alone, or of all. */
export interface Wanted {
  readonly labels: readonly string[];
  readonly own: boolean;
}

/** The filter. */
export interface FilterView {
  readonly element: HTMLElement;
  /** What is ticked, one chip each; empty when nothing is. */
  readonly chips: HTMLElement;
  /** Which labels there are, and whether pictures of one's own. */
  offer(classes: readonly string[], own: boolean): void;
  /** Ticks these and no others; tells nobody. */
  set(wanted: Wanted): void;
}

/** @param onChange receives what is ticked from now on */
export function filterView(onChange: (wanted: Wanted) => void): FilterView {
  let classes: readonly string[] = [];
  let mine = false;
  let wanted: Wanted = { labels: [], own: false };
  let list: LabelList | undefined;
  const words = h('span', {}, 'All');
  const opener = button('', () => undefined, { class: 'quiet', hidden: true });
  opener.append(icon(ICONS.filter), words);
  const panel = h('div', { class: 'panel labels-panel', role: 'group', 'aria-label': 'What may be found' });
  popover(opener, panel);
  panel.addEventListener('beforetoggle', () => void fill().catch(() => undefined));
  const chips = h('p', { class: 'chips' });

  async function fill(): Promise<void> {
    const { labelList } = await import('./labels.ts');
    if (list) return;
    list = labelList(toggle, (own) => change({ ...wanted, own }));
    panel.append(...list.elements);
    draw();
  }

  function change(next: Wanted): void {
    wanted = next;
    draw();
    onChange(wanted);
  }

  function toggle(label: string): void {
    const { labels } = wanted;
    change({
      ...wanted,
      labels: labels.includes(label) ? labels.filter((other) => other !== label) : [...labels, label],
    });
  }

  function draw(): void {
    const { labels, own } = wanted;
    const many = `${labels.length} label${labels.length === 1 ? '' : 's'}`;
    words.textContent = [own && 'Yours', labels.length > 0 && many].filter(Boolean).join(', ') || 'All';
    opener.classList.toggle('active', own || labels.length > 0);
    list?.show({ ...wanted, classes, mine });
    chips.replaceChildren(
      ...labels.map((label) => {
        const chip = button(label, () => toggle(label), { class: 'chip on', 'aria-label': `No longer only ${label}` });
        chip.append(icon(ICONS.close));
        return chip;
      }),
    );
  }

  return {
    element: h('div', { class: 'filter' }, opener, panel),
    chips,
    offer(labels, own) {
      classes = labels;
      mine = own;
      opener.hidden = labels.length === 0 && !own;
      draw();
    },
    set(next) {
      wanted = next;
      draw();
    },
  };
}
