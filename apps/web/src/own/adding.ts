/** @file Own pictures: added with progress and cancel, taken in and out as files, looked through. Loaded when wanted. */

import type { EdgeItem, EdgeRetriever } from '@dqn/edge';
import { adviceFor } from '../advice.ts';
import { button, h, ICONS, iconButton } from '../dom.ts';
import { thumbnail } from '../view/thumbnail.ts';
import type { Tray } from '../view/tray.ts';
import { caption, count } from '../words.ts';
import { chosenFiles, droppedFiles, type Found, labelOf, type Pictures } from './files.ts';

export { chosenFiles, droppedFiles };

/** How many refused files are named. */
const NAMED = 50;

/** Own pictures shown at a time. */
const PAGE = 96;

/** Adds pictures; the tray says how far it is, how it ended, and lets it be ended. */
export async function addPictures(retriever: EdgeRetriever, tray: Tray, { pictures, others }: Pictures): Promise<void> {
  if (pictures.length === 0) {
    tray.say(others > 0 ? `None of the ${files(others)} is a picture.` : 'There is no file in it.', [], 8);
    return;
  }
  const stop = new AbortController();
  const cancel = (): void => stop.abort();
  const began = performance.now();
  let dealtWith = 0;
  const tell = (done: number, total: number): void => {
    dealtWith = done;
    const rate = (1000 * done) / (performance.now() - began);
    const left = done > 8 ? `, ${timeLeft((total - done) / rate)}` : '';
    tray.progress(`Adding ${count(done)} of ${count(total)}${left}`, done / total, cancel);
  };
  tell(0, pictures.length);
  try {
    const items = pictures.map(({ file, path }) => ({ id: path, picture: file, labels: labelOf(path) }));
    const { ids, rejected } = await retriever.add(items, {
      signal: stop.signal,
      onProgress: ({ done, total }) => tell(done, total),
    });
    const left = rejected.length + others;
    const text = `${pictureCount(ids.length)} added${left > 0 ? `; ${files(left)} left out` : ''}.`;
    const reasons = rejected.map(({ index, message }) => [pictures[index].path, message] as const);
    tray.say(
      text,
      reasons.length > 0 ? [{ text: 'Why', act: () => showReasons(reasons) }] : [],
      reasons.length ? 0 : 6,
    );
  } catch (error) {
    if (stop.signal.aborted)
      tray.say(`Stopped at ${count(dealtWith)} of ${count(pictures.length)}. What was added stays.`, [], 8);
    else tray.say(sentence(error));
  }
}

/** Asks what to do with several dropped files. */
export async function offerDropped(
  retriever: EdgeRetriever,
  tray: Tray,
  entries: readonly FileSystemEntry[],
  onFirst: (found: Found) => void,
): Promise<void> {
  tray.say('Looking through what was dropped …');
  try {
    const found = await droppedFiles(entries);
    const [first] = found.pictures;
    if (!first) return addPictures(retriever, tray, found);
    tray.say(pictureCount(found.pictures.length), [
      { text: 'Add to mine', act: () => void addPictures(retriever, tray, found) },
      { text: 'Search by the first', act: () => onFirst(first) },
    ]);
  } catch (error) {
    tray.say(`This folder can't be read: ${sentence(error)}`);
  }
}

/** Hands one's own pictures out as a .gallery file. */
export async function saveGallery(retriever: EdgeRetriever, tray: Tray): Promise<void> {
  try {
    const url = URL.createObjectURL(await retriever.exportGallery());
    h('a', { href: url, download: 'my-pictures.gallery' }).click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
    tray.say('Saved as my-pictures.gallery: the server and `dqn search` open it, and so does this page.', [], 8);
  } catch (error) {
    tray.say(`Your pictures can't be saved: ${sentence(error)}`);
  }
}

/** Takes the items of a .gallery file in. */
export async function openGallery(retriever: EdgeRetriever, tray: Tray, file: File): Promise<void> {
  const stop = new AbortController();
  const cancel = (): void => stop.abort();
  tray.progress(`Reading ${file.name}`, 0, cancel);
  try {
    const { ids } = await retriever.importGallery(file, {
      signal: stop.signal,
      onProgress: ({ done, total }) => tray.progress(`Reading ${file.name}`, total ? done / total : 0, cancel),
    });
    tray.say(`${pictureCount(ids.length)} of ${file.name} are yours now.`, [], 6);
  } catch (error) {
    if (stop.signal.aborted) tray.say('Stopped.', [], 4);
    else tray.say(`${file.name} can't be taken in: ${sentence(error)}`);
  }
}

/** Where a grid leads to. */
export interface GridOptions {
  readonly onPick: (item: EdgeItem) => void;
  /** To what was asked before. */
  readonly onBack: () => void;
}

/** One's own pictures, the newest first, each with a way to remove it. */
export function ownGrid(retriever: EdgeRetriever, tray: Tray, { onPick, onBack }: GridOptions): HTMLElement {
  const list = h('ol', { class: 'hits own' });
  const more = button('Show more', () => void next(), { class: 'quiet' });
  const foot = h('p', { class: 'more-hits', hidden: true }, more);
  const remove = async (id: string, card: HTMLElement): Promise<void> => {
    try {
      await retriever.remove([id]);
      const beside = (card.nextElementSibling ?? card.previousElementSibling)?.querySelector('button');
      card.remove();
      beside?.focus();
    } catch (error) {
      tray.say(`${caption(id)} can't be removed: ${sentence(error)}`);
    }
  };
  async function next(): Promise<void> {
    try {
      const items = await retriever.ownItems({ offset: list.children.length, limit: PAGE });
      for (const item of items) {
        const name = caption(item.id);
        const pick = button(thumbnail(item), () => onPick(item), {
          class: 'pick',
          title: item.id,
        });
        pick.append(h('span', { class: 'name' }, name), h('span', { class: 'labels' }, item.labels.join(' · ')));
        const card: HTMLElement = h(
          'li',
          {},
          pick,
          iconButton(ICONS.close, `Remove ${name}`, () => void remove(item.id, card)),
        );
        list.append(card);
      }
      foot.hidden = items.length < PAGE;
    } catch (error) {
      tray.say(sentence(error));
    }
  }
  void next();
  const leave = iconButton(ICONS.close, 'Back to what was found', onBack);
  const head = h('div', { class: 'head' }, h('h2', { tabindex: -1 }, 'Your pictures'), leave);
  return h('div', {}, head, list, foot);
}

function showReasons(reasons: readonly (readonly [path: string, message: string])[]): void {
  const dialog = h(
    'dialog',
    { class: 'sheet', 'aria-labelledby': 'reasons-title' },
    h(
      'header',
      {},
      h('h2', { id: 'reasons-title' }, 'Left out'),
      iconButton(ICONS.close, 'Close', () => dialog.close()),
    ),
    h(
      'dl',
      { class: 'reasons' },
      ...reasons.slice(0, NAMED).flatMap(([path, message]) => [h('dt', {}, path), h('dd', {}, message)]),
    ),
    reasons.length > NAMED && h('p', {}, `and ${count(reasons.length - NAMED)} more`),
  );
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

function sentence(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const advice = adviceFor(error);
  return advice ? `${message} ${advice}` : message;
}

const pictureCount = (n: number): string => `${count(n)} picture${n === 1 ? '' : 's'}`;
const files = (n: number): string => `${count(n)} file${n === 1 ? '' : 's'}`;

function timeLeft(seconds: number): string {
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))} s left`;
  return `${Math.round(seconds / 60)} min left`;
}
