/**
 * @file Which slot has an id: a hash table that grows a piece at a time, so that no write waits for all of it.
 *
 * Slots are kept with 16 bits of their ids' hashes, 8 to 10 bytes an item; what their ids are is looked up where they stand,
 * which is hardly ever needed for another one than that which is sought. The table is split in 1,024 by the hash's upper
 * bits, and each part grows by itself.
 */

const PARTS_BITS = 10;
const PRINT_BITS = 16;
const PRINTS = 2 ** PRINT_BITS;
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

/** Places of one part, each [room]. */
interface Part {
  /** Slot + 1 at the place of its print or behind it; 0 is free. */
  readonly slots: Uint32Array;
  /** The bits of the hash behind those that chose the part. */
  readonly prints: Uint16Array;
  filled: number;
}

/** Slots by ids. */
export class IdTable<Id> {
  readonly #ids: IdsOfSlots<Id>;
  readonly #parts: Part[];

  /** @param expected how many there will be soon */
  constructor(ids: IdsOfSlots<Id>, expected = 0) {
    this.#ids = ids;
    const room = Math.max(FIRST_ROOM, Math.ceil(((expected / 2 ** PARTS_BITS) * 1.05) / MOST_FILLED));
    this.#parts = Array.from({ length: 2 ** PARTS_BITS }, () => newPart(room));
  }

  get bytes(): number {
    return this.#parts.reduce((sum, { slots, prints }) => sum + slots.byteLength + prints.byteLength, 0);
  }

  /** The slot of an id; undefined where it isn't known. */
  find(id: Id): number | undefined {
    const hash = this.#ids.hashOf(id);
    const { slots, prints } = this.#parts[partOf(hash)];
    const print = printOf(hash);
    for (let at = home(print, slots.length); slots[at] !== 0; at = next(at, slots.length)) {
      if (prints[at] === print && this.#ids.matches(slots[at] - 1, id)) return slots[at] - 1;
    }
    return undefined;
  }

  /** Adds a slot, of which the id isn't there yet. */
  add(slot: number): void {
    const hash = this.#ids.hash(slot);
    const number = partOf(hash);
    if (this.#parts[number].filled + 1 > MOST_FILLED * this.#parts[number].slots.length) this.#grow(number);
    place(this.#parts[number], printOf(hash), slot + 1);
  }

  /** Takes a slot out; its id still stands where it did. */
  remove(slot: number): void {
    const hash = this.#ids.hash(slot);
    const part = this.#parts[partOf(hash)];
    const { slots, prints } = part;
    const { length } = slots;
    let free = home(printOf(hash), length);
    while (slots[free] !== slot + 1) {
      if (slots[free] === 0) return;
      free = next(free, length);
    }
    // What stands behind it moves up, unless it would come before its place.
    for (let at = next(free, length); slots[at] !== 0; at = next(at, length)) {
      const wanted = home(prints[at], length);
      const stays = free < at ? free < wanted && wanted <= at : free < wanted || wanted <= at;
      if (stays) continue;
      slots[free] = slots[at];
      prints[free] = prints[at];
      free = at;
    }
    slots[free] = 0;
    part.filled--;
  }

  #grow(number: number): void {
    const { slots, prints } = this.#parts[number];
    const part = newPart(Math.ceil(slots.length * GROWTH) + 1);
    for (let at = 0; at < slots.length; at++) if (slots[at] !== 0) place(part, prints[at], slots[at]);
    this.#parts[number] = part;
  }
}

function newPart(room: number): Part {
  return { slots: new Uint32Array(room), prints: new Uint16Array(room), filled: 0 };
}

function partOf(hash: number): number {
  return hash >>> (32 - PARTS_BITS);
}

function printOf(hash: number): number {
  return (hash >>> (32 - PARTS_BITS - PRINT_BITS)) & (PRINTS - 1);
}

function home(print: number, room: number): number {
  return Math.floor((print * room) / PRINTS);
}

function next(at: number, room: number): number {
  return at + 1 === room ? 0 : at + 1;
}

function place(part: Part, print: number, slotAndOne: number): void {
  const { slots, prints } = part;
  let at = home(print, slots.length);
  while (slots[at] !== 0) at = next(at, slots.length);
  slots[at] = slotAndOne;
  prints[at] = print;
  part.filled++;
}
