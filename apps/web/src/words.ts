/** @file Numbers and names as people read them. */

import type { EdgeTimes } from '@dqn/edge';

/** 12345 → "12,345". */
export function count(n: number): string {
  return n.toLocaleString('en');
}

/** Bytes → "1.2 MB". */
export function bytes(n: number): string {
  if (n < 1000) return `${n} B`;
  if (n < 1e6) return `${(n / 1e3).toFixed(n < 1e4 ? 1 : 0)} kB`;
  return `${(n / 1e6).toFixed(n < 1e7 ? 1 : 0)} MB`;
}

/** The size of a code: "4 bytes", or "16 bits in 4 bytes" where codewords are fewer than a byte can number. */
export function codeSize({ M, K }: { readonly M: number; readonly K: number }): string {
  const stored = `${M} byte${M === 1 ? '' : 's'}`;
  return K === 256 ? stored : `${M * Math.log2(K)} bits in ${stored}`;
}

/** Milliseconds → "0.4 ms", "23 ms", "1.2 s". */
export function milliseconds(ms: number): string {
  if (ms >= 1000) return `${(ms / 1000).toFixed(1)} s`;
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}

/** Milliseconds of all stages of a search. */
export function totalOf(times: EdgeTimes): number {
  return Object.values<number>({ ...times }).reduce((sum, ms) => sum + ms);
}

/**
 * An id as a caption: the last part of a path without its ending, and of "1f1e9-1f1ea flag-de" the words.
 */
export function caption(id: string): string {
  const name = (id.split('/').pop() ?? id).replace(/\.(jpe?g|png|webp|gif|avif|bmp|tiff?|heic)$/i, '');
  return name.replace(/^[0-9a-f]{4,6}(-[0-9a-f]{4,6})* +/i, '').replace(/_/g, ' ');
}
