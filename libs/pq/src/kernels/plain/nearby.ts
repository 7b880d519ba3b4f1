/**
 * @file The k nearest so far, as assembly/nearby.ts keeps them: a binary heap in the memory, the farthest on top.
 *
 * An entry is 16 bytes: f64 distance, u32 id, 4 bytes unused. Entries are ordered by (distance, id).
 */
import type { Views } from './views.ts';

/** Of f64 and of u32 in an entry. */
const F64 = 2;
const U32 = 4;

/** The heap of one search. */
export class Nearby {
  readonly #views: Views;
  /** The heap's first f64 and the u32 of its first id. */
  #distances = 0;
  #ids = 0;
  #size = 0;
  #capacity = 0;
  /** Bitmaps over ids: the index of their first word, −1 where there is none. */
  #allowed = -1;
  #dead = -1;
  /** Whether everything within `limit` is wanted, however many they are. */
  #everything = false;
  #offered = 0;
  /** What is farther than this can't come in; equal may, by its id. */
  limit = Infinity;

  constructor(views: Views) {
    this.#views = views;
  }

  begin(heap: number, k: number, allowed: number, dead: number): void {
    this.#distances = heap / 8;
    this.#ids = heap / 4 + 2;
    this.#size = 0;
    this.#capacity = k;
    this.#allowed = allowed === 0 ? -1 : allowed / 4;
    this.exclude(dead);
    this.#everything = false;
    this.#offered = 0;
    this.limit = k > 0 ? Infinity : -Infinity;
  }

  beginWithin(heap: number, radius: number, room: number, allowed: number, dead: number): void {
    this.begin(heap, room, allowed, dead);
    this.#everything = true;
    this.limit = radius;
  }

  exclude(dead: number): void {
    this.#dead = dead === 0 ? -1 : dead / 4;
  }

  found(): number {
    return this.#everything ? this.#offered : this.#size;
  }

  /** Takes an entry in if it belongs to the nearest; false if it was too far, by its distance or then by its id. */
  offer(distance: number, id: number): boolean {
    if (!(distance <= this.limit)) return false;
    const full = this.#size === this.#capacity;
    if (full && !this.#everything && this.#farther(distance, id, 0)) return false;
    if (this.#allowed >= 0 && !this.#has(this.#allowed, id)) return true;
    if (this.#dead >= 0 && this.#has(this.#dead, id)) return true;
    if (this.#everything) {
      this.#offered++;
      if (!full) this.#write(this.#size++, distance, id);
      return true;
    }
    if (full) this.#sink(distance, id, 0, this.#size);
    else this.#rise(distance, id);
    if (this.#size === this.#capacity) this.limit = this.#views.f64[this.#distances];
    return true;
  }

  /** Sorts what was found, nearest first, and says how many entries there are to read. */
  finish(): number {
    const { f64, u32 } = this.#views;
    const count = this.#size;
    const distance = (place: number) => f64[this.#distances + F64 * place];
    const id = (place: number) => u32[this.#ids + U32 * place];
    if (this.#everything) {
      // Heap order first: the entries lie as they came.
      for (let i = count >>> 1; i-- > 0; ) this.#sink(distance(i), id(i), i, count);
    }
    for (let last = count - 1; last > 0; last--) {
      const lastDistance = distance(last);
      const lastId = id(last);
      this.#move(0, last);
      this.#sink(lastDistance, lastId, 0, last);
    }
    return count;
  }

  #has(bitmap: number, id: number): boolean {
    return ((this.#views.u32[bitmap + (id >>> 5)] >>> (id & 31)) & 1) !== 0;
  }

  /** Whether an entry comes behind the one at a place, or is the same. */
  #farther(distance: number, id: number, place: number): boolean {
    const { f64, u32 } = this.#views;
    const other = f64[this.#distances + F64 * place];
    return distance > other || (distance === other && id >= u32[this.#ids + U32 * place]);
  }

  #write(place: number, distance: number, id: number): void {
    const { f64, u32 } = this.#views;
    f64[this.#distances + F64 * place] = distance;
    u32[this.#ids + U32 * place] = id;
  }

  #move(from: number, to: number): void {
    const { f64, u32 } = this.#views;
    f64[this.#distances + F64 * to] = f64[this.#distances + F64 * from];
    u32[this.#ids + U32 * to] = u32[this.#ids + U32 * from];
  }

  /** Adds an entry at the end and lets it rise to where it belongs. */
  #rise(distance: number, id: number): void {
    let place = this.#size++;
    while (place > 0) {
      const parent = (place - 1) >>> 1;
      if (!this.#farther(distance, id, parent)) break;
      this.#move(parent, place);
      place = parent;
    }
    this.#write(place, distance, id);
  }

  /** Puts an entry at a place of the first `count` and lets it sink to where it belongs. */
  #sink(distance: number, id: number, from: number, count: number): void {
    const { f64, u32 } = this.#views;
    let place = from;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= count) break;
      if (
        child + 1 < count &&
        this.#farther(f64[this.#distances + F64 * (child + 1)], u32[this.#ids + U32 * (child + 1)], child)
      ) {
        child++;
      }
      if (this.#farther(distance, id, child)) break;
      this.#move(child, place);
      place = child;
    }
    this.#write(place, distance, id);
  }
}
