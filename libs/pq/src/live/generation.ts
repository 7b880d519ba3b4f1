/**
 * @file A base in its memory, what was deleted from it, and the tail that grew behind it: the state of an index between
 * two merges.
 */
import type { Codebook } from '../codebook.ts';
import type { Arena } from '../kernels/arena.ts';
import { type KernelKind, kernelsOf } from '../kernels/kinds.ts';
import type { Structure } from '../search/structure.ts';
import { BaseIds } from './base-ids.ts';
import { DeadIds } from './dead-ids.ts';
import { Filters } from './filter.ts';
import { PageFormat, type PageView } from './page-format.ts';
import { PageStore, Pages } from './pages.ts';
import type { Filter } from './recent.ts';
import { Tail } from './tail.ts';
import { type Seen, Workplace } from './workplace.ts';

/** A codebook, or its shape alone where only tables are searched with. */
export type CodebookLike = Codebook | { readonly M: number; readonly K: number };

/** The items as they are at one moment, for as long as it takes. */
export interface Held {
  readonly dead: number;
  readonly pages: readonly PageView[];
  /** Live items. */
  readonly count: number;
  release(): void;
}

/** What queries see that are narrowed by a filter, or by none, until it is released. */
export interface HeldView {
  readonly seen: Seen;
  /** Whether the base is searched, too, or the pages alone. */
  readonly withBase: boolean;
  release(): void;
}

/** A state of an index. */
export class Generation {
  readonly arena: Arena;
  readonly structure: Structure;
  readonly store: PageStore;
  readonly base: BaseIds;
  readonly dead: DeadIds;
  readonly tail: Tail;
  readonly filters: Filters;
  readonly kernels: KernelKind;
  readonly #workplaces: Workplace[] = [];
  readonly #idle: Workplace[] = [];
  #maxId: number;
  #version = 0;
  #visited: number | undefined;

  constructor(arena: Arena, structure: Structure, codebook: CodebookLike, kernels: KernelKind) {
    this.arena = arena;
    this.structure = structure;
    this.kernels = kernels;
    this.store = new PageStore(arena, () => PageFormat.make(arena, codebook));
    this.base = new BaseIds(structure);
    this.dead = new DeadIds(arena, structure.maxId);
    this.tail = new Tail(this.store, structure.M);
    this.#maxId = structure.maxId;
    this.filters = new Filters(this);
  }

  /** Live items. */
  get count(): number {
    return this.structure.count - this.dead.count + this.tail.count;
  }

  /** No id is larger. */
  get maxId(): number {
    return this.#maxId;
  }

  /** Items that a query without a filter visits, about. */
  get visited(): number {
    return this.#visited ?? this.count / 32;
  }

  /** Tells what a query without a filter visited. */
  sawQuery(items: number): void {
    this.#visited = this.#visited === undefined ? items : this.#visited + (items - this.#visited) / 8;
  }

  /** Another after each change. */
  get version(): number {
    return this.#version;
  }

  /** Of tables, scratch and heaps. */
  get workplaceBytes(): number {
    return this.#workplaces.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  has(id: number): boolean {
    return this.tail.has(id) || this.#inBase(id);
  }

  /** Writes an item's code to `into`. @returns false if there is no such item */
  codeOf(id: number, into: Uint8Array): boolean {
    if (this.tail.codeOf(id, into)) return true;
    if (!this.#inBase(id)) return false;
    this.structure.codesAt(this.base.placesOf(Uint32Array.of(id)), into);
    return true;
  }

  /**
   * The items with these ids, in pages of their own.
   *
   * @param ids unique; those that no item has are passed over
   * @throws PqError `OUT_OF_MEMORY`
   */
  gather(ids: Uint32Array): Pages {
    const { M } = this.structure;
    const pages = new Pages(this.store);
    const inTail = this.tail.count > 0 ? ids.filter((id) => this.tail.has(id)) : new Uint32Array();
    const whole = inTail.length === 0 && this.base.hasAll(ids) && this.dead.count === 0;
    const inBase = whole ? ids : ids.filter((id) => !this.tail.has(id) && this.#inBase(id));
    pages.reserve(inBase.length + inTail.length);
    const codes = new Uint8Array(Math.max(inBase.length, inTail.length) * M);
    this.structure.codesAt(this.base.placesOf(inBase), codes);
    pages.pushAll(inBase, codes);
    for (let i = 0; i < inTail.length; i++) this.tail.codeOf(inTail[i], codes, i * M);
    pages.pushAll(inTail, codes);
    return pages;
  }

  /**
   * Adds items; where an id is there already its code is overwritten. All or nothing.
   *
   * @param ids unique
   * @param codes [N, M]
   * @throws PqError `OUT_OF_MEMORY`
   */
  put(ids: Uint32Array, codes: Uint8Array): void {
    const { M } = this.structure;
    const old = this.#prepare(ids);
    this.tail.prepare(ids, ids.length);
    for (let i = 0; i < ids.length; i++) {
      if (old && this.#inBase(ids[i])) this.dead.mark(ids[i]);
      this.tail.put(ids[i], codes, i * M);
      if (ids[i] > this.#maxId) this.#maxId = ids[i];
    }
    this.#version++;
  }

  /**
   * Takes items away; ids that no item has are passed over. All or nothing.
   *
   * @returns how many there were
   * @throws PqError `OUT_OF_MEMORY`
   */
  remove(ids: Uint32Array): number {
    this.#prepare(ids);
    this.tail.prepare(ids, 0);
    const before = this.count;
    for (const id of ids) if (!this.tail.remove(id) && this.#inBase(id)) this.dead.mark(id);
    this.#version++;
    return before - this.count;
  }

  /** What is there now, kept from changing for a query that others work on. */
  hold(): Held {
    const { count } = this;
    const dead = this.dead.hold();
    const pages = this.tail.hold();
    const release = () => {
      dead.release();
      pages.release();
    };
    return { dead: dead.place, pages: pages.views, count, release };
  }

  /**
   * `hold` for queries that are narrowed by a filter.
   *
   * @throws PqError `BAD_OPTION`, `UNKNOWN_ID`, `OUT_OF_MEMORY`
   */
  holdNarrowed(filter: Filter | undefined, queries: number): HeldView {
    const narrowed = filter === undefined ? undefined : this.filters.narrow(filter, queries);
    const held = this.hold();
    const release = () => {
      held.release();
      narrowed?.release();
    };
    const seen = { allowed: narrowed?.allowed ?? 0, dead: held.dead, pages: narrowed?.pages ?? held.pages };
    return { seen, withBase: narrowed?.pages === undefined, release };
  }

  /** What is there now, for a query that is answered before anything changes. */
  now(): { readonly dead: number; readonly pages: readonly PageView[] } {
    return { dead: this.dead.place, pages: this.tail.views() };
  }

  /** A workplace that nobody else uses. @throws PqError `OUT_OF_MEMORY` */
  workplace(): Workplace {
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle;
    const { arena, structure } = this;
    const kernels = kernelsOf(this.kernels, arena.memory);
    const made = Workplace.make(arena, kernels, structure);
    this.#workplaces.push(made);
    return made;
  }

  /** Gives a workplace back. */
  idle(workplace: Workplace): void {
    this.#idle.push(workplace);
  }

  #inBase(id: number): boolean {
    return this.base.has(id) && !this.dead.has(id);
  }

  /** Makes sure that items of the base can be marked. @returns whether any has to be */
  #prepare(ids: Uint32Array): boolean {
    for (const id of ids) {
      if (!this.#inBase(id)) continue;
      this.dead.prepare();
      return true;
    }
    return false;
  }
}
