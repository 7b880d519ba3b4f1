/**
 * @file Filters in the memory of an index: which items may be found.
 *
 * A wide filter is a bitmap that the kernels test when an item would come in. A narrow one leaves few items: their
 * codes are gathered by id into pages of their own, and only these are searched. Gathering pays where few are left, or
 * where the same filter comes again.
 */
import { PqError } from '../errors.ts';
import type { Generation } from './generation.ts';
import { membersOf, ones, wordsFor } from './id-set.ts';
import { uniqueIds } from './ids.ts';
import type { PageView } from './page-format.ts';
import { contentOf, type Filter, type FilterContent, RecentFilters } from './recent.ts';

/** A filter, ready for a query. */
export interface Narrowed {
  /** The bitmap's place; 0 where there is none. */
  readonly allowed: number;
  /** The items that are left, where they are few: nothing else needs to be searched. */
  readonly pages: readonly PageView[] | undefined;
  /** To be called when the query has been answered. */
  release(): void;
}

/** Gathering an item costs about as much as passing so many by in a search. */
const GATHERED = 50;
/** Nothing is gathered that leaves more than this share of all items: it would take as much memory, and be no faster. */
const WIDE = 0.1;
/** … but so few are always. */
const FEW = 256;
/**
 * By a filter that leaves a share s a search visits about s^-.45 times as many items as without: measured on clustered
 * and on hard data.
 */
const GROWTH = 0.45;
/** Filters that are kept. */
const KEPT = 4;
/** Words of a bitmap that are counted to estimate it. */
const SAMPLE = 2048;

/** A filter in the memory. */
interface Ready {
  readonly allowed: number;
  readonly pages: readonly PageView[] | undefined;
  /** What must not change: the generation's version where items were gathered, the words of a bitmap else. */
  readonly of: number;
  holders: number;
  dispose(): void;
}

/** What is known of a filter. */
interface Known {
  /** About how many ids it names. */
  readonly size: number;
  /** Items that its queries since the last change visited, or would have without gathering, by estimate. */
  visited: number;
  version: number;
  ready: Ready | undefined;
}

/** The filters of a generation. */
export class Filters {
  readonly #generation: Generation;
  readonly #recent = new RecentFilters<Known>(KEPT, ({ ready }) => ready && drop(ready));
  /** Free bitmaps, all of `#words`. */
  readonly #free: number[] = [];
  #words: number;
  #allocated = 0;

  constructor(generation: Generation) {
    this.#generation = generation;
    this.#words = wordsFor(generation.maxId);
  }

  /** Of bitmaps, and of copies by which filters are known again. */
  get bytes(): number {
    return this.#allocated + this.#recent.bytes;
  }

  /**
   * Makes a filter ready.
   *
   * @param queries how many it is used for
   * @throws PqError `BAD_OPTION`, `UNKNOWN_ID`, `OUT_OF_MEMORY`
   */
  narrow(filter: Filter, queries: number): Narrowed {
    const { version, count, maxId, visited } = this.#generation;
    this.#fit();
    const content = contentOf(filter, wordsFor(maxId));
    if (content === undefined) {
      throw new PqError(
        'BAD_OPTION',
        "The filter is neither { ids }, { bitmap: Uint32Array } nor a filter of createLabels' labels.",
      );
    }
    const { made: known } = this.#recent.get(content, () => {
      return { size: sizeOf(content), visited: 0, version: -1, ready: undefined };
    });
    if (known.version !== version) {
      // What no item has may have changed. Where it throws the version stays, and it throws the next time.
      if (content.kind === 'ids') this.#checkKnown(content.values);
      known.version = version;
      known.visited = 0;
    }
    // Gathered once its price has been paid: whatever comes, that costs at most twice what was best.
    known.visited += queries * Math.min(count, visited * (known.size / count) ** -GROWTH);
    const few = known.size <= FEW || (known.size <= WIDE * count && known.size * GATHERED <= known.visited);
    const { ready } = known;
    const good = ready?.pages === undefined ? ready?.of === this.#words && !few : ready.of === version;
    if (!good) {
      const next = few ? this.#gather(content) : this.#bitmap(content);
      next.holders++;
      if (ready !== undefined) drop(ready);
      known.ready = next;
    }
    const now = known.ready!;
    now.holders++;
    return { allowed: now.allowed, pages: now.pages, release: () => drop(now) };
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

  #bitmap({ kind, values }: FilterContent): Ready {
    const words = this.#words;
    const { arena } = this.#generation;
    let place = this.#free.pop();
    if (place === undefined) {
      place = arena.allocate(4 * words);
      this.#allocated += 4 * words;
    }
    const to = arena.u32(place, words);
    if (kind === 'bitmap') {
      to.set(values);
      to.fill(0, values.length);
    } else {
      to.fill(0);
      // A label's ids may be of items that are no more, larger than all that are.
      for (let i = 0; i < values.length; i++) if (values[i] >>> 5 < words) to[values[i] >>> 5] |= 1 << (values[i] & 31);
    }
    const dispose = () => {
      if (words === this.#words) this.#free.push(place);
    };
    return { allowed: place, pages: undefined, of: words, holders: 0, dispose };
  }

  #gather({ kind, values }: FilterContent): Ready {
    const ids =
      kind === 'bitmap'
        ? membersOf(
            values,
            values.reduce((sum, word) => sum + ones(word), 0),
          )
        : kind === 'ids'
          ? uniqueIds(values)
          : values;
    const pages = this.#generation.gather(ids);
    return {
      allowed: 0,
      pages: pages.views(),
      of: this.#generation.version,
      holders: 0,
      dispose: () => pages.clear(),
    };
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

/** About how many ids. */
function sizeOf({ kind, values }: FilterContent): number {
  if (kind !== 'bitmap') return values.length;
  const step = Math.max(1, values.length / SAMPLE);
  let sum = 0;
  for (let at = 0; at < values.length; at += step) sum += ones(values[Math.floor(at)]);
  return sum * step;
}
