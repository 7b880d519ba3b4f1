/** @file One answer from two: what is nearest of a downloaded gallery and of own pictures, whose rows follow behind. */
import type { Hit } from '@dqn/runtime';

/** The k nearest of both, each ascending by (distance, row); of equally near ones those of the gallery come first. */
export function joinHits<H extends Pick<Hit, 'distance'>>(gallery: readonly H[], own: readonly H[], k: number): H[] {
  const joined: H[] = [];
  for (let i = 0, j = 0; joined.length < k && (i < gallery.length || j < own.length); ) {
    const isOwn = i === gallery.length || (j < own.length && own[j].distance < gallery[i].distance);
    joined.push(isOwn ? own[j++] : gallery[i++]);
  }
  return joined;
}
