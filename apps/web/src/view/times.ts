/** @file Where the time went. */

import type { EdgeTimes } from '@dqn/edge';
import { h } from '../dom.ts';
import { milliseconds, totalOf } from '../words.ts';

/** The stages in their order, and what they are called here. */
const STAGES: readonly [keyof EdgeTimes, string][] = [
  ['decode', 'decode'],
  ['preprocess', 'resize'],
  ['network', 'network'],
  ['search', 'search'],
  ['names', 'names'],
];

/** A bar of the stages, and their times in words. */
export function timesView(times: EdgeTimes): HTMLElement {
  const total = totalOf(times);
  const bar = h('div', { class: 'bar', 'aria-hidden': 'true' });
  const list = h('dl', {});
  for (const [stage, name] of STAGES) {
    const part = h('i', { class: stage });
    // Shares that sum to 1 and more: less wouldn't fill the bar.
    part.style.flexGrow = String(Math.max(times[stage] / total, 0.01) || 1);
    bar.append(part);
    list.append(h('div', { class: stage }, h('dt', {}, name), h('dd', {}, milliseconds(times[stage]))));
  }
  const sum = h('p', { class: 'total' }, h('b', {}, milliseconds(total)), ' in all');
  return h('section', { class: 'times', 'aria-label': 'Times' }, sum, bar, list);
}
