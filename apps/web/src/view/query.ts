/** @file The query: choose, drop or paste a picture. */

import { h, ICONS, icon } from '../dom.ts';

/** The query's card. */
export interface QueryView {
  readonly element: HTMLElement;
  /** Shows a picture; `about` is its caption. */
  show(picture: Blob, about: string): void;
  /** Takes pictures only once there is something to search. */
  enable(): void;
}

/**
 * Builds the card and listens on the whole page for dropped and pasted pictures.
 *
 * @param onPicture receives a file, however it came
 */
export function queryView(onPicture: (file: File) => void): QueryView {
  let enabled = false;
  const take = (files: Iterable<File> | null | undefined): boolean => {
    const [file] = files ?? [];
    if (!file || !enabled) return false;
    onPicture(file);
    return true;
  };
  const input = h('input', {
    type: 'file',
    accept: 'image/*',
    id: 'file',
    disabled: true,
    onchange: () => {
      take(input.files);
      input.value = '';
    },
  });
  const picture = h('img', { alt: '', hidden: true });
  const hint = h('span', { class: 'hint' }, icon(ICONS.picture), h('span', {}, 'Drop a picture here'));
  const stage = h('label', { class: 'stage', for: 'file' }, picture, hint);
  const about = h('p', { class: 'about' }, '');
  const choose = h('label', { class: 'button', for: 'file' }, 'Choose a picture');
  const tip = h(
    'p',
    { class: 'tip' },
    'or drop one anywhere, or paste one: ',
    h('kbd', {}, 'Ctrl'),
    ' ',
    h('kbd', {}, 'V'),
  );
  const element = h(
    'section',
    { class: 'query', 'aria-label': 'Query' },
    stage,
    h('div', { class: 'choose' }, about, input, choose, tip),
  );

  addEventListener('dragover', (event) => {
    event.preventDefault();
    document.body.classList.toggle('dropping', enabled);
  });
  addEventListener('dragleave', (event) => {
    if (!event.relatedTarget) document.body.classList.remove('dropping');
  });
  addEventListener('drop', (event) => {
    event.preventDefault();
    document.body.classList.remove('dropping');
    take(event.dataTransfer?.files);
  });
  addEventListener('paste', (event) => {
    if (take(event.clipboardData?.files)) event.preventDefault();
  });

  return {
    element,
    show(blob, text) {
      const url = URL.createObjectURL(blob);
      // What isn't a picture leaves the box as it was at first, without the browser's icon of a broken one.
      const settle = (drawn: boolean): void => {
        URL.revokeObjectURL(url);
        picture.hidden = !drawn;
        hint.hidden = drawn;
        stage.classList.toggle('filled', drawn);
      };
      picture.onload = () => settle(true);
      picture.onerror = () => settle(false);
      picture.src = url;
      picture.alt = `The query: ${text}`;
      about.textContent = text;
    },
    enable() {
      enabled = true;
      input.disabled = false;
      element.classList.add('ready');
    },
  };
}
