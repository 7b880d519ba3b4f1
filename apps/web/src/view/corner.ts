/** @file The corner: where the network runs and how long the last search took; more of both on demand. */

import type { EdgeInfo, EdgeTimes } from '@dqn/edge';
import { h, popover } from '../dom.ts';
import { milliseconds } from '../words.ts';
import { factsView, whereItRuns } from './facts.ts';
import { timesView, totalOf } from './times.ts';

/** The corner. */
export interface CornerView {
  readonly element: HTMLElement;
  /** What was opened, or what it has become. */
  info(info: EdgeInfo): void;
  times(times: EdgeTimes): void;
}

/** A badge that opens a panel. */
export function cornerView(): CornerView {
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
  const facts = h('div', {});
  const panel = h('div', { class: 'panel', role: 'region', 'aria-label': 'Times and facts' }, spent, reason, facts);
  popover(badge, panel);
  return {
    element: h('div', { class: 'corner' }, badge, panel),
    info(info) {
      badge.hidden = false;
      const { provider, threads } = info;
      badge.className = `badge ${provider}`;
      where.textContent = provider === 'webgpu' ? 'WebGPU' : 'WebAssembly';
      more.textContent = provider === 'wasm' ? `${threads} thread${threads === 1 ? '' : 's'}` : '';
      reason.textContent = whereItRuns(info);
      facts.replaceChildren(factsView(info));
    },
    times(times) {
      took.textContent = milliseconds(totalOf(times));
      badge.classList.add('timed');
      spent.replaceChildren(timesView(times));
    },
  };
}
