/** @file The panel of the library: galleries to choose, one's own pictures to add to. Loaded when it is opened. */

import type { Entry } from '../catalogue.ts';
import { button, h, ICONS, icon } from '../dom.ts';
import { bytes, count } from '../words.ts';
import type { LibraryOptions, OwnState } from './library.ts';

const SAVE = 'M12 4v10M8 10.5l4 4 4-4M5 19h14';
const OPEN = 'M12 15V5M8 8.5l4-4 4 4M5 19h14';

/** What the panel shows. */
export interface LibraryState {
  /** What can be chosen. */
  readonly entries: readonly Entry[];
  readonly chosen: Entry | undefined;
  /** One's own pictures; undefined while nothing is open. */
  readonly own: OwnState | undefined;
}

/** The panel. */
export interface LibraryPanel {
  readonly elements: readonly HTMLElement[];
  show(state: LibraryState): void;
}

/** @param close closes the panel */
export function libraryPanel(options: LibraryOptions, close: () => void): LibraryPanel {
  let offered: readonly Entry[] = [];
  const choices = h('fieldset', { class: 'choices' });
  const said = h('p', { class: 'note' });
  const trouble = h('p', { class: 'trouble', hidden: true });
  const closing = (act: () => void) => (): void => {
    close();
    act();
  };
  /** A button that opens the system's dialog for files. */
  const picker = (text: string, path: string, properties: object, take: (files: FileList) => void) => {
    const input = h('input', {
      type: 'file',
      hidden: true,
      ...properties,
      onchange: () => {
        if (input.files?.length) closing(() => take(input.files!))();
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
  const open = picker('Open a .gallery file', OPEN, { accept: '.gallery' }, ([file]) => options.onOpen(file));
  const row = (text: string, path: string, act: () => void) => {
    const element = button(icon(path), closing(act), { class: 'row' });
    element.append(text);
    return element;
  };
  const filled = h(
    'div',
    {},
    row('Look through them', ICONS.grid, options.onLook),
    row('Save as a .gallery file', SAVE, options.onSave),
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
  return {
    elements: [choices, mine],
    show({ entries, chosen, own: state }) {
      if (entries !== offered) {
        offered = entries;
        choices.hidden = entries.length < 2;
        choices.replaceChildren(
          h('legend', {}, 'Search in'),
          ...entries.map((entry) => {
            const onchange = closing(() => options.onChoose(entry));
            const box = h('input', { type: 'radio', name: 'gallery', value: entry.name, onchange });
            return h('label', {}, box, entry.title);
          }),
        );
      }
      for (const box of choices.querySelectorAll('input')) box.checked = box.value === chosen?.name;
      mine.hidden = state === undefined;
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
