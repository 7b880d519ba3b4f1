/** @file The corner: where the network runs and how long the last search took; more of both on demand. */

import type { EdgeInfo, EdgeTimes } from '@dqn/edge';
import { h, popover } from '../dom.ts';
import { milliseconds, totalOf } from '../words.ts';

/** The corner. */
export interface CornerView {
  readonly element: HTMLElement;
  /** What was opened, or what it has become. */
  info(info: EdgeInfo): void;
  times(times: EdgeTimes): void;
  /** Whether the page itself is kept for offline: empty, or why not. */
  page(refused: string): void;
}

/** A badge that opens a panel. */
export function cornerView(): CornerView {
  let last: EdgeInfo | undefined;
  let spentLast: EdgeTimes | undefined;
  let page: string | undefined;
  const light = h('i', { 'aria-hidden': 'true' });
  const where = h('span', { class: 'where' });
  const more = h('span', { class: 'more' });
  const took = h('span', { class: 'took' });
  const badge = h(
    'button',
    { type: 'button', class: 'badge', hidden: true, title: 'Times, and where the network runs' },
    light,
    where,
    more,
    took,
  );
  const spent = h('div', {});
  const reason = h('p', { class: 'reason' });
  const kept = h('p', { class: 'note' });
  const facts = h('div', {});
  const panel = h(
    'div',
    { class: 'panel', role: 'region', 'aria-label': 'Times and facts' },
    spent,
    reason,
    kept,
    facts,
  );
  popover(badge, panel);
  // What few look at is loaded when they do.
  const look = async (isOpen = panel.matches(':popover-open')): Promise<void> => {
    if (!isOpen) return;
    const { factsView, howKept, timesView, whereItRuns } = await import('./facts.ts');
    if (last) {
      reason.textContent = whereItRuns(last);
      kept.textContent = howKept(last, page);
      facts.replaceChildren(factsView(last));
    }
    if (spentLast) spent.replaceChildren(timesView(spentLast));
  };
  const lookAgain = (isOpen?: boolean): void => void look(isOpen).catch(() => undefined);
  panel.addEventListener('beforetoggle', () => lookAgain(true));
  return {
    element: h('div', { class: 'corner' }, badge, panel),
    info(info) {
      badge.hidden = false;
      const { provider, threads } = info;
      badge.className = `badge ${provider}`;
      where.textContent = provider === 'webgpu' ? 'WebGPU' : 'WebAssembly';
      more.textContent = provider === 'wasm' ? `${threads} thread${threads === 1 ? '' : 's'}` : '';
      last = info;
      lookAgain();
    },
    page(refused) {
      page = refused;
      lookAgain();
    },
    times(times) {
      spentLast = times;
      took.textContent = milliseconds(totalOf(times));
      badge.classList.add('timed');
      lookAgain();
    },
  };
}
