/** @file Which labels may be found: a list to tick, and what is ticked. */

import { button, h, ICONS, icon, popover } from '../dom.ts';
import { count } from '../words.ts';

/** Labels listed at a time; typing finds the rest. */
const LISTED = 100;

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
  let ticked: readonly string[] = [];
  let own = false;
  const words = h('span', {}, 'All');
  const opener = button('', () => undefined, { class: 'quiet', hidden: true });
  opener.append(icon(ICONS.filter), words);
  const find = h('input', {
    type: 'search',
    placeholder: 'Find a label',
    'aria-label': 'Find a label',
    oninput: () => list(),
  });
  const boxes = h('ul', { class: 'boxes' });
  const ownBox = h('input', {
    type: 'checkbox',
    onchange: () => {
      own = ownBox.checked;
      change(ticked);
    },
  });
  const ownLine = h('p', { class: 'boxes only-own', hidden: true }, h('label', {}, ownBox, 'Only your pictures'));
  const note = h('p', { class: 'note' });
  const panel = h(
    'div',
    { class: 'panel labels-panel', role: 'group', 'aria-label': 'What may be found' },
    ownLine,
    find,
    boxes,
    note,
  );
  popover(opener, panel);
  const chips = h('p', { class: 'chips' });

  const change = (labels: readonly string[]): void => {
    ticked = labels;
    draw();
    onChange({ labels: ticked, own });
  };
  const toggle = (label: string): void =>
    change(ticked.includes(label) ? ticked.filter((other) => other !== label) : [...ticked, label]);

  function list(): void {
    const wanted = find.value.trim().toLowerCase();
    const found = classes.filter((label) => label.toLowerCase().includes(wanted));
    boxes.replaceChildren(
      ...found.slice(0, LISTED).map((label) => {
        const box = h('input', { type: 'checkbox', onchange: () => toggle(label) });
        box.checked = ticked.includes(label);
        return h('li', {}, h('label', {}, box, label));
      }),
    );
    const rest = found.length - LISTED;
    note.textContent =
      classes.length > 0 && found.length === 0
        ? 'No label of that name'
        : rest > 0
          ? `${count(rest)} more: type to find`
          : '';
  }

  function draw(): void {
    ownBox.checked = own;
    const labels = `${ticked.length} label${ticked.length === 1 ? '' : 's'}`;
    words.textContent = [own && 'Yours', ticked.length > 0 && labels].filter(Boolean).join(', ') || 'All';
    opener.classList.toggle('active', own || ticked.length > 0);
    for (const box of boxes.querySelectorAll('input'))
      box.checked = ticked.includes(box.parentElement?.textContent ?? '');
    chips.replaceChildren(
      ...ticked.map((label) => {
        const chip = button(label, () => toggle(label), { class: 'chip on', 'aria-label': `No longer only ${label}` });
        chip.append(icon(ICONS.close));
        return chip;
      }),
    );
  }

  return {
    element: h('div', { class: 'filter' }, opener, panel),
    chips,
    offer(labels, mine) {
      classes = labels;
      opener.hidden = labels.length === 0 && !mine;
      ownLine.hidden = !mine;
      find.hidden = labels.length <= 12;
      list();
    },
    set(wanted) {
      ticked = wanted.labels;
      own = wanted.own;
      draw();
    },
  };
}
