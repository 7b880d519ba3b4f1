/**
 * @file Unsorted items in pages of a memory: the tail of an index, and what a narrow filter leaves.
 *
 * A page is never moved. Those that a query in another thread looks at are not written where it looks: a write takes a
 * copy first, and the page is used again when nobody looks any more.
 */
import type { Arena } from '../kernels/arena.ts';
import type { PageFormat, PageView } from './page-format.ts';

/** Items of the first page; each has twice as many as the one before, up to the last of so many. */
const FIRST = 1024;
const DOUBLINGS = 6;
/** Items of the pages that double. */
const DOUBLING = FIRST * (2 ** DOUBLINGS - 1);

/** A page. */
export class Page {
  readonly capacity: number;
  readonly codes: number;
  readonly ids: number;
  /** Items; what stands behind is unused. */
  count = 0;
  /** Queries in other threads that look at it, at items below `frozen`. */
  holders = 0;
  frozen = 0;
  /** Whether a copy has taken its place. */
  replaced = false;

  constructor(capacity: number, codes: number, ids: number) {
    this.capacity = capacity;
    this.codes = codes;
    this.ids = ids;
  }
}

/** The pages of a memory, and those that are free again. */
export class PageStore {
  readonly arena: Arena;
  readonly #make: () => PageFormat;
  #format: PageFormat | undefined;
  readonly #free: Page[] = [];
  #bytes = 0;

  /** @param make the pages' format, when the first page is taken */
  constructor(arena: Arena, make: () => PageFormat) {
    this.arena = arena;
    this.#make = make;
  }

  /** undefined as long as there are no pages. */
  get madeFormat(): PageFormat | undefined {
    return this.#format;
  }

  /** @throws PqError `OUT_OF_MEMORY` */
  get format(): PageFormat {
    this.#format ??= this.#make();
    return this.#format;
  }

  /** Bytes of all pages, the free ones included. */
  get bytes(): number {
    return this.#bytes;
  }

  /** @throws PqError `OUT_OF_MEMORY` */
  take(capacity: number): Page {
    const index = this.#free.findIndex((page) => page.capacity === capacity);
    if (index >= 0) return this.#free.splice(index, 1)[0];
    const codesBytes = this.format.bytes(capacity);
    const codes = this.arena.allocate(codesBytes);
    const ids = this.arena.allocate(4 * capacity);
    this.#bytes += codesBytes + 4 * capacity;
    return new Page(capacity, codes, ids);
  }

  give(page: Page): void {
    page.count = 0;
    page.frozen = 0;
    page.replaced = false;
    this.#free.push(page);
  }

  copy(page: Page): Page {
    const copy = this.take(page.capacity);
    const bytes = this.arena.u8();
    bytes.copyWithin(copy.codes, page.codes, page.codes + this.format.bytes(page.capacity));
    bytes.copyWithin(copy.ids, page.ids, page.ids + 4 * page.count);
    copy.count = page.count;
    return copy;
  }
}

/** What a query holds of pages. */
export interface HeldPages {
  readonly views: readonly PageView[];
  release(): void;
}

/** A list of items over pages. */
export class Pages {
  readonly #store: PageStore;
  readonly #pages: Page[] = [];
  #count = 0;

  constructor(store: PageStore) {
    this.#store = store;
  }

  get count(): number {
    return this.#count;
  }

  /** The pages that hold items. */
  views(): PageView[] {
    return this.#pages.filter(({ count }) => count > 0);
  }

  /** Keeps what is there now as it is, until it is released. */
  hold(): HeldPages {
    const pages = this.#pages.filter(({ count }) => count > 0);
    const views = pages.map(({ codes, ids, count }) => ({ codes, ids, count }));
    for (const page of pages) {
      page.holders++;
      page.frozen = Math.max(page.frozen, page.count);
    }
    const release = () => {
      for (const page of pages) {
        if (--page.holders > 0) continue;
        page.frozen = 0;
        if (page.replaced) this.#store.give(page);
      }
    };
    return { views, release };
  }

  /** Makes room for so many more, so that `push` can't fail. @throws PqError `OUT_OF_MEMORY` */
  reserve(more: number): void {
    const end = this.#count + more;
    while (startOf(this.#pages.length) < end) {
      this.#pages.push(this.#store.take(FIRST << Math.min(this.#pages.length, DOUBLINGS)));
    }
    for (let slot = this.#count; slot < end; slot = startOf(pageOf(slot) + 1)) this.thaw(slot);
  }

  /** Makes a slot writable. @throws PqError `OUT_OF_MEMORY` */
  thaw(slot: number): void {
    const index = pageOf(slot);
    const page = this.#pages[index];
    if (slot - startOf(index) >= page.frozen) return;
    this.#pages[index] = this.#store.copy(page);
    page.replaced = true;
  }

  /** Appends an item; room for it has been reserved. */
  push(id: number, codes: Uint8Array, from: number): void {
    const slot = this.#count++;
    this.#pages[pageOf(slot)].count++;
    this.write(slot, id, codes, from);
  }

  /** Appends several items; room for them has been reserved. @param codes [ids, M] or more */
  pushAll(ids: Uint32Array, codes: Uint8Array): void {
    const { arena, format } = this.#store;
    for (let from = 0; from < ids.length; ) {
      const page = this.#pages[pageOf(this.#count)];
      const at = this.#count - startOf(pageOf(this.#count));
      const count = Math.min(ids.length - from, page.capacity - at);
      arena.u32(page.ids, page.capacity).set(ids.subarray(from, from + count), at);
      format.writeAll(page, at, codes, from, count);
      page.count += count;
      this.#count += count;
      from += count;
    }
  }

  /** Writes an item to a slot that is writable. */
  write(slot: number, id: number, codes: Uint8Array, from: number): void {
    const { arena, format } = this.#store;
    const index = pageOf(slot);
    const page = this.#pages[index];
    arena.u32(page.ids, page.capacity)[slot - startOf(index)] = id;
    format.write(page, slot - startOf(index), codes, from);
  }

  /** Takes the last item away. */
  pop(): void {
    this.#pages[pageOf(--this.#count)].count--;
  }

  idAt(slot: number): number {
    const index = pageOf(slot);
    const page = this.#pages[index];
    return this.#store.arena.u32(page.ids, page.capacity)[slot - startOf(index)];
  }

  codeAt(slot: number, into: Uint8Array, at: number): void {
    const index = pageOf(slot);
    this.#store.format.read(this.#pages[index], slot - startOf(index), into, at);
  }

  /** Gives all pages back; nobody holds them. */
  clear(): void {
    for (const page of this.#pages) this.#store.give(page);
    this.#pages.length = 0;
    this.#count = 0;
  }
}

/** Which page holds a slot. */
function pageOf(slot: number): number {
  if (slot < DOUBLING) return 31 - Math.clz32(slot / FIRST + 1);
  return DOUBLINGS + Math.floor((slot - DOUBLING) / (FIRST << DOUBLINGS));
}

/** The first slot of a page. */
function startOf(index: number): number {
  if (index <= DOUBLINGS) return FIRST * (2 ** index - 1);
  return DOUBLING + (index - DOUBLINGS) * (FIRST << DOUBLINGS);
}
