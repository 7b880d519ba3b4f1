/**
 * @file Filters: which items may be found.
 *
 * A wide filter is a bitmap in the memory that the kernels test when an item would come in. A narrow one leaves few
 * items: their codes are gathered by id into pages of their own, and only these are searched.
 */
import { PqError } from '../errors.ts';
import type { Generation } from './generation.ts';
import { IdMap } from './id-map.ts';
import { membersOf, ones, wordsFor } from './id-set.ts';
import { checkIds } from './ids.ts';
import { LabelFilter } from './labels.ts';
import type { PageView } from './page-format.ts';
import { Pages } from './pages.ts';

/**
 * Which items a search may find: the items with these ids (each has to be there), those whose bit is set (bit id & 31
 * of word id >>> 5; ids behind its end are left out), or those with a label (`createLabels`).
 */
export type Filter = { readonly ids: Uint32Array | Iterable<number> } | { readonly bitmap: Uint32Array } | LabelFilter;

/** A filter in an index's memory. */
export interface Narrowed {
  /** The bitmap's place; 0 where there is none. */
  readonly allowed: number;
  /** The items that are left, where they are few: nothing else needs to be searched. */
  readonly pages: readonly PageView[] | undefined;
  /** To be called when the query has been answered. */
  release(): void;
}

/** Items left that are always gathered. */
const ALWAYS = 256;
/** The share of all items from which on the bitmap is cheaper, however many queries there are. */
const WIDE = 0.01;
/** Items that are gathered for one query at most: a gathered item costs about as much as 30 that are passed by. */
const A_QUERY = 20_000;
/** Label filters that are kept in the memory. */
const KEPT = 8;
/** Words of a bitmap that are counted to estimate it. */
const SAMPLE = 2048;

interface Ready {
  readonly allowed: number;
  readonly pages: readonly PageView[] | undefined;
  /** Of the items that it was gathered from, or of the ids that its bitmap is for. */
  readonly of: number;
  holders: number;
  dispose(): void;
}

/** The filters in the memory of a generation. */
export class Filters {
  readonly #generation: Generation;
  readonly #kept = new Map<LabelFilter, Ready>();
  /** Free bitmaps, all of `#words`. */
  readonly #free: number[] = [];
  #words: number;
  #allocated = 0;

  constructor(generation: Generation) {
    this.#generation = generation;
    this.#words = wordsFor(generation.maxId);
  }

  /** Of the bitmaps. */
  get bytes(): number {
    return this.#allocated;
  }

  /**
   * Puts a filter into the memory.
   *
   * @param queries how many it is used for
   * @throws PqError `BAD_OPTION`, `UNKNOWN_ID`, `OUT_OF_MEMORY`
   */
  narrow(filter: Filter, queries: number): Narrowed {
    let ready = filter instanceof LabelFilter ? this.#kept.get(filter) : undefined;
    if (ready === undefined || ready.of !== this.#stateOf(ready)) {
      if (filter instanceof LabelFilter) this.#forget(filter);
      ready = this.#make(filter, queries);
      if (filter instanceof LabelFilter) {
        ready.holders++;
        this.#kept.set(filter, ready);
        if (this.#kept.size > KEPT) this.#forget(this.#kept.keys().next().value!);
      }
    }
    const { allowed, pages } = ready;
    ready.holders++;
    return { allowed, pages, release: () => drop(ready) };
  }

  #forget(filter: LabelFilter): void {
    const ready = this.#kept.get(filter);
    if (ready === undefined) return;
    this.#kept.delete(filter);
    drop(ready);
  }

  /** What must not have changed since: the items where they were gathered, the range of ids else. */
  #stateOf(ready: Ready): number {
    this.#fit();
    return ready.pages === undefined ? this.#words : this.#generation.version;
  }

  #make(filter: Filter, queries: number): Ready {
    const generation = this.#generation;
    const { count } = generation;
    const narrow = (size: number) => size <= ALWAYS || (size <= WIDE * count && size <= A_QUERY * Math.max(1, queries));
    if (filter instanceof LabelFilter) {
      // Kept, so that other queries have it, too.
      return narrow(filter.ids.length / 8) ? this.#gather(filter.ids) : this.#bitmap(filter.bitmap);
    }
    if ('bitmap' in filter) {
      const { bitmap } = filter;
      if (!(bitmap instanceof Uint32Array)) {
        throw new PqError(
          'BAD_OPTION',
          'The filter has a bitmap that is no Uint32Array; expected bit id & 31 of word id >>> 5.',
        );
      }
      const bits = bitmap.subarray(0, wordsFor(generation.maxId));
      if (!narrow(estimate(bits))) return this.#bitmap(bits);
      return this.#gather(
        membersOf(
          bits,
          bits.reduce((sum, word) => sum + ones(word), 0),
        ),
      );
    }
    if (!('ids' in filter)) {
      throw new PqError('BAD_OPTION', "The filter is neither { ids }, { bitmap } nor of createLabels' filters.");
    }
    const ids = checkIds(filter.ids);
    this.#checkKnown(ids);
    if (narrow(ids.length)) return this.#gather(unique(ids));
    return this.#bitmap(ids, true);
  }

  #checkKnown(ids: Uint32Array): void {
    const unknown = ids.filter((id) => !this.#generation.has(id));
    if (unknown.length === 0) return;
    const some = unknown.subarray(0, 5).join(', ');
    throw new PqError(
      'UNKNOWN_ID',
      `The filter names ${unknown.length} ids that no item has: ${some}${unknown.length > 5 ? ', …' : ''}. Were they ` +
        'removed? A filter by bitmap passes such ids over.',
    );
  }

  /** @param from a bitmap, or ids */
  #bitmap(from: Uint32Array, areIds = false): Ready {
    this.#fit();
    const words = this.#words;
    const { arena } = this.#generation;
    let place = this.#free.pop();
    if (place === undefined) {
      place = arena.allocate(4 * words);
      this.#allocated += 4 * words;
    }
    const to = arena.u32(place, words);
    if (areIds) {
      to.fill(0);
      for (const id of from) to[id >>> 5] |= 1 << (id & 31);
    } else {
      to.set(from.subarray(0, words));
      to.fill(0, from.length);
    }
    const dispose = () => {
      if (words === this.#words) this.#free.push(place);
    };
    return { allowed: place, pages: undefined, of: words, holders: 0, dispose };
  }

  /** @param ids unique; those that no item has are passed over */
  #gather(ids: Uint32Array): Ready {
    const generation = this.#generation;
    const pages = new Pages(generation.store);
    pages.reserve(ids.length);
    const code = new Uint8Array(generation.structure.M);
    for (const id of ids) if (generation.codeOf(id, code)) pages.push(id, code, 0);
    const dispose = () => pages.clear();
    return { allowed: 0, pages: pages.views(), of: generation.version, holders: 0, dispose };
  }

  /** The kernels ask a bitmap for every id that there is: larger ids need larger bitmaps. */
  #fit(): void {
    const needs = wordsFor(this.#generation.maxId);
    if (needs <= this.#words) return;
    this.#words = Math.ceil(1.25 * needs);
    this.#free.length = 0;
  }
}

function drop(ready: Ready): void {
  if (--ready.holders === 0) ready.dispose();
}

/** About how many bits are set. */
function estimate(bits: Uint32Array): number {
  const step = Math.max(1, bits.length / SAMPLE);
  let sum = 0;
  for (let at = 0; at < bits.length; at += step) sum += ones(bits[Math.floor(at)]);
  return sum * step;
}

/** The same ids, each once. */
function unique(ids: Uint32Array): Uint32Array {
  if (ids.every((id, i) => i === 0 || id > ids[i - 1])) return ids;
  const seen = new IdMap();
  return ids.filter((id) => seen.set(id, 0));
}
