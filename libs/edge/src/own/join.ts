/** @file One answer from two: what is nearest of a downloaded gallery and of own pictures, whose rows follow behind. */
import type { Hit, SearchFilter } from '@dqn/runtime';
import type { OwnFilter } from './items.ts';

/** A filter that also tells the two apart. */
export interface EdgeFilter extends SearchFilter {
  /** true: only own pictures; false: only those of the gallery. */
  readonly own?: boolean | undefined;
}

/** What tells where a label or an id belongs. */
export interface Sides {
  /** Names of the gallery's classes. */
  readonly classes: readonly string[];
  /** Own pictures have rows from here on. */
  readonly first: number;
  ownHasLabel(label: string): boolean;
  ownHasId(id: string): boolean;
}

/** A filter for each side; undefined where that side has nothing that passes. */
export interface SplitFilter {
  readonly gallery: SearchFilter | undefined;
  readonly own: OwnFilter | undefined;
}

/**
 * Parts a filter. Labels and ids that neither side knows stay with the gallery, which says so; an id that an own picture
 * has means that one.
 */
export function splitFilter({ own, labels, ids, rows }: EdgeFilter, sides: Sides): SplitFilter {
  const { first } = sides;
  const known = new Set(sides.classes);
  const ownLabels = labels?.filter((label) => sides.ownHasLabel(label));
  const galleryLabels = labels?.filter((label) => known.has(label) || !ownLabels!.includes(label));
  const ownIds = ids?.filter((id) => sides.ownHasId(id));
  const galleryIds = ids?.filter((id) => !ownIds!.includes(id));
  const slots = rows && Array.from(rows, (row) => row - first).filter((slot) => slot >= 0);
  const galleryRows = rows && Array.from(rows).filter((row) => row < first);
  return {
    gallery: own === true ? undefined : passing({ labels: galleryLabels, ids: galleryIds, rows: galleryRows }),
    own: own === false ? undefined : passing({ labels: ownLabels, ids: ownIds, slots }),
  };
}

/** The k nearest of both, each ascending by (distance, row); of equally near ones those of the gallery come first. */
export function joinHits<H extends Pick<Hit, 'distance'>>(gallery: readonly H[], own: readonly H[], k: number): H[] {
  const joined: H[] = [];
  for (let i = 0, j = 0; joined.length < k && (i < gallery.length || j < own.length); ) {
    const isOwn = i === gallery.length || (j < own.length && own[j].distance < gallery[i].distance);
    joined.push(isOwn ? own[j++] : gallery[i++]);
  }
  return joined;
}

/** A filter with an empty list passes nothing: then that side needn't be asked. */
function passing<F extends object>(filter: F): F | undefined {
  return Object.values(filter).some((list) => list !== undefined && list.length === 0) ? undefined : filter;
}
