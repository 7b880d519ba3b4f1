/**
 * @file Writes: what waits while the database is at work is written together, in one insert.
 *
 * An item's place is its code and its id. What puts it at another place writes, in the same block of rows, that it is gone
 * from the place where it was; so a reader sees it at one of them. The cells in which an item may lie are written before
 * it: if we end in between, the next write of the item finds whatever was written.
 */
import { ServerError } from '../../errors.ts';
import type { PutParts } from '../journal-format.ts';
import type { Metadata } from '../store.ts';
import { Turns } from '../turns.ts';
import { MOST_ITEMS, MOST_WRITE_BYTES } from '../writes.ts';
import { type CellSubspaces, cellOf } from './cells.ts';
import { type ItemReads, type PlaceState, placesOf } from './lookup.ts';
import { membersOf } from './members.ts';
import { codeColumns } from './schema.ts';
import { escaped, escapedBytes, literals } from './text.ts';

/** An item to be put, or (without parts) to be removed. */
export interface Change {
  /** undefined for what can be no id of the gallery. */
  readonly id: string | undefined;
  readonly parts?: PutParts | undefined;
}

/** What the writer needs, and whom it tells. */
export interface WriterPlace extends ItemReads {
  readonly cell: CellSubspaces;
  /** Names of the classes; those that are new are added. */
  readonly classes: { has(name: string): boolean; add(name: string): void };
  /** An item came to a cell (1) or left it (−1). */
  readonly onMoved: (cell: number, by: number) => void;
}

interface Waiting {
  readonly changes: readonly Change[];
  readonly bytes: number;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (results: boolean[]) => void;
  readonly reject: (error: unknown) => void;
}

/** Bytes of writes that may wait. */
const MOST_WAITING = 2 ** 29;

/** Writes, one batch after the other. */
export class Writes {
  readonly #place: WriterPlace;
  readonly #queue: Waiting[] = [];
  #waiting = 0;
  #running: Promise<void> | undefined;
  #last = 0n;
  /** Told from other processes' versions of the same millisecond. */
  readonly #nonce = BigInt(Math.floor(Math.random() * 2 ** 20));
  written = 0;
  inserts = 0;

  constructor(place: WriterPlace) {
    this.#place = place;
  }

  /** Bytes that wait. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Whether each was there (put: whether it is new). @throws ServerError `OVERLOADED` …; the signal's reason */
  write(changes: readonly Change[], signal?: AbortSignal): Promise<boolean[]> {
    const bytes = changes.reduce(
      (sum, { parts }) => sum + 64 + (parts ? parts.metadata.length + parts.thumbnail.length : 0),
      0,
    );
    if (this.#waiting + bytes > MOST_WAITING && this.#waiting > 0) {
      const text = `${this.#waiting} bytes wait to be written to ClickHouse; try again when they are.`;
      return Promise.reject(new ServerError('OVERLOADED', text, { retryAfter: 1 }));
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ changes, bytes, signal, resolve, reject });
      this.#waiting += bytes;
      this.#run();
    });
  }

  /** Waits for everything that was begun. */
  async settled(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  /** Runs something while nothing is written. */
  async alone<T>(work: () => Promise<T>): Promise<T> {
    // Looked at and taken in one turn, or a write could begin between the two.
    while (this.#running !== undefined) await this.#running;
    const result = work();
    const ended = result.then(
      () => undefined,
      () => undefined,
    );
    this.#running = ended.then(() => {
      this.#running = undefined;
      this.#run();
    });
    return result;
  }

  #run(): void {
    if (this.#running !== undefined || this.#queue.length === 0) return;
    this.#running = this.#writeNext().finally(() => {
      this.#running = undefined;
      this.#run();
    });
  }

  async #writeNext(): Promise<void> {
    const batch: Waiting[] = [];
    let bytes = 0;
    let items = 0;
    while (this.#queue.length > 0) {
      const [next] = this.#queue;
      if (batch.length > 0 && (items + next.changes.length > MOST_ITEMS || bytes + next.bytes > MOST_WRITE_BYTES))
        break;
      this.#queue.shift();
      this.#waiting -= next.bytes;
      if (next.signal?.aborted) {
        next.reject(next.signal.reason);
        continue;
      }
      batch.push(next);
      bytes += next.bytes;
      items += next.changes.length;
    }
    if (batch.length === 0) return;
    try {
      const results = await this.#write(batch.map(({ changes }) => changes));
      for (const [i, { resolve }] of batch.entries()) resolve(results[i]);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  /** Works the changes out one after the other; what stays of them at the end is written. */
  async #write(all: readonly (readonly Change[])[]): Promise<boolean[][]> {
    const ids = new Set(all.flatMap((changes) => changes.map(({ id }) => id)).filter((id) => id !== undefined));
    const states = statesById(ids.size === 0 ? [] : await placesOf(this.#place, [...ids]));
    const there = new Set<string>();
    for (const [id, places] of states) if (places.some(({ isGone }) => isGone === 0)) there.add(id);
    const last = new Map<string, PutParts | undefined>();
    const results = all.map((changes) =>
      changes.map(({ id, parts }) => {
        if (id === undefined) return false;
        const isThere = there.has(id);
        if (parts !== undefined) there.add(id);
        else there.delete(id);
        if (parts !== undefined || isThere) last.set(id, parts);
        return parts === undefined ? isThere : !isThere;
      }),
    );
    await this.#insert(last, states);
    return results;
  }

  async #insert(
    last: ReadonlyMap<string, PutParts | undefined>,
    states: ReadonlyMap<string, PlaceState[]>,
  ): Promise<void> {
    if (last.size === 0) return;
    const { engine, all, M, cell: subspaces, classes, onMoved } = this.#place;
    const version = this.#next(states);
    const items: string[] = [];
    const places: string[] = [];
    const thumbnails: Uint8Array[] = [];
    const names = new Set<string>();
    const moved: [cell: number, by: number][] = [];
    const turns = new Turns();
    for (const [id, parts] of last) {
      if (turns.isOver) await turns.next();
      const idField = escaped(id);
      const place = parts?.code.join();
      for (const { code, isGone } of states.get(id) ?? []) {
        if (isGone !== 0) continue;
        const cell = cellOf(code, subspaces);
        moved.push([cell, -1]);
        if (code.join() !== place) items.push(`${cell}\t${code.join('\t')}\t${idField}\t[]\t[]\t\t0\t1\t${version}\n`);
      }
      if (parts === undefined) continue;
      const { code, labels, metadata, thumbnail } = parts;
      const cell = cellOf(code, subspaces);
      moved.push([cell, 1]);
      const members = metadata === '' ? [] : membersOf(JSON.parse(metadata) as Metadata);
      items.push(
        `${cell}\t${code.join('\t')}\t${idField}\t${literals(labels)}\t${literals(members)}\t${escaped(metadata)}\t` +
          `${thumbnail.length > 0 ? 1 : 0}\t0\t${version}\n`,
      );
      if (!(states.get(id) ?? []).some((state) => cellOf(state.code, subspaces) === cell))
        places.push(`${idField}\t${cell}\n`);
      if (thumbnail.length > 0) {
        thumbnails.push(Buffer.from(`${idField}\t${version}\t`), escapedBytes(thumbnail), Buffer.from('\n'));
      }
      for (const name of labels) if (!classes.has(name)) names.add(name);
    }
    const newClasses = [...names].map((name, i) => `${escaped(name)}\t${version + BigInt(i)}\n`);
    await Promise.all([
      this.#send(all.places, ['id', 'cell'], places),
      this.#send(all.classes, ['name', 'number'], newClasses),
      thumbnails.length > 0 && engine.insert(all.thumbnails, ['id', 'version', 'bytes'], Buffer.concat(thumbnails)),
    ]);
    const columns = [
      'cell',
      ...codeColumns(M),
      'id',
      'labels',
      'members',
      'metadata',
      'hasThumbnail',
      'deleted',
      'version',
    ];
    await this.#send(all.items, columns, items);
    for (const name of names) classes.add(name);
    for (const [cell, by] of moved) onMoved(cell, by);
    this.written += last.size;
    this.inserts++;
  }

  async #send(table: string, columns: readonly string[], rows: readonly string[]): Promise<void> {
    if (rows.length > 0) await this.#place.engine.insert(table, columns, Buffer.from(rows.join('')));
  }

  /** Higher than what it takes the place of, whoever wrote that and whatever their clock said. */
  #next(states: ReadonlyMap<string, PlaceState[]>): bigint {
    let ms = BigInt(Date.now());
    const above = (version: bigint) => {
      if (version >> 20n >= ms) ms = (version >> 20n) + 1n;
    };
    above(this.#last);
    for (const places of states.values()) for (const { newest } of places) above(BigInt(newest));
    this.#last = (ms << 20n) | this.#nonce;
    return this.#last;
  }
}

function statesById(states: readonly PlaceState[]): Map<string, PlaceState[]> {
  const byId = new Map<string, PlaceState[]>();
  for (const state of states) {
    const known = byId.get(state.id);
    if (known === undefined) byId.set(state.id, [state]);
    else known.push(state);
  }
  return byId;
}
