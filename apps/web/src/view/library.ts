/** @file What is searched: a gallery out of the catalogue, and one's own pictures beside it. */

import type { EdgeRetriever } from '@dqn/edge';
import type { Entry } from '../catalogue.ts';
import { button, h, ICONS, icon, popover } from '../dom.ts';
import { count } from '../words.ts';
import type { LibraryPanel, LibraryState } from './library-panel.ts';

export type OwnState = NonNullable<EdgeRetriever['own']>;

/** What the library is asked to do. */
export interface LibraryOptions {
  readonly onChoose: (entry: Entry) => void;
  /** Pictures to be added, chosen one by one or as a folder. */
  readonly onAdd: (files: FileList) => void;
  readonly onLook: () => void;
  readonly onSave: () => void;
  readonly onOpen: (file: File) => void;
  readonly onClear: () => void;
}

/** The library. */
export interface LibraryView {
  readonly element: HTMLElement;
  /** What can be chosen. */
  offer(entries: readonly Entry[]): void;
  /** What was chosen. */
  chosen(entry: Entry): void;
  /** One's own pictures; undefined while nothing is open. */
  own(state: OwnState | undefined): void;
}

/** A button that names what is open, and a panel to choose another and to add to it. */
export function libraryView(options: LibraryOptions): LibraryView {
  const name = h('span', {});
  const plus = h('b', { class: 'plus' });
  const opener = button('', () => undefined, { class: 'badge', title: 'What is searched', hidden: true });
  opener.append(icon(ICONS.folder), name, plus, icon(ICONS.down));
  const panel = h('div', { class: 'panel', role: 'region', 'aria-label': 'What is searched' });
  popover(opener, panel);
  let content: LibraryPanel | undefined;
  let state: LibraryState = { entries: [], chosen: undefined, own: undefined };
  panel.addEventListener('beforetoggle', () => void fill().catch(() => undefined));

  async function fill(): Promise<void> {
    const { libraryPanel } = await import('./library-panel.ts');
    if (content) return;
    content = libraryPanel(options, () => panel.hidePopover());
    panel.append(...content.elements);
    content.show(state);
  }

  function set(change: Partial<LibraryState>): void {
    state = { ...state, ...change };
    content?.show(state);
  }

  return {
    element: h('div', { class: 'library' }, opener, panel),
    offer: (entries) => set({ entries }),
    chosen(entry) {
      opener.hidden = false;
      name.textContent = entry.title;
      set({ chosen: entry });
    },
    own(own) {
      plus.textContent = own?.count ? `+ ${count(own.count)}` : '';
      set({ own });
    },
  };
}
