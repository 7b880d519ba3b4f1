/**
 * @file Which slot has an id: a hash table that grows a piece at a time, so that no write waits for all of it.
 *
 * Only slots are kept, 5 to 7 bytes an item; what their ids are is looked up where they stand. It is split in 1,024 by the
 * hash's upper bits, and each part grows by itself.
 */

const PARTS_BITS = 10;
const REST_BITS = 32 - PARTS_BITS;
const REST = 2 ** REST_BITS;
const FIRST_ROOM = 4;
const MOST_FILLED = 0.8;
const GROWTH = 1.25;

/** Where ids stand. */
export interface IdsOfSlots<Id> {
  hashOf(id: Id): number;
  /** The hash of a slot's id. */
  hash(slot: number): number;
  matches(slot: number, id: Id): boolean;
}

/** Slots by ids. */
export class IdTable<Id> {
  readonly #ids: IdsOfSlots<Id>;
  /** Slot + 1 at the place of its hash or behind it; 0 is free. */
  readonly #parts: Uint32Array[];
  readonly #filled: Uint32Array;

  /** @param expected how many there will be soon */
  constructor(ids: IdsOfSlots<Id>, expected = 0) {
    this.#ids = ids;
    const room = Math.max(FIRST_ROOM, Math.ceil(((expected / 2 ** PARTS_BITS) * 1.05) / MOST_FILLED));
    this.#parts = Array.from({ length: 2 ** PARTS_BITS }, () => new Uint32Array(room));
    this.#filled = new Uint32Array(2 ** PARTS_BITS);
  }

  get bytes(): number {
    return this.#parts.reduce((sum, part) => sum + part.byteLength, 0);
  }

  /** The slot of an id; undefined where it isn't known. */
  find(id: Id): number | undefined {
    const hash = this.#ids.hashOf(id);
    const part = this.#parts[hash >>> REST_BITS];
    for (let at = home(hash, part.length); part[at] !== 0; at = next(at, part.length)) {
      if (this.#ids.matches(part[at] - 1, id)) return part[at] - 1;
    }
    return undefined;
  }

  /** Adds a slot, of which the id isn't there yet. */
  add(slot: number): void {
    const hash = this.#ids.hash(slot);
    const number = hash >>> REST_BITS;
    if (this.#filled[number] + 1 > MOST_FILLED * this.#parts[number].length) this.#grow(number);
    place(this.#parts[number], hash, slot);
    this.#filled[number]++;
  }

  /** Takes a slot out; its id still stands where it did. */
  remove(slot: number): void {
    const hash = this.#ids.hash(slot);
    const number = hash >>> REST_BITS;
    const part = this.#parts[number];
    const { length } = part;
    let free = home(hash, length);
    while (part[free] !== slot + 1) {
      if (part[free] === 0) return;
      free = next(free, length);
    }
    // What stands behind it moves up, unless it would come before its place.
    for (let at = next(free, length); part[at] !== 0; at = next(at, length)) {
      const wanted = home(this.#ids.hash(part[at] - 1), length);
      const stays = free < at ? free < wanted && wanted <= at : free < wanted || wanted <= at;
      if (stays) continue;
      part[free] = part[at];
      free = at;
    }
    part[free] = 0;
    this.#filled[number]--;
  }

  #grow(number: number): void {
    const old = this.#parts[number];
    const part = new Uint32Array(Math.ceil(old.length * GROWTH) + 1);
    for (const slot of old) if (slot !== 0) place(part, this.#ids.hash(slot - 1), slot - 1);
    this.#parts[number] = part;
  }
}

function home(hash: number, room: number): number {
  return Math.floor(((hash & (REST - 1)) * room) / REST);
}

function next(at: number, room: number): number {
  return at + 1 === room ? 0 : at + 1;
}

function place(part: Uint32Array, hash: number, slot: number): void {
  let at = home(hash, part.length);
  while (part[at] !== 0) at = next(at, part.length);
  part[at] = slot + 1;
}
