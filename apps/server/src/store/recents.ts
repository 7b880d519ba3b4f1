/**
 * @file What was written since the gallery file was, by slot: in columns, some 40 bytes an item beside its id, where a Map of
 * objects takes 200.
 */
import type { ItemId } from '@dqn/format';
import type { JournalPart } from './journal.ts';

/** Where an item's metadata and thumbnail stand. */
export interface JournalPlace {
  readonly part: JournalPart;
  readonly metadataAt: number;
  readonly metadataLength: number;
  readonly thumbnailLength: number;
}

/** An item that was written since the gallery file was. */
export interface Recent extends JournalPlace {
  readonly id: ItemId;
  /** Indices of classes. */
  readonly labels: readonly number[];
}

const FIRST_ROOM = 64;
const GROWTH = 1.5;
/** Places in the table for an item. */
const PLACES = 1.5;

/** Numbers of one entry, each [room]. */
interface Columns {
  readonly slots: Uint32Array;
  readonly labels: Uint32Array;
  readonly parts: Uint32Array;
  readonly metadataAt: Float64Array;
  readonly metadataLength: Uint32Array;
  readonly thumbnailLength: Uint32Array;
}

/** Items by slot; entries stand one behind the other, and the last takes the place of one that goes. */
export class Recents {
  #columns: Columns = columns(FIRST_ROOM);
  #ids: ItemId[] = [];
  #size = 0;
  /** Entry + 1 at the place of its slot or behind it; 0 is free. */
  #table = new Uint32Array(Math.ceil(PLACES * FIRST_ROOM));
  /** Lists of labels are few: each is kept once. */
  readonly #lists: (readonly number[])[] = [[]];
  readonly #listOf = new Map<string, number>([['', 0]]);
  readonly #parts: JournalPart[] = [];

  get size(): number {
    return this.#size;
  }

  /** Of its arrays; ids that are numbers among them, texts not. */
  get bytes(): number {
    const { slots } = this.#columns;
    return this.#table.byteLength + slots.length * 28 + 8 * this.#ids.length;
  }

  has(slot: number): boolean {
    return this.#find(slot) >= 0;
  }

  get(slot: number): Recent | undefined {
    const entry = this.#find(slot);
    return entry < 0 ? undefined : this.#at(entry);
  }

  /** The id alone, of a slot that is there; undefined for any other. */
  id(slot: number): ItemId | undefined {
    const entry = this.#find(slot);
    return entry < 0 ? undefined : this.#ids[entry];
  }

  /** The labels alone. */
  labels(slot: number): readonly number[] | undefined {
    const entry = this.#find(slot);
    return entry < 0 ? undefined : this.#lists[this.#columns.labels[entry]];
  }

  set(slot: number, id: ItemId, labels: readonly number[], place: JournalPlace): void {
    let entry = this.#find(slot);
    if (entry < 0) {
      if (this.#size === this.#columns.slots.length) this.#grow();
      entry = this.#size++;
      this.#columns.slots[entry] = slot;
      this.#enter(entry);
    }
    const to = this.#columns;
    this.#ids[entry] = id;
    to.labels[entry] = this.#list(labels);
    to.parts[entry] = this.#partOf(place.part);
    to.metadataAt[entry] = place.metadataAt;
    to.metadataLength[entry] = place.metadataLength;
    to.thumbnailLength[entry] = place.thumbnailLength;
  }

  delete(slot: number): void {
    const entry = this.#find(slot);
    if (entry < 0) return;
    this.#leave(slot);
    const last = --this.#size;
    if (entry !== last) {
      const { slots } = this.#columns;
      this.#table[this.#placeOf(slots[last])] = entry + 1;
      for (const column of Object.values(this.#columns)) column[entry] = column[last];
      this.#ids[entry] = this.#ids[last];
    }
    this.#ids.length = last;
  }

  /** All items by slot; nothing may be changed meanwhile. */
  *[Symbol.iterator](): Generator<[number, Recent]> {
    for (let entry = 0; entry < this.#size; entry++) yield [this.#columns.slots[entry], this.#at(entry)];
  }

  #at(entry: number): Recent {
    const from = this.#columns;
    return {
      id: this.#ids[entry],
      labels: this.#lists[from.labels[entry]],
      part: this.#parts[from.parts[entry]],
      metadataAt: from.metadataAt[entry],
      metadataLength: from.metadataLength[entry],
      thumbnailLength: from.thumbnailLength[entry],
    };
  }

  #find(slot: number): number {
    return this.#table[this.#placeOf(slot)] - 1;
  }

  /** The place of a slot's entry, or where it would be. */
  #placeOf(slot: number): number {
    const table = this.#table;
    const { slots } = this.#columns;
    let at = home(slot, table.length);
    while (table[at] !== 0 && slots[table[at] - 1] !== slot) at = at + 1 === table.length ? 0 : at + 1;
    return at;
  }

  #enter(entry: number): void {
    this.#table[this.#placeOf(this.#columns.slots[entry])] = entry + 1;
  }

  #leave(slot: number): void {
    const table = this.#table;
    const { length } = table;
    const { slots } = this.#columns;
    let free = this.#placeOf(slot);
    for (let at = (free + 1) % length; table[at] !== 0; at = (at + 1) % length) {
      const wanted = home(slots[table[at] - 1], length);
      const stays = free < at ? free < wanted && wanted <= at : free < wanted || wanted <= at;
      if (stays) continue;
      table[free] = table[at];
      free = at;
    }
    table[free] = 0;
  }

  #grow(): void {
    const old = this.#columns;
    const next = columns(Math.ceil(GROWTH * old.slots.length));
    for (const [name, column] of Object.entries(old)) next[name as keyof Columns].set(column);
    this.#columns = next;
    this.#table = new Uint32Array(Math.ceil(PLACES * next.slots.length));
    for (let entry = 0; entry < this.#size; entry++) this.#enter(entry);
  }

  #list(labels: readonly number[]): number {
    if (labels.length === 0) return 0;
    const key = labels.join();
    let list = this.#listOf.get(key);
    if (list === undefined) {
      list = this.#lists.push(labels) - 1;
      this.#listOf.set(key, list);
    }
    return list;
  }

  #partOf(part: JournalPart): number {
    const known = this.#parts.lastIndexOf(part);
    return known >= 0 ? known : this.#parts.push(part) - 1;
  }
}

function columns(room: number): Columns {
  return {
    slots: new Uint32Array(room),
    labels: new Uint32Array(room),
    parts: new Uint32Array(room),
    metadataAt: new Float64Array(room),
    metadataLength: new Uint32Array(room),
    thumbnailLength: new Uint32Array(room),
  };
}

function home(slot: number, room: number): number {
  return (Math.imul(slot, 0x9e3779b1) >>> 0) % room;
}
