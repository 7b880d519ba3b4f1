/**
 * @file From u32 to u32, in twice eight bytes an entry: a table with open addressing. A `Map` takes four times as much.
 */
import { NO_ITEM } from '../search/structure.ts';

/** Slots at first. */
const LEAST_SLOTS = 16;

/** What is known of some ids. Ids are at most 2^32 − 2. */
export class IdMap {
  /** [slots]: ids, `NO_ITEM` where a slot is free. */
  #keys = new Uint32Array(LEAST_SLOTS).fill(NO_ITEM);
  #values = new Uint32Array(LEAST_SLOTS);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Bytes that it takes. */
  get bytes(): number {
    return 8 * this.#keys.length;
  }

  /** What was set for an id. */
  get(id: number): number | undefined {
    const slot = this.#find(id);
    return this.#keys[slot] === NO_ITEM ? undefined : this.#values[slot];
  }

  has(id: number): boolean {
    return this.#keys[this.#find(id)] !== NO_ITEM;
  }

  /** @returns whether the id is new */
  set(id: number, value: number): boolean {
    let slot = this.#find(id);
    const isNew = this.#keys[slot] === NO_ITEM;
    if (isNew) {
      if (2 * (this.#size + 1) > this.#keys.length) {
        this.#resize(2 * this.#keys.length);
        slot = this.#find(id);
      }
      this.#keys[slot] = id;
      this.#size++;
    }
    this.#values[slot] = value;
    return isNew;
  }

  /** @returns whether it was there */
  delete(id: number): boolean {
    let free = this.#find(id);
    if (this.#keys[free] === NO_ITEM) return false;
    this.#size--;
    // What stands behind and could stand here moves up, so that no search ends at a gap.
    const mask = this.#keys.length - 1;
    for (let slot = (free + 1) & mask; this.#keys[slot] !== NO_ITEM; slot = (slot + 1) & mask) {
      const home = this.#home(this.#keys[slot]);
      if (((slot - home) & mask) < ((slot - free) & mask)) continue;
      this.#keys[free] = this.#keys[slot];
      this.#values[free] = this.#values[slot];
      free = slot;
    }
    this.#keys[free] = NO_ITEM;
    return true;
  }

  /** All ids, in no order. */
  *keys(): Generator<number> {
    for (const id of this.#keys) if (id !== NO_ITEM) yield id;
  }

  /** The slot of an id, or the free one where it would stand. */
  #find(id: number): number {
    const mask = this.#keys.length - 1;
    let slot = this.#home(id);
    while (this.#keys[slot] !== id && this.#keys[slot] !== NO_ITEM) slot = (slot + 1) & mask;
    return slot;
  }

  /** Fibonacci hashing: the high bits of a product depend on all of the id. */
  #home(id: number): number {
    return Math.imul(id, 0x9e37_79b1) >>> (Math.clz32(this.#keys.length) + 1);
  }

  #resize(slots: number): void {
    const keys = this.#keys;
    const values = this.#values;
    this.#keys = new Uint32Array(slots).fill(NO_ITEM);
    this.#values = new Uint32Array(slots);
    for (let i = 0; i < keys.length; i++) {
      if (keys[i] === NO_ITEM) continue;
      const slot = this.#find(keys[i]);
      this.#keys[slot] = keys[i];
      this.#values[slot] = values[i];
    }
  }
}
