/** @file What was added since the base was built: unsorted items, each id at most once. */
import { IdMap } from './id-map.ts';
import type { PageView } from './page-format.ts';
import { type HeldPages, type PageStore, Pages } from './pages.ts';

/** The tail of an index. */
export class Tail {
  readonly #pages: Pages;
  /** The slot of each id. */
  readonly #slots = new IdMap();
  readonly #moved: Uint8Array;

  constructor(store: PageStore, M: number) {
    this.#pages = new Pages(store);
    this.#moved = new Uint8Array(M);
  }

  get count(): number {
    return this.#pages.count;
  }

  /** Of the map from ids to slots; the pages are counted by their store. */
  get bytes(): number {
    return this.#slots.bytes;
  }

  has(id: number): boolean {
    return this.#slots.has(id);
  }

  /** Writes an item's code to `into` from `at` on. @returns false if the id isn't here */
  codeOf(id: number, into: Uint8Array, at = 0): boolean {
    const slot = this.#slots.get(id);
    if (slot === undefined) return false;
    this.#pages.codeAt(slot, into, at);
    return true;
  }

  views(): PageView[] {
    return this.#pages.views();
  }

  hold(): HeldPages {
    return this.#pages.hold();
  }

  /**
   * Makes sure that `more` puts and any number of puts and removals of `ids` can't fail.
   *
   * @throws PqError `OUT_OF_MEMORY`
   */
  prepare(ids: ArrayLike<number>, more: number): void {
    this.#pages.reserve(more);
    // A removal fills the gap with the last item: what is written are the slots of these ids.
    for (let i = 0; i < ids.length; i++) {
      const slot = this.#slots.get(ids[i]);
      if (slot !== undefined) this.#pages.thaw(slot);
    }
  }

  /** Adds an item or overwrites its code. */
  put(id: number, codes: Uint8Array, from: number): void {
    const slot = this.#slots.get(id);
    if (slot !== undefined) {
      this.#pages.write(slot, id, codes, from);
    } else {
      this.#slots.set(id, this.#pages.count);
      this.#pages.push(id, codes, from);
    }
  }

  /** @returns whether it was here */
  remove(id: number): boolean {
    const slot = this.#slots.get(id);
    if (slot === undefined) return false;
    const last = this.#pages.count - 1;
    this.#slots.delete(id);
    if (slot !== last) {
      const moved = this.#pages.idAt(last);
      this.#pages.codeAt(last, this.#moved, 0);
      this.#pages.write(slot, moved, this.#moved, 0);
      this.#slots.set(moved, slot);
    }
    this.#pages.pop();
    return true;
  }
}
