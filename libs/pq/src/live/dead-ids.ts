/** @file Which items of a base are gone: a bitmap over ids in the memory, there from the first deletion on. */
import type { Arena } from '../kernels/arena.ts';
import { wordsFor } from './id-set.ts';

/** Deleted ids. A bitmap that a query in another thread looks at isn't written: a write takes a copy first. */
export class DeadIds {
  readonly #arena: Arena;
  readonly #bytes: number;
  /** Queries in other threads that look at a bitmap, by its place. */
  readonly #holders = new Map<number, number>();
  readonly #free: number[] = [];
  #place = 0;
  #count = 0;
  #allocated = 0;

  /** @param maxId the largest id of the base */
  constructor(arena: Arena, maxId: number) {
    this.#arena = arena;
    this.#bytes = 4 * wordsFor(maxId);
  }

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#allocated;
  }

  /** The bitmap's place, as kernels take it; 0 while nothing is deleted. */
  get place(): number {
    return this.#place;
  }

  /** Whether an id of the base is gone. */
  has(id: number): boolean {
    return this.#place !== 0 && ((this.#arena.u8()[this.#place + (id >>> 3)] >>> (id & 7)) & 1) !== 0;
  }

  /** Makes sure that `mark` can't fail. @throws PqError `OUT_OF_MEMORY` */
  prepare(): void {
    const old = this.#place;
    if (old !== 0 && !this.#holders.has(old)) return;
    let place = this.#free.pop();
    if (place === undefined) {
      place = this.#arena.allocate(this.#bytes);
      this.#allocated += this.#bytes;
    }
    if (old !== 0) this.#arena.u8().copyWithin(place, old, old + this.#bytes);
    this.#place = place;
  }

  /** Marks an id of the base that isn't gone yet; `prepare` has been called. */
  mark(id: number): void {
    this.#arena.u8()[this.#place + (id >>> 3)] |= 1 << (id & 7);
    this.#count++;
  }

  /** Keeps the bitmap as it is now, until it is released. */
  hold(): { readonly place: number; release(): void } {
    const place = this.#place;
    if (place === 0) return { place, release: () => {} };
    this.#holders.set(place, (this.#holders.get(place) ?? 0) + 1);
    const release = () => {
      const left = this.#holders.get(place)! - 1;
      if (left > 0) {
        this.#holders.set(place, left);
      } else {
        this.#holders.delete(place);
        if (place !== this.#place) this.#free.push(place);
      }
    };
    return { place, release };
  }
}
