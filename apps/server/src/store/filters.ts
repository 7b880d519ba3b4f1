/**
 * @file Which items a search may find, as the index takes it: a set of slots for each condition, kept up to date by every
 * write, so that a filter that comes again costs nothing.
 *
 * Labels are in memory. A member of the metadata is read for all items when it is first asked for, and kept from then on.
 */
import type { PqIndex } from '@dqn/pq';
import { ServerError } from '../errors.ts';
import { Bitmap } from './bitmap.ts';
import { keyOf, type Test, toTest } from './conditions.ts';
import { shown, toKept } from './ids.ts';
import type { Items } from './items.ts';
import { Journal } from './journal.ts';
import { parseMetadata } from './metadata.ts';
import type { ItemFilter, Metadata } from './store.ts';

/** What the index is told. */
export type IndexFilter = NonNullable<Parameters<PqIndex['search']>[1]['filter']>;

/** Conditions and members that are kept; the one used last stands last. A filter may have so many members. */
const MOST_CLAUSES = 64;
export const MOST_MEMBERS = 16;
/** Rows whose metadata are read at a time. */
const ROWS_AT_ONCE = 1024;

interface Clause {
  readonly slots: Bitmap;
  /** Whether an item with this belongs to it. */
  readonly test: (labels: ArrayLike<number>, metadata: Metadata | undefined) => boolean;
}

/** A member's value by slot. */
interface Member {
  readonly values: unknown[];
  /** Slots that were written while it was read. */
  touched: Set<number> | undefined;
  ready: Promise<void>;
}

/** Filters over some items. */
export class Filters {
  readonly #items: Items;
  readonly #clauses = new Map<string, Clause>();
  readonly #members = new Map<string, Member>();
  readonly #closed: AbortSignal;
  /** Filters are prepared one after the other, or they would put each other's members out. */
  #turn: Promise<void> = Promise.resolve();

  /** @param closed aborted when nobody wants members any more */
  constructor(items: Items, closed: AbortSignal) {
    this.#items = items;
    this.#closed = closed;
  }

  /**
   * Checks a filter, and reads what it needs, for `now`, which is to be asked at once.
   *
   * @throws ServerError `BAD_FILTER`, `UNKNOWN_LABEL`; FormatError where metadata can't be read; the signal's reason
   */
  async prepare(filter: ItemFilter, signal?: AbortSignal): Promise<void> {
    const before = this.#turn;
    let end = (): void => {};
    const own = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.#turn = before.then(() => own);
    try {
      await orAborted(before, signal);
      await this.#prepare(filter, signal);
    } finally {
      end();
    }
  }

  async #prepare({ labels, metadata }: ItemFilter, signal?: AbortSignal): Promise<void> {
    for (const name of labels ?? []) this.#classOf(name);
    const members = Object.entries(metadata ?? {});
    if (members.length > MOST_MEMBERS) {
      throw new ServerError('BAD_FILTER', `A filter on ${members.length} members; expected up to ${MOST_MEMBERS}.`);
    }
    for (const [name, condition] of members) {
      toTest(name, condition);
      if (!this.#clauses.has(keyOf(name, condition))) await orAborted(this.#member(name).ready, signal);
    }
  }

  /** The filter for the index, valid until something is written; undefined where it has to be prepared (again). */
  now({ labels, ids, metadata }: ItemFilter): IndexFilter | undefined {
    const sets: Bitmap[] = [];
    for (const [name, condition] of Object.entries(metadata ?? {})) {
      const slots = this.#metadataClause(name, keyOf(name, condition), toTest(name, condition));
      if (slots === undefined) return undefined;
      sets.push(slots);
    }
    if (labels !== undefined) {
      const each = labels.map((name) => this.#labelClause(this.#classOf(name)));
      sets.push(each.length === 1 ? each[0] : each.reduce((all, one) => all.or(one), new Bitmap(0)));
    }
    if (ids === undefined) return { bitmap: sets.reduce((all, one) => all.and(one)).words };
    const slots = new Set<number>();
    for (const id of ids) {
      const kept = toKept(id, this.#items.idKind);
      const slot = kept === undefined ? undefined : this.#items.find(kept);
      if (slot !== undefined && sets.every((set) => set.has(slot))) slots.add(slot);
    }
    return { ids: Uint32Array.from(slots) };
  }

  /** Whether `put` has to be told. */
  get isWatching(): boolean {
    return this.#clauses.size > 0 || this.#members.size > 0;
  }

  /** To be told of each item that was put. */
  put(slot: number, labels: ArrayLike<number>, metadata: Metadata | undefined): void {
    for (const { slots, test } of this.#clauses.values()) slots.set(slot, test(labels, metadata));
    for (const [name, member] of this.#members) {
      member.values[slot] = memberOf(metadata, name);
      member.touched?.add(slot);
    }
  }

  #classOf(name: string): number {
    const label = typeof name === 'string' ? this.#items.classOf(name) : undefined;
    if (label !== undefined) return label;
    throw unknownLabel(name, this.#items.classes);
  }

  #labelClause(label: number): Bitmap {
    const has = (labels: ArrayLike<number>) => Array.prototype.includes.call(labels, label);
    return this.#clause(String(label), has, (slots) => {
      const { base } = this.#items;
      const recents = new Map(this.#items.recents());
      if (base.labels !== undefined) {
        const { offsets, values } = base.labels;
        let row = 0;
        for (let i = values.indexOf(label); i >= 0; i = values.indexOf(label, i + 1)) {
          row = rowOf(offsets, i, row);
          if (!recents.has(row)) slots.set(row, true);
        }
      }
      for (const [slot, { labels }] of recents) slots.set(slot, has(labels));
    });
  }

  #metadataClause(name: string, key: string, test: Test): Bitmap | undefined {
    const member = this.#members.get(name);
    if (!this.#clauses.has(key) && (member === undefined || member.touched !== undefined)) return undefined;
    const passes = (metadata: Metadata | undefined) => {
      const value = memberOf(metadata, name);
      return value !== undefined && test(value);
    };
    return this.#clause(
      key,
      (_, metadata) => passes(metadata),
      (slots) => {
        const { values } = member!;
        for (let slot = 0; slot < values.length; slot++) {
          const value = values[slot];
          if (value !== undefined && test(value)) slots.set(slot, true);
        }
      },
    );
  }

  #clause(key: string, test: Clause['test'], fill: (slots: Bitmap) => void): Bitmap {
    let clause = this.#clauses.get(key);
    if (clause === undefined) {
      clause = { slots: new Bitmap(this.#items.slots), test };
      fill(clause.slots);
    }
    this.#clauses.delete(key);
    this.#clauses.set(key, clause);
    if (this.#clauses.size > MOST_CLAUSES) this.#clauses.delete(this.#clauses.keys().next().value!);
    return clause.slots;
  }

  /** A member of all items. */
  #member(name: string): Member {
    let member = this.#members.get(name);
    if (member === undefined) {
      member = { values: new Array(this.#items.slots).fill(undefined), touched: new Set(), ready: Promise.resolve() };
      member.ready = this.#read(name, member);
      member.ready.catch(() => this.#members.delete(name));
    }
    this.#members.delete(name);
    this.#members.set(name, member);
    if (this.#members.size > MOST_MEMBERS) this.#forgetMember();
    return member;
  }

  /** Forgets the one that was asked for longest ago, unless it is being read. */
  #forgetMember(): void {
    for (const [name, { touched }] of this.#members) {
      if (touched === undefined) {
        this.#members.delete(name);
        return;
      }
    }
  }

  /** Reads what there is now; what is written meanwhile is told. */
  async #read(name: string, { values, touched }: Member): Promise<void> {
    const { base, index } = this.#items;
    const before = new Map(this.#items.recents());
    const set = (slot: number, metadata: Metadata | undefined) => {
      if (!touched!.has(slot)) values[slot] = memberOf(metadata, name);
    };
    // The files are kept open meanwhile: a compaction may be done with them.
    const parts = [...new Set([...before.values()].map(({ part }) => part.file))];
    const held = parts.reduce<() => Promise<void>>(
      (work, file) => () => file.use(work),
      async () => {
        for (const [slot, { part, metadataAt, metadataLength }] of before) {
          if (metadataLength === 0 || touched!.has(slot)) continue;
          this.#closed.throwIfAborted();
          set(slot, parseMetadata(await Journal.read(part, metadataAt, metadataLength)));
        }
      },
    );
    await base.gallery.use(async (gallery) => {
      await held();
      for (let first = 0; first < base.rows; first += ROWS_AT_ONCE) {
        this.#closed.throwIfAborted();
        const rows: number[] = [];
        for (let row = first; row < Math.min(first + ROWS_AT_ONCE, base.rows); row++) {
          if (!before.has(row) && !touched!.has(row) && index.has(row)) rows.push(row);
        }
        if (rows.length > 0) {
          const found = await gallery.metadata(rows);
          for (const [i, row] of rows.entries()) set(row, found[i] as Metadata | undefined);
        }
        await new Promise((resolve) => setImmediate(resolve));
      }
    });
    const member = this.#members.get(name);
    if (member?.values === values) member.touched = undefined;
  }
}

/** A class that the gallery doesn't have. */
export function unknownLabel(name: unknown, classes: readonly string[]): ServerError {
  const some = classes.slice(0, 10).map(shown).join(', ') + (classes.length > 10 ? ', …' : '');
  return new ServerError(
    'UNKNOWN_LABEL',
    `No class of this gallery is called ${shown(name)}; there are ${some || 'none'}.`,
  );
}

function memberOf(metadata: Metadata | undefined, name: string): unknown {
  return metadata !== undefined && Object.hasOwn(metadata, name) ? metadata[name] : undefined;
}

/** The row that a value at place `i` belongs to; not before `from`. */
function rowOf(offsets: Uint32Array, i: number, from: number): number {
  let low = from;
  let high = offsets.length - 2;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (offsets[middle] <= i) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Waits, unless it takes longer than the signal. */
async function orAborted(work: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return work;
  signal.throwIfAborted();
  let stop = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop);
  });
  try {
    await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
