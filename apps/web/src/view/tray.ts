/** @file A strip at the lower edge: what is going on, or a question, without standing in the way. */

import { button, h, ICONS, iconButton } from '../dom.ts';

/** Something that can be done. */
export interface Action {
  readonly text: string;
  readonly act: () => void;
}

/** The strip. */
export interface Tray {
  readonly element: HTMLElement;
  /** Says something; the first action is the one that is meant. `seconds` until it goes by itself. */
  say(text: string, actions?: readonly Action[], seconds?: number): void;
  /** Says how far something is; `share` from 0 to 1. */
  progress(text: string, share: number, onCancel: () => void): void;
  hide(): void;
}

/** Builds it, hidden. */
export function trayView(): Tray {
  const words = h('p', { role: 'status' });
  const bar = h('progress', { max: 1, 'aria-label': 'Progress' });
  const actions = h('div', { class: 'tray-actions' });
  const element = h('div', { class: 'tray', hidden: true }, words, bar, actions);
  let cancel: (() => void) | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const hide = (): void => {
    clearTimeout(timer);
    cancel = undefined;
    element.hidden = true;
  };
  return {
    element,
    hide,
    say(text, offered = [], seconds) {
      hide();
      element.hidden = false;
      bar.hidden = true;
      words.textContent = text;
      const then = (act: () => void) => (): void => {
        hide();
        act();
      };
      actions.replaceChildren(
        ...offered.map(({ text, act }, i) => button(text, then(act), { class: i === 0 ? 'button' : 'quiet' })),
        iconButton(ICONS.close, 'Dismiss', hide),
      );
      if (seconds) timer = setTimeout(hide, seconds * 1000);
    },
    progress(text, share, onCancel) {
      clearTimeout(timer);
      words.textContent = text;
      bar.value = share;
      if (cancel === onCancel) return;
      cancel = onCancel;
      element.hidden = false;
      bar.hidden = false;
      actions.replaceChildren(button('Cancel', onCancel, { class: 'quiet' }));
    },
  };
}
