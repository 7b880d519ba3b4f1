/** @file Loading and failing, said in words. */

import type { EdgeProgress } from '@dqn/edge';
import { adviceFor } from '../advice.ts';
import { button, h } from '../dom.ts';
import { bytes } from '../words.ts';

const WORDS: Readonly<Record<EdgeProgress['stage'], string>> = {
  model: 'Fetching the model',
  gallery: 'Fetching the gallery',
  runtime: 'Starting the network',
  ready: 'Ready',
};

/** The progress of loading. */
export function loadingView(onCancel: () => void): { element: HTMLElement; progress: (step: EdgeProgress) => void } {
  const words = h('p', { role: 'status' }, 'Loading');
  const bar = h('progress', { max: 1, 'aria-label': 'Loading' });
  const element = h('div', { class: 'loading' }, words, bar, button('Cancel', onCancel, { class: 'quiet' }));
  const progress = ({ stage, loaded, total, stalled }: EdgeProgress): void => {
    const so = loaded > 0 ? `${WORDS[stage]}: ${bytes(loaded)}` : WORDS[stage];
    const seconds = Math.round(stalled / 1000);
    // The browser loads the runtime, and doesn't say how far it is.
    const why =
      stage === 'runtime' ? ', some megabytes' : `. Nothing has come for ${seconds} s: is the connection there?`;
    words.textContent = stalled > 0 ? so + why : so;
    if (stage === 'model' && total > 0) bar.value = loaded / total;
    else bar.removeAttribute('value');
  };
  return { element, progress };
}

/** An error: what failed, what to do, its code, and a way on. */
export function errorView(title: string, error: unknown, onRetry?: () => void): HTMLElement {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const message = error instanceof Error ? error.message : String(error);
  const advice = adviceFor(error);
  return h(
    'div',
    { class: 'error', role: 'alert' },
    h('h2', { tabindex: -1 }, title),
    h('p', {}, message),
    advice && h('p', { class: 'advice' }, advice),
    h(
      'p',
      { class: 'foot' },
      onRetry ? button('Try again', onRetry, { class: 'button' }) : null,
      code ? h('code', {}, code) : null,
    ),
  );
}
