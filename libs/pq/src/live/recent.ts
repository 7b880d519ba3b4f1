/**
 * @file Filters that were used lately, known again by what they hold: a filter that comes again is worth more work than
 * one that comes once.
 */
import { checkIds } from './ids.ts';
import { LabelFilter } from './label-filter.ts';

/**
 * Which items a search may find: the items with these ids (each has to be there), those whose bit is set (bit id & 31
 * of word id >>> 5; ids behind its end are left out), or those with a label (`createLabels`).
 *
 * The last four are known again by what they hold. A new one is made ready by the first search that is given it:
 * for `ids`, of a million items some 50 ms, for the first of all up to 150. Labels needn't be compared: they are known as
 * they are.
 */
export type Filter = { readonly ids: Uint32Array | Iterable<number> } | { readonly bitmap: Uint32Array } | LabelFilter;

/** What a filter holds: its own copy, so that the caller may change theirs. */
export interface FilterContent {
  readonly kind: 'ids' | 'bitmap' | 'label';
  /** Ids, or a bitmap. */
  readonly values: Uint32Array;
}

/** A filter and what was made of it. */
export interface RecentFilter<Made> {
  readonly content: FilterContent;
  made: Made;
}

/** The last few filters. */
export class RecentFilters<Made> {
  /** The one used last stands last. */
  readonly #entries: RecentFilter<Made>[] = [];
  readonly #most: number;
  readonly #onForgotten: (made: Made) => void;

  constructor(most: number, onForgotten: (made: Made) => void) {
    this.#most = most;
    this.#onForgotten = onForgotten;
  }

  /** Bytes of the copies. */
  get bytes(): number {
    return this.#entries.reduce(
      (sum, { content }) => sum + (content.kind === 'label' ? 0 : content.values.byteLength),
      0,
    );
  }

  /** The entry of a filter with the same content; made where there is none. */
  get(content: FilterContent, make: () => Made): RecentFilter<Made> {
    const index = this.#entries.findLastIndex((entry) => same(entry.content, content));
    if (index >= 0) {
      const [entry] = this.#entries.splice(index, 1);
      this.#entries.push(entry);
      return entry;
    }
    // A label's list doesn't change.
    const own = content.kind === 'label' ? content : { ...content, values: content.values.slice() };
    const entry = { content: own, made: make() };
    this.#entries.push(entry);
    if (this.#entries.length > this.#most) this.#onForgotten(this.#entries.shift()!.made);
    return entry;
  }
}

/** What a filter holds, of ids below 32 · words. @throws PqError `BAD_OPTION` for what can't be ids */
export function contentOf(filter: Filter, words: number): FilterContent | undefined {
  if (typeof filter !== 'object' || filter === null) return undefined;
  if (filter instanceof LabelFilter) return { kind: 'label', values: filter.ids };
  if ('bitmap' in filter) {
    return filter.bitmap instanceof Uint32Array
      ? { kind: 'bitmap', values: filter.bitmap.subarray(0, words) }
      : undefined;
  }
  return 'ids' in filter ? { kind: 'ids', values: checkIds(filter.ids) } : undefined;
}

function same(a: FilterContent, b: FilterContent): boolean {
  if (a.kind !== b.kind || a.values.length !== b.values.length) return false;
  return a.kind === 'label' ? a.values === b.values : equal(a.values, b.values);
}

function equal(a: Uint32Array, b: Uint32Array): boolean {
  const { length } = a;
  const whole = length & ~7;
  for (let i = 0; i < whole; i += 8) {
    const differs =
      (a[i] ^ b[i]) |
      (a[i + 1] ^ b[i + 1]) |
      (a[i + 2] ^ b[i + 2]) |
      (a[i + 3] ^ b[i + 3]) |
      (a[i + 4] ^ b[i + 4]) |
      (a[i + 5] ^ b[i + 5]) |
      (a[i + 6] ^ b[i + 6]) |
      (a[i + 7] ^ b[i + 7]);
    if (differs !== 0) return false;
  }
  for (let i = whole; i < length; i++) if (a[i] !== b[i]) return false;
  return true;
}
