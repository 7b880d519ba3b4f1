/** @file The list of labels to tick, and a box for one's own pictures. Loaded when the filter is opened. */

import { h } from '../dom.ts';
import { count } from '../words.ts';
import type { Wanted } from './filter.ts';

/** Labels listed at a time; typing finds the rest. */
const LISTED = 100;
/** More are found by typing, too. */
const FEW = 12;

/** What there is, and what of it is ticked. */
export interface Labels extends Wanted {
  readonly classes: readonly string[];
  /** Whether there are pictures of one's own. */
  readonly mine: boolean;
}

/** The list. */
export interface LabelList {
  readonly elements: readonly HTMLElement[];
  show(labels: Labels): void;
}

/** What is ticked is told, and comes back by `show`. */
export function labelList(onLabel: (label: string) => void, onOwn: (own: boolean) => void): LabelList {
  let shown: Labels = { classes: [], labels: [], own: false, mine: false };
  const find = h('input', {
    type: 'search',
    placeholder: 'Find a label',
    'aria-label': 'Find a label',
    oninput: () => list(),
  });
  const boxes = h('ul', { class: 'boxes' });
  const ownBox = h('input', { type: 'checkbox', onchange: () => onOwn(ownBox.checked) });
  const ownLine = h('p', { class: 'boxes only-own', hidden: true }, h('label', {}, ownBox, 'Only your pictures'));
  const note = h('p', { class: 'note' });

  function list(): void {
    const { classes, labels } = shown;
    const wanted = find.value.trim().toLowerCase();
    const found = classes.filter((label) => label.toLowerCase().includes(wanted));
    boxes.replaceChildren(
      ...found.slice(0, LISTED).map((label) => {
        const box = h('input', { type: 'checkbox', onchange: () => onLabel(label) });
        box.checked = labels.includes(label);
        return h('li', {}, h('label', {}, box, label));
      }),
    );
    const rest = found.length - LISTED;
    const more = rest > 0 ? `${count(rest)} more: type to find` : '';
    note.textContent = classes.length > 0 && found.length === 0 ? 'No label of that name' : more;
  }

  return {
    elements: [ownLine, find, boxes, note],
    show(labels) {
      const same = labels.classes === shown.classes;
      shown = labels;
      ownBox.checked = labels.own;
      ownLine.hidden = !labels.mine;
      find.hidden = labels.classes.length <= FEW;
      // Boxes that stay keep the focus.
      if (!same) list();
      for (const box of boxes.querySelectorAll('input'))
        box.checked = labels.labels.includes(box.parentElement?.textContent ?? '');
    },
  };
}
