/** @file Where one query at a time is worked on: kernels of its own, its table, its scratch and its heap in the memory. */
import type { Arena } from '../kernels/arena.ts';
import type { SearchKernels } from '../kernels/load.ts';
import type { Structure, Visited, Worker } from '../search/structure.ts';
import { PAGE_SCRATCH_BYTES, type PageFormat, type PageView } from './page-format.ts';

/** Items that were found, nearest first; of equally near ones the smaller id is first. */
export interface Hits {
  /** [n] */
  ids: Uint32Array;
  /** [n] Σ_m table[m][code_m], in float64. */
  distances: Float64Array;
}

/** The places of a workplace in the memory: numbers only, so that it can be sent to another thread. */
export interface Places {
  /** f64 [M, 256] */
  readonly table: number;
  readonly scratch: number;
  /** Entries of 16 bytes. */
  readonly heap: number;
  /** How many. */
  readonly room: number;
}

/** What a query sees: bitmaps (0: none) over ids, and pages. */
export interface Seen {
  /** Only these ids are wanted. */
  readonly allowed: number;
  /** These are gone from the base. */
  readonly dead: number;
  readonly pages: readonly PageView[];
}

/** What is wanted: the k nearest, or everything within a radius of which `room` can be kept. */
export type Wanted = { readonly k: number } | { readonly radius: number; readonly room: number };

/** Bytes of an entry of the heap: f64 distance, u32 id. */
const ENTRY = 16;

/** A workplace over a memory. */
export class Workplace {
  readonly #arena: Arena;
  readonly #kernels: SearchKernels;
  #places: Places;
  #bytes = 0;

  constructor(arena: Arena, kernels: SearchKernels, places: Places) {
    this.#arena = arena;
    this.#kernels = kernels;
    this.#places = places;
  }

  /** A new one. @throws PqError `OUT_OF_MEMORY` */
  static make(arena: Arena, kernels: SearchKernels, { M, scratchBytes }: Structure): Workplace {
    const bytes = Math.max(scratchBytes, PAGE_SCRATCH_BYTES);
    const table = arena.allocate(M * 256 * 8);
    const scratch = arena.allocate(bytes);
    const made = new Workplace(arena, kernels, { table, scratch, heap: 0, room: 0 });
    made.#bytes = M * 256 * 8 + bytes;
    return made;
  }

  /** Bytes of its places. */
  get bytes(): number {
    return this.#bytes;
  }

  get places(): Places {
    return this.#places;
  }

  /** Makes room for so many entries in the heap. @throws PqError `OUT_OF_MEMORY` */
  reserve(entries: number): void {
    if (entries <= this.#places.room) return;
    const room = Math.max(1024, 2 ** Math.ceil(Math.log2(entries)));
    // Where memory is short, what is needed and no more.
    const fits = this.#arena.bytes + ENTRY * room < 2 ** 31 ? room : entries;
    this.#places = { ...this.#places, heap: this.#arena.allocate(ENTRY * fits), room: fits };
    this.#bytes += ENTRY * fits;
  }

  /** The place of the query's table, f64 [M, 256], to be written. */
  table(M: number): Float64Array {
    return this.#arena.f64(this.#places.table, 256 * M);
  }

  /**
   * Searches for what is wanted; then `hits` reads it.
   *
   * @param structure the base; undefined if only the pages are searched
   * @param format the pages'; undefined where there are none
   * @returns what was looked at, and how many there are (more than were kept where there was no room for a radius)
   */
  search(
    structure: Structure | undefined,
    format: PageFormat | undefined,
    seen: Seen,
    wanted: Wanted,
  ): Visited & { found: number; kept: number } {
    const kernels = this.#kernels;
    const { table, scratch, heap } = this.#places;
    const worker: Worker = { arena: this.#arena, kernels, table, scratch };
    if ('k' in wanted) kernels.begin(heap, wanted.k, seen.allowed, seen.dead);
    else kernels.beginWithin(heap, wanted.radius, wanted.room, seen.allowed, seen.dead);
    const visited = structure?.search(worker) ?? { cells: 0, of: 0, items: 0, exact: 0 };
    // An item of the tail may have the id of one that is gone from the base.
    if (seen.dead !== 0) kernels.exclude(0);
    for (const page of format ? seen.pages : []) {
      const { items, exact } = format!.search(worker, page);
      visited.items += items;
      visited.exact += exact;
    }
    const found = kernels.found();
    return { ...visited, found, kept: kernels.finish() };
  }

  /**
   * Searches, with as much room as it takes, and gives what was found; the table has been loaded.
   *
   * @throws PqError `OUT_OF_MEMORY`
   */
  answer(
    structure: Structure | undefined,
    format: PageFormat | undefined,
    seen: Seen,
    wanted: { readonly k: number } | { readonly radius: number },
  ): { hits: Hits; visited: Visited } {
    this.reserve('k' in wanted ? wanted.k : 1);
    const withRoom = () => ('k' in wanted ? wanted : { ...wanted, room: this.#places.room });
    let result = this.search(structure, format, seen, withRoom());
    if (result.found > result.kept) {
      this.reserve(result.found);
      result = this.search(structure, format, seen, withRoom());
    }
    const { cells, of, items, exact } = result;
    return { hits: this.hits(result.kept), visited: { cells, of, items, exact } };
  }

  /** What the last search found. */
  hits(count: number): Hits {
    const ids = new Uint32Array(count);
    const distances = new Float64Array(count);
    const allIds = this.#arena.u32(this.#places.heap, 4 * count);
    const allDistances = this.#arena.f64(this.#places.heap, 2 * count);
    for (let i = 0; i < count; i++) {
      ids[i] = allIds[4 * i + 2];
      distances[i] = allDistances[2 * i];
    }
    return { ids, distances };
  }
}
