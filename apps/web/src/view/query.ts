/** @file The query: choose, drop, paste or photograph a picture. */

import { button, h, ICONS, icon, iconButton } from '../dom.ts';
import { standsOnWhite } from './thumbnail.ts';

/** What comes in. */
export interface QueryOptions {
  /** A picture to search by, however it came. */
  readonly onPicture: (file: File) => void;
  /** Several files, or a folder, were dropped. */
  readonly onMany: (entries: readonly FileSystemEntry[]) => void;
  /** A .gallery file was dropped. */
  readonly onGallery: (file: File) => void;
  readonly onCamera: () => void;
}

/** What a running camera can be told. */
export interface CameraControls {
  readonly video: HTMLVideoElement;
  readonly onUse: () => void;
  readonly onStop: () => void;
  /** Given where there are several cameras. */
  readonly onFlip?: (() => void) | undefined;
}

/** The query's card. */
export interface QueryView {
  readonly element: HTMLElement;
  /** Shows a picture, or that there is none; `about` is its caption. */
  show(picture: Blob | null, about: string): void;
  /** Shows a camera instead of a picture, or no longer. */
  live(camera: CameraControls | undefined): void;
  /** A line below the picture. */
  say(about: string): void;
  /** Takes pictures only where there is something to search. */
  enable(enabled: boolean): void;
}

/** Builds the card and listens on the whole page for dropped and pasted pictures. */
export function queryView({ onPicture, onMany, onGallery, onCamera }: QueryOptions): QueryView {
  let enabled = false;
  const take = (file: File | undefined): boolean => {
    if (file && enabled) onPicture(file);
    return file !== undefined && enabled;
  };
  const input = h('input', {
    type: 'file',
    accept: 'image/*',
    id: 'file',
    'aria-label': 'Choose a picture',
    disabled: true,
    onchange: () => {
      take(input.files?.[0]);
      input.value = '';
    },
  });
  const picture = h('img', { alt: '', hidden: true });
  const hint = h('span', { class: 'hint' }, icon(ICONS.picture), h('span', {}, 'Drop a picture here'));
  const stage = h('label', { class: 'stage', for: 'file' }, picture, hint);
  const about = h('p', { class: 'about' }, '');
  const choose = h('label', { class: 'button', for: 'file', title: 'Choose a picture' }, icon(ICONS.picture), 'Choose');
  const camera = button('', onCamera, { class: 'button second' });
  camera.append(icon(ICONS.camera), 'Camera');
  const tip = h(
    'p',
    { class: 'tip' },
    'or drop one anywhere, or paste one: ',
    h('kbd', {}, /Mac|iP/.test(navigator.platform) ? '⌘' : 'Ctrl'),
    ' ',
    h('kbd', {}, 'V'),
  );
  const actions = h('div', { class: 'actions' }, choose, camera);
  const controls = h('div', { class: 'actions', hidden: true });
  const element = h(
    'section',
    { class: 'query empty', 'aria-label': 'Query' },
    h('div', { class: 'frame' }, stage),
    h('div', { class: 'choose' }, about, input, actions, controls, tip),
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
    const transfer = event.dataTransfer;
    if (!transfer || !enabled) return;
    // Entries are there only in the event's own turn.
    const entries = [...transfer.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
    const [file] = transfer.files;
    if (entries.length > 1 || entries[0]?.isDirectory) onMany(entries);
    else if (file?.name.endsWith('.gallery')) onGallery(file);
    else take(file);
  });
  addEventListener('paste', (event) => {
    if (take(event.clipboardData?.files[0])) event.preventDefault();
  });

  /** What isn't a picture leaves the box as it was at first, without the browser's icon of a broken one. */
  const settle = (drawn: boolean): void => {
    picture.hidden = !drawn;
    hint.hidden = drawn;
    stage.classList.toggle('filled', drawn);
    stage.classList.toggle('photo', drawn && !standsOnWhite(picture));
  };

  return {
    element,
    show(blob, text) {
      about.textContent = text;
      element.classList.toggle('empty', !blob && !text);
      if (!blob) {
        settle(false);
        return;
      }
      const url = URL.createObjectURL(blob);
      const done = (drawn: boolean): void => {
        URL.revokeObjectURL(url);
        settle(drawn);
      };
      picture.onload = () => done(true);
      picture.onerror = () => done(false);
      picture.src = url;
      picture.alt = `The query: ${text}`;
    },
    say(text) {
      about.textContent = text;
    },
    live(running) {
      const had = controls.contains(document.activeElement);
      element.classList.toggle('live', running !== undefined);
      element.querySelector('video')?.remove();
      actions.hidden = running !== undefined;
      controls.hidden = running === undefined;
      tip.hidden = running !== undefined;
      if (running) {
        stage.before(running.video);
        const use = button('Use this picture', running.onUse, { class: 'button' });
        controls.replaceChildren(
          use,
          ...(running.onFlip ? [iconButton(ICONS.flip, 'Other camera', running.onFlip)] : []),
          iconButton(ICONS.close, 'Stop the camera', running.onStop),
        );
        use.focus();
      } else {
        controls.replaceChildren();
        if (had) camera.focus();
      }
    },
    enable(now) {
      enabled = now;
      input.disabled = !now;
      camera.disabled = !now;
      element.classList.toggle('ready', now);
    },
  };
}
