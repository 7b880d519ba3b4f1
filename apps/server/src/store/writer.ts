/**
 * @file Writes, one behind the other: those that wait while the disk is at work go to it together.
 *
 * A batch is resolved (which id gets which slot), written as one frame, synced, and then applied to what is searched.
 */
import type { ItemId as KeptId } from '@dqn/format';
import type { Lock } from '@dqn/format/node';
import { ServerError } from '../errors.ts';
import type { OnEvent } from './events.ts';
import type { Filters } from './filters.ts';
import type { Items } from './items.ts';
import { type Journal, type JournalPart, writesRefused } from './journal.ts';
import { packRemovals } from './journal-format.ts';
import { parseMetadata } from './metadata.ts';
import type { WriteTrouble } from './store.ts';
import { Turns } from './turns.ts';
import { type Puts, sizeOf, type Write } from './writes.ts';

/** Bytes and changes that are written together, unless one write alone has more. */
const BATCH_BYTES = 2 ** 23;
const BATCH_OPS = 8192;
/** Bytes and writes that may wait. */
const MOST_WAITING_BYTES = 2 ** 27;
const MOST_WAITING = 65_536;
/** Changes that are applied together. */
const APPLIED_AT_ONCE = 64;
/** Milliseconds after which a disk that failed is tried again: by a write, and by itself. */
const TRY_AFTER = 250;
const TRY_EVERY = 2000;

/** What is written to. */
export interface WriterOf {
  readonly path: string;
  readonly items: Items;
  readonly filters: Filters;
  readonly journal: Journal;
  readonly lock: Pick<Lock, 'check' | 'isFresh'>;
  readonly onEvent: OnEvent;
  /** Called after each batch. */
  readonly onWritten: () => void;
}

interface Waiting {
  readonly write: Write;
  readonly bytes: number;
  readonly signal: AbortSignal | undefined;
  resolve(results: boolean[]): void;
  reject(error: unknown): void;
}

/** A write of which the slots are known; those of what isn't there are left out of a removal. */
interface Resolved {
  readonly puts: Puts | undefined;
  readonly slots: readonly number[];
  /** For each that was asked for whether its item is new, or was there. */
  readonly results: boolean[];
  /** As it goes into the journal. */
  readonly bytes: Uint8Array;
}

/** Takes writes. */
export class Writer {
  readonly #of: WriterOf;
  readonly #queue: (Waiting | (() => Promise<void>))[] = [];
  #running: Promise<void> | undefined;
  #waitingBytes = 0;
  #trouble: WriteTrouble | undefined;
  #refused: ServerError | undefined;
  #lastTry = 0;
  #trying: NodeJS.Timeout | undefined;
  /** What is on the disk isn't what is searched: no write can be right any more. */
  #fatal: ServerError | undefined;
  /** Items that were written. */
  written = 0;
  /** Times that the disk was waited for. */
  syncs = 0;

  constructor(of: WriterOf) {
    this.#of = of;
  }

  /** Why writes are refused. */
  get trouble(): WriteTrouble | undefined {
    return this.#trouble;
  }

  /** Bytes that wait. */
  get waiting(): number {
    return this.#waitingBytes;
  }

  /**
   * Writes changes, all or none; gives for each whether its item was new or was there.
   *
   * @throws ServerError `WRITES_REFUSED`, `OVERLOADED`; the signal's reason, unless it is being written already
   */
  write(write: Write, signal?: AbortSignal): Promise<boolean[]> {
    const bytes = sizeOf(write);
    if (this.#fatal !== undefined) throw this.#fatal;
    if (
      this.#queue.length >= MOST_WAITING ||
      (this.#waitingBytes > 0 && this.#waitingBytes + bytes > MOST_WAITING_BYTES)
    ) {
      throw new ServerError(
        'OVERLOADED',
        `${this.#queue.length} writes of ${this.#waitingBytes} bytes wait for the disk. Try again in a second.`,
        { retryAfter: 1 },
      );
    }
    return new Promise((resolve, reject) => {
      this.#waitingBytes += bytes;
      this.#queue.push({ write, bytes, signal, resolve, reject });
      this.#start();
    });
  }

  /** Does something between two writes. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#queue.push(() => work().then(resolve, reject));
      this.#start();
    });
  }

  /** Waits for all that was asked for. */
  async close(): Promise<void> {
    clearInterval(this.#trying);
    await this.#running;
    clearInterval(this.#trying);
  }

  #start(): void {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      if (this.#queue.length > 0) this.#start();
    });
  }

  async #run(): Promise<void> {
    // What comes in the same turn is written together.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      const first = this.#queue[0];
      if (typeof first === 'function') {
        this.#queue.shift();
        await first();
        continue;
      }
      const batch = this.#take();
      try {
        await this.#writeBatch(batch);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
      this.#of.onWritten();
    }
  }

  /** The writes that go together; those that nobody wants any more are left out. */
  #take(): Waiting[] {
    const batch: Waiting[] = [];
    let bytes = 0;
    let ops = 0;
    while (this.#queue.length > 0) {
      const next = this.#queue[0];
      if (typeof next === 'function') break;
      if (batch.length > 0 && (bytes + next.bytes > BATCH_BYTES || ops + next.write.ids.length > BATCH_OPS)) break;
      this.#queue.shift();
      this.#waitingBytes -= next.bytes;
      if (next.signal?.aborted) {
        next.reject(next.signal.reason);
        continue;
      }
      bytes += next.bytes;
      ops += next.write.ids.length;
      batch.push(next);
    }
    return batch;
  }

  async #writeBatch(batch: readonly Waiting[]): Promise<void> {
    if (this.#fatal !== undefined) throw this.#fatal;
    const resolved = await this.#resolve(batch);
    const content = resolved.map(({ bytes }) => bytes).filter(({ length }) => length > 0);
    if (content.length > 0) {
      const { part, at } = await this.#append(content);
      let start = at;
      const turns = new Turns();
      for (const one of resolved) {
        await this.#apply(one, part, start, turns);
        start += one.bytes.length;
        this.written += one.slots.length;
      }
    }
    for (const [i, { resolve }] of batch.entries()) resolve(resolved[i].results);
  }

  /** Finds out which change concerns which slot, as if those before it had been applied. */
  async #resolve(batch: readonly Waiting[]): Promise<Resolved[]> {
    const turns = new Turns();
    const { items } = this.#of;
    const known = new Map<KeptId, number | undefined>();
    const slotOf = (id: KeptId) => (known.has(id) ? known.get(id) : items.find(id));
    let added = 0;
    const resolved: Resolved[] = [];
    for (const { write } of batch) {
      if (turns.isOver) await turns.next();
      const slots: number[] = [];
      const results: boolean[] = [];
      if (write.kind === 'put') {
        const { ids, packed } = write;
        for (let i = 0; i < ids.length; i++) {
          if ((i & 31) === 31 && turns.isOver) await turns.next();
          const there = slotOf(ids[i]);
          const slot = there ?? items.newSlot(added++);
          known.set(ids[i], slot);
          packed.setSlot(i, slot);
          slots.push(slot);
          results.push(there === undefined);
        }
        resolved.push({ puts: write, slots, results, bytes: packed.bytes });
        continue;
      }
      for (const id of write.ids) {
        if (turns.isOver) await turns.next();
        const there = id === undefined ? undefined : slotOf(id);
        if (there !== undefined) {
          known.set(id!, undefined);
          slots.push(there);
        }
        results.push(there !== undefined);
      }
      resolved.push({ puts: undefined, slots, results, bytes: packRemovals(slots) });
    }
    return resolved;
  }

  async #append(content: readonly Uint8Array[]): Promise<{ part: JournalPart; at: number }> {
    const { journal, path } = this.#of;
    await this.#checkLock();
    if (journal.isBroken && this.#refused !== undefined && performance.now() - this.#lastTry < TRY_AFTER) {
      throw this.#refused;
    }
    try {
      await journal.repair();
      const place = await journal.append(content);
      this.syncs++;
      this.#recovered();
      return place;
    } catch (error) {
      this.#lastTry = performance.now();
      this.#refused = writesRefused(path, error);
      this.#refuse(this.#refused);
      throw this.#refused;
    }
  }

  /** After a pause, of the process or of its machine, another one may have the gallery. */
  async #checkLock(): Promise<void> {
    const { lock } = this.#of;
    if (lock.isFresh) return;
    try {
      await lock.check();
    } catch (cause) {
      const why = `${(cause as Error).message} Nothing was written; start the server again.`;
      this.#fatal = new ServerError('WRITES_REFUSED', why, { cause, retryAfter: 60 });
      this.#refuse(this.#fatal);
      throw this.#fatal;
    }
  }

  #refuse({ message }: ServerError): void {
    if (this.#trouble !== undefined) return;
    const code = /\((ENOSPC|EDQUOT|EFBIG)\)/.test(message) ? 'DISK_FULL' : 'WRITE_FAILED';
    this.#trouble = { code, message, since: Date.now() };
    this.#of.onEvent({ kind: 'refusing', message });
    this.#trying = setInterval(() => {
      void this.alone(async () => {
        const { journal } = this.#of;
        if (!journal.isBroken) return;
        this.#lastTry = performance.now();
        await journal.tryAgain();
        this.#recovered();
      }).catch(() => undefined);
    }, TRY_EVERY);
    this.#trying.unref();
  }

  #recovered(): void {
    if (this.#trouble === undefined || this.#fatal !== undefined) return;
    const { since } = this.#trouble;
    this.#trouble = undefined;
    clearInterval(this.#trying);
    this.#of.onEvent({
      kind: 'recovered',
      message: `Writes are taken again, after ${((Date.now() - since) / 1000).toFixed(1)} s.`,
    });
  }

  /** Lets searches see what is in the journal now, from `start` on. */
  async #apply(write: Resolved, part: JournalPart, start: number, turns: Turns): Promise<void> {
    const { length } = write.slots;
    for (let from = 0; from < length; from += APPLIED_AT_ONCE) {
      if (turns.isOver) await turns.next();
      const to = Math.min(from + APPLIED_AT_ONCE, length);
      try {
        this.#changeIndex(write, from, to);
      } catch (cause) {
        this.#fatal = new ServerError(
          'WRITES_REFUSED',
          `There is no memory for what was written (${String(cause)}). It is in the journal; start the server again with more.`,
          { cause, retryAfter: 60 },
        );
        this.#refuse(this.#fatal);
        throw this.#fatal;
      }
      for (let i = from; i < to; i++) this.#changeItem(write, i, part, start);
    }
  }

  #changeIndex({ puts, slots }: Resolved, from: number, to: number): void {
    const { index } = this.#of.items;
    if (puts === undefined) {
      index.remove(slots.slice(from, to));
      return;
    }
    // Of two with one id the later one counts.
    const last = new Map<number, number>();
    for (let i = from; i < to; i++) last.set(slots[i], i);
    const codes = new Uint8Array(last.size * index.M);
    const { bytes, codeAt } = puts.packed;
    let at = 0;
    for (const i of last.values()) for (let m = 0; m < index.M; m++) codes[at++] = bytes[codeAt[i] + m];
    index.upsert(last.keys(), codes);
  }

  #changeItem({ puts, slots, results }: Resolved, i: number, part: JournalPart, start: number): void {
    const { items, filters } = this.#of;
    const slot = slots[i];
    if (puts === undefined) {
      items.remove(slot);
      return;
    }
    const { packed, ids, labels } = puts;
    const metadataAt = packed.metadataAt[i];
    const metadataLength = packed.metadataLength[i];
    const thumbnailLength = packed.thumbnailLength[i];
    const place = { part, metadataAt: start + metadataAt, metadataLength, thumbnailLength };
    items.put(slot, ids[i], labels[i], place, results[i]);
    if (!filters.isWatching) return;
    const metadata = parseMetadata(packed.bytes.subarray(metadataAt, metadataAt + metadataLength));
    filters.put(slot, items.labelNumbersAt(slot), metadata);
  }
}
