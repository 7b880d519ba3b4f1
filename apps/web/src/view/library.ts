/** @file What is searched: a gallery out of the catalogue, and one's own pictures beside it. */

import type { EdgeRetriever } from '@dqn/edge';
import type { Entry } from '../catalogue.ts';
import { button, h, ICONS, icon, popover } from '../dom.ts';
import { bytes, count } from '../words.ts';

type OwnState = NonNullable<EdgeRetriever['own']>;

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
  const choices = h('fieldset', { class: 'choices' });
  const said = h('p', { class: 'note' });
  const trouble = h('p', { class: 'trouble', hidden: true });
  const close = (act: () => void) => (): void => {
    panel.hidePopover();
    act();
  };
  /** A button that opens the system's dialog for files. */
  const picker = (text: string, path: string, properties: object, take: (files: FileList) => void) => {
    const input = h('input', {
      type: 'file',
      hidden: true,
      ...properties,
      onchange: () => {
        if (input.files?.length) close(() => take(input.files!))();
        input.value = '';
      },
    });
    const opens = button(icon(path), () => input.click(), { class: 'row' });
    opens.append(text);
    return { input, element: h('div', {}, input, opens) };
  };
  const pictures = picker('Add pictures', ICONS.picture, { accept: 'image/*', multiple: true }, options.onAdd);
  const folder = picker('Add a folder', ICONS.folder, { webkitdirectory: true }, options.onAdd);
  folder.element.hidden = !('webkitdirectory' in folder.input) || matchMedia('(pointer: coarse)').matches;
  const open = picker('Open a .gallery file', ICONS.up, { accept: '.gallery' }, ([file]) => options.onOpen(file));
  const row = (text: string, path: string, act: () => void) => {
    const element = button(icon(path), close(act), { class: 'row' });
    element.append(text);
    return element;
  };
  const filled = h(
    'div',
    {},
    row('Look through them', ICONS.grid, options.onLook),
    row('Save as a .gallery file', ICONS.save, options.onSave),
    row('Remove all', ICONS.close, options.onClear),
  );
  const mine = h(
    'section',
    { class: 'mine', 'aria-label': 'Your pictures', hidden: true },
    h('h2', {}, 'Your pictures'),
    said,
    trouble,
    h('div', { class: 'rows' }, pictures.element, folder.element, open.element, filled),
  );
  const panel = h('div', { class: 'panel', role: 'region', 'aria-label': 'What is searched' }, choices, mine);
  popover(opener, panel);
  return {
    element: h('div', { class: 'library' }, opener, panel),
    offer(entries) {
      choices.hidden = entries.length < 2;
      choices.replaceChildren(
        h('legend', {}, 'Search in'),
        ...entries.map((entry) => {
          const onchange = close(() => options.onChoose(entry));
          const box = h('input', { type: 'radio', name: 'gallery', value: entry.name, onchange });
          return h('label', {}, box, entry.title);
        }),
      );
    },
    chosen(entry) {
      opener.hidden = false;
      name.textContent = entry.title;
      for (const box of choices.querySelectorAll('input')) box.checked = box.value === entry.name;
    },
    own(state) {
      mine.hidden = state === undefined;
      plus.textContent = state?.count ? `+ ${count(state.count)}` : '';
      if (!state) return;
      filled.hidden = state.count === 0;
      said.textContent =
        state.count === 0
          ? 'None yet. What you add is described here, found beside the gallery, and never leaves this device.'
          : `${count(state.count)} picture${state.count === 1 ? '' : 's'}, ${bytes(state.bytes)}. ${keptFor(state)}`;
      trouble.hidden = !state.trouble;
      trouble.textContent = state.trouble?.message ?? '';
    },
  };
}

function keptFor({ kept, persisted }: OwnState): string {
  if (!kept) return 'They last until this page is closed: save them as a file.';
  if (persisted) return 'Kept in this browser.';
  return 'Kept in this browser, as long as the device has room: save what is dear to you as a file.';
}
