/**
 * @file What is known of the items beside their codes.
 *
 * Each item has a slot: its row in the gallery file and its id in the index. It keeps it for as long as it lives, whatever
 * is written; slots of removed items are given to new ones. What was written since the gallery file was is kept by slot
 * in front of the file's columns; a compaction makes new columns and empties what they contain.
 */
import { hashId, type IdKind, type ItemId } from '@dqn/format';
import type { PqIndex } from '@dqn/pq';
import type { Base } from './base.ts';
import { IdTable } from './id-table.ts';
import { type JournalPlace, type Recent, Recents } from './recents.ts';
import { Turns } from './turns.ts';

const NO_LABELS: readonly number[] = [];

/** All items. */
export class Items {
  readonly idKind: IdKind;
  readonly index: PqIndex;
  /** Names of classes. */
  readonly classes: string[];
  readonly #classOf: Map<string, number>;
  #base: Base;
  /** What was written since the last compaction began, and what that compaction takes over: asked in this order. */
  #recents = new Recents();
  #older: Recents | undefined;
  readonly #free: number[];
  /** Slots that were ever given, those that are free included. */
  #slots: number;
  #table: IdTable<ItemId>;
  /** Slots below have their own number as id, unless their columns or the table say otherwise. */
  readonly #rowsAreIds: number;

  /** @param free rows of the base that have no item */
  constructor(base: Base, index: PqIndex, o: { idKind: IdKind; classes: readonly string[]; free: Iterable<number> }) {
    this.idKind = o.idKind;
    this.index = index;
    this.classes = [...o.classes];
    this.#classOf = new Map(o.classes.map((name, i) => [name, i]));
    this.#base = base;
    this.#slots = base.rows;
    this.#free = [...o.free];
    this.#rowsAreIds = base.ids.areRows ? base.rows : 0;
    this.#table = this.#newTable(0);
  }

  get base(): Base {
    return this.#base;
  }

  get count(): number {
    return this.index.count;
  }

  get slots(): number {
    return this.#slots;
  }

  /** How many were written since the base was, about: those that are in two layers count twice. */
  get recentCount(): number {
    return this.#recents.size + (this.#older?.size ?? 0);
  }

  /** What was written of a slot since the base was. */
  recent(slot: number): Recent | undefined {
    return this.#recents.get(slot) ?? this.#older?.get(slot);
  }

  /** All that was written since the base was, by slot; of two of one slot, and of items that are gone, the later counts. */
  *recents(): Generator<[number, Recent]> {
    if (this.#older !== undefined) yield* this.#older;
    yield* this.#recents;
  }

  /** Bytes of the id table and the columns, about; not texts of ids that were written recently. */
  get bytes(): number {
    const { ids, labels, rows } = this.#base;
    const idBytes = ids.areRows ? 0 : rows * (this.idKind === 'u64' ? 8 : 4);
    return (
      this.#table.bytes +
      this.#recents.bytes +
      (this.#older?.bytes ?? 0) +
      idBytes +
      (labels ? labels.offsets.byteLength + labels.values.byteLength : 0)
    );
  }

  /** Enters the ids of all items into the table, with breaks; to be done before anything is found or changed. */
  async enterIds(signal: AbortSignal): Promise<void> {
    const first = this.#rowsAreIds;
    const table = this.#newTable(first > 0 ? this.recentCount : this.count);
    const enter = (slot: number) => {
      if (this.index.has(slot) && this.#isEntered(slot)) table.add(slot);
    };
    // Rows that are their ids' numbers needn't be looked at, but for those that were given to others.
    for (const [slot] of this.#recents) if (slot < first) enter(slot);
    const turns = new Turns();
    for (let slot = first; slot < this.#slots; slot++) {
      enter(slot);
      if ((slot & 63) === 63 && turns.isOver) {
        await turns.next();
        signal.throwIfAborted();
      }
    }
    this.#table = table;
  }

  /** The slot of an id; undefined where no item has it. */
  find(id: ItemId): number | undefined {
    const found = this.#table.find(id);
    if (found !== undefined) return found;
    const isRow = typeof id === 'number' && id < this.#rowsAreIds && this.index.has(id) && this.idAt(id) === id;
    return isRow ? (id as number) : undefined;
  }

  /** The id of an item. */
  idAt(slot: number): ItemId {
    return this.#recentId(slot) ?? this.#base.ids.at(slot);
  }

  /** Names of an item's classes. */
  labelsAt(slot: number): string[] {
    const labels = this.labelNumbersAt(slot);
    return Array.from(labels, (label) => this.classes[label]);
  }

  /** An item's classes, as indices. */
  labelNumbersAt(slot: number): ArrayLike<number> {
    const recent = this.#recents.labels(slot) ?? this.#older?.labels(slot);
    if (recent !== undefined) return recent;
    const { labels } = this.#base;
    return labels === undefined ? NO_LABELS : labels.values.subarray(labels.offsets[slot], labels.offsets[slot + 1]);
  }

  /** The index of a class; undefined for one that isn't known. */
  classOf(name: string): number | undefined {
    return this.#classOf.get(name);
  }

  /** The slots that the next new items get: the n-th, counted from 0. */
  newSlot(n: number): number {
    return n < this.#free.length ? this.#free[this.#free.length - 1 - n] : this.#slots + n - this.#free.length;
  }

  /** Takes over an item that is in the journal; its code goes into the index by itself, first where it is new. */
  put(slot: number, id: ItemId, labels: readonly string[], place: JournalPlace, isNew: boolean): void {
    this.#recents.set(slot, id, labels.length === 0 ? NO_LABELS : labels.map((name) => this.#toClass(name)), place);
    if (!isNew) return;
    this.#take(slot);
    if (this.#isEntered(slot)) this.#table.add(slot);
  }

  /** Lets an item go; it is taken out of the index by itself. */
  remove(slot: number): void {
    if (this.#isEntered(slot)) this.#table.remove(slot);
    this.#recents.delete(slot);
    this.#free.push(slot);
  }

  /**
   * The same two while the journal is read, when nothing has been entered into the table.
   *
   * @param slot any; taken or free
   */
  replayPut(slot: number, id: ItemId, labels: readonly string[], place: JournalPlace): void {
    const numbers = labels.map((name) => this.#toClass(name));
    this.#recents.set(slot, id, numbers, place);
    this.#slots = Math.max(this.#slots, slot + 1);
  }

  replayRemove(slot: number): void {
    this.#recents.delete(slot);
  }

  /** After the journal was read: finds out which slots are free. */
  replayed(): void {
    this.#free.length = 0;
    const { count } = this.index;
    if (count === this.#slots) return;
    for (let slot = this.#slots - 1; slot >= 0; slot--) if (!this.index.has(slot)) this.#free.push(slot);
  }

  /** A compaction begins: it takes over what was written so far. */
  seal(): void {
    if (this.#older === undefined || this.#older.size === 0) this.#older = this.#recents;
    // The one before came to nothing.
    else for (const [slot, recent] of this.#recents) this.#older.set(slot, recent.id, recent.labels, recent);
    this.#recents = new Recents();
  }

  /** The compaction has ended: the gallery file that contains what was written before `seal`. Gives the old one. */
  rebase(base: Base): Base {
    const old = this.#base;
    this.#base = base;
    this.#older = undefined;
    return old;
  }

  #recentId(slot: number): ItemId | undefined {
    return this.#recents.id(slot) ?? this.#older?.id(slot);
  }

  #newTable(expected: number): IdTable<ItemId> {
    return new IdTable<ItemId>(
      {
        hashOf: hashId,
        hash: (slot) => {
          const recent = this.#recentId(slot);
          return recent === undefined ? this.#base.ids.hash(slot) : hashId(recent);
        },
        matches: (slot, id) => {
          const recent = this.#recentId(slot);
          return recent === undefined ? this.#base.ids.matches(slot, id) : recent === id;
        },
      },
      expected,
    );
  }

  /** Whether the table has an item: not where its slot says it. */
  #isEntered(slot: number): boolean {
    return slot >= this.#rowsAreIds || this.idAt(slot) !== slot;
  }

  /** A slot is free no longer. It is one of the last that `newSlot` gave. */
  #take(slot: number): void {
    if (slot >= this.#slots) {
      this.#slots = slot + 1;
      return;
    }
    const at = this.#free.lastIndexOf(slot);
    this.#free[at] = this.#free[this.#free.length - 1];
    this.#free.length--;
  }

  #toClass(name: string): number {
    let label = this.#classOf.get(name);
    if (label === undefined) {
      label = this.classes.push(name) - 1;
      this.#classOf.set(name, label);
    }
    return label;
  }
}
