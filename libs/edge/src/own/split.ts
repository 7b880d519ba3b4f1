/**
 * @file A filter of a downloaded gallery and of own pictures, parted between the two. A chunk of its own, loaded when a
 * search is narrowed.
 */
import type { SearchFilter } from '@dqn/runtime';
import { EdgeError } from '../errors.ts';
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
 *
 * @throws EdgeError `BAD_OPTION` for what is no filter
 */
export function splitFilter(filter: EdgeFilter, sides: Sides): SplitFilter {
  checkFilter(filter);
  const { own, labels, ids, rows } = filter;
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

/** A filter with an empty list passes nothing: then that side needn't be asked. */
function passing<F extends object>(filter: F): F | undefined {
  return Object.values(filter).some((list) => list !== undefined && list.length === 0) ? undefined : filter;
}

const PARTS: readonly string[] = ['labels', 'ids', 'rows', 'own'];

function checkFilter(filter: EdgeFilter): void {
  for (const [name, value] of Object.entries(filter)) {
    const isRight = name === 'own' ? typeof value === 'boolean' : typeof value === 'object' && value !== null;
    if (value === undefined || (PARTS.includes(name) && isRight)) continue;
    const expected = 'labels, ids and rows as lists, and own as true or false';
    throw new EdgeError('BAD_OPTION', `The filter has ${name}: ${JSON.stringify(value)}; expected ${expected}.`);
  }
}
