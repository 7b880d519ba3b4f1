/**
 * @file Writes, one behind the other: those that wait while the disk is at work go to it together.
 *
 * A batch is resolved (which id gets which slot), written as one frame, synced, and then applied to what is searched.
 */
import type { ItemId as KeptId } from '@dqn/format';
import { ServerError } from '../errors.ts';
import type { OnEvent } from './events.ts';
import type { Filters } from './filters.ts';
import type { Items } from './items.ts';
import { type Journal, type JournalPart, writesRefused } from './journal.ts';
import { packRemoval } from './journal-format.ts';
import type { WriteTrouble } from './store.ts';
import { type Op, sizeOf } from './writes.ts';

/** Bytes and changes that are written together, unless one write alone has more. */
const BATCH_BYTES = 2 ** 23;
const BATCH_OPS = 8192;
/** Bytes and writes that may wait. */
const MOST_WAITING_BYTES = 2 ** 27;
const MOST_WAITING = 65_536;
/** Changes that are applied between two breaks. */
const APPLIED_AT_ONCE = 512;
/** Milliseconds after which a disk that failed is tried again: by a write, and by itself. */
const TRY_AFTER = 250;
const TRY_EVERY = 2000;

/** What is written to. */
export interface WriterOf {
  readonly path: string;
  readonly items: Items;
  readonly filters: Filters;
  readonly journal: Journal;
  readonly onEvent: OnEvent;
  /** Called after each batch. */
  readonly onWritten: () => void;
}

interface Waiting {
  readonly ops: readonly Op[];
  readonly bytes: number;
  readonly signal: AbortSignal | undefined;
  resolve(results: boolean[]): void;
  reject(error: unknown): void;
}

/** A change with its slot. */
type Resolved =
  | { readonly kind: 'put'; readonly slot: number; readonly isNew: boolean; readonly op: Extract<Op, { kind: 'put' }> }
  | { readonly kind: 'remove'; readonly slot: number };

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
  write(ops: readonly Op[], signal?: AbortSignal): Promise<boolean[]> {
    const bytes = sizeOf(ops);
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
      this.#queue.push({ ops, bytes, signal, resolve, reject });
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
      if (batch.length > 0 && (bytes + next.bytes > BATCH_BYTES || ops + next.ops.length > BATCH_OPS)) break;
      this.#queue.shift();
      this.#waitingBytes -= next.bytes;
      if (next.signal?.aborted) {
        next.reject(next.signal.reason);
        continue;
      }
      bytes += next.bytes;
      ops += next.ops.length;
      batch.push(next);
    }
    return batch;
  }

  async #writeBatch(batch: readonly Waiting[]): Promise<void> {
    if (this.#fatal !== undefined) throw this.#fatal;
    const { changes, results } = this.#resolve(batch);
    if (changes.length > 0) {
      const content: Uint8Array[] = [];
      for (const change of changes) {
        if (change.kind === 'remove') {
          content.push(packRemoval(change.slot));
          continue;
        }
        const { bytes } = change.op;
        new DataView(bytes.buffer, bytes.byteOffset).setUint32(1, change.slot, true);
        content.push(bytes);
      }
      const { part, at } = await this.#append(content);
      await this.#apply(changes, part, at);
      this.written += changes.length;
    }
    for (const [i, { resolve }] of batch.entries()) resolve(results[i]);
  }

  /** Finds out which change concerns which slot, as if those before it had been applied. */
  #resolve(batch: readonly Waiting[]): { changes: Resolved[]; results: boolean[][] } {
    const { items } = this.#of;
    const slots = new Map<KeptId, number | undefined>();
    const slotOf = (id: KeptId) => (slots.has(id) ? slots.get(id) : items.find(id));
    const changes: Resolved[] = [];
    let added = 0;
    const results = batch.map(({ ops }) =>
      ops.map((op) => {
        const known = op.id === undefined ? undefined : slotOf(op.id);
        if (op.kind === 'remove') {
          if (known === undefined) return false;
          changes.push({ kind: 'remove', slot: known });
          slots.set(op.id!, undefined);
          return true;
        }
        const slot = known ?? items.newSlot(added++);
        slots.set(op.id, slot);
        changes.push({ kind: 'put', slot, isNew: known === undefined, op });
        return known === undefined;
      }),
    );
    return { changes, results };
  }

  async #append(content: readonly Uint8Array[]): Promise<{ part: JournalPart; at: number }> {
    const { journal, path } = this.#of;
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

  /** Lets searches see what is in the journal now. */
  async #apply(changes: readonly Resolved[], part: JournalPart, start: number): Promise<void> {
    let at = start;
    for (let from = 0; from < changes.length; from += APPLIED_AT_ONCE) {
      if (from > 0) await new Promise((resolve) => setImmediate(resolve));
      const some = changes.slice(from, from + APPLIED_AT_ONCE);
      try {
        this.#changeIndex(some);
      } catch (cause) {
        this.#fatal = new ServerError(
          'WRITES_REFUSED',
          `There is no memory for what was written (${String(cause)}). It is in the journal; start the server again with more.`,
          { cause, retryAfter: 60 },
        );
        this.#refuse(this.#fatal);
        throw this.#fatal;
      }
      for (const change of some) at = this.#changeItem(change, part, at);
    }
  }

  #changeIndex(changes: readonly Resolved[]): void {
    const { index } = this.#of.items;
    const last = new Map<number, Uint8Array | undefined>();
    for (const change of changes) last.set(change.slot, change.kind === 'put' ? change.op.code : undefined);
    const gone: number[] = [];
    const slots: number[] = [];
    const codes = new Uint8Array(last.size * index.M);
    for (const [slot, code] of last) {
      if (code === undefined) {
        gone.push(slot);
        continue;
      }
      codes.set(code, slots.length * index.M);
      slots.push(slot);
    }
    if (slots.length > 0) index.upsert(slots, codes.subarray(0, slots.length * index.M));
    if (gone.length > 0) index.remove(gone);
  }

  /** Gives where the next change stands in the journal. */
  #changeItem(change: Resolved, part: JournalPart, at: number): number {
    const { items, filters } = this.#of;
    if (change.kind === 'remove') {
      items.remove(change.slot);
      return at + 5;
    }
    const { slot, op, isNew } = change;
    const { id, labels, metadata, bytes, metadataAt, metadataLength, thumbnailLength } = op;
    const recent = { id, part, metadataAt: at + metadataAt, metadataLength, thumbnailLength };
    items.put(slot, recent, labels, isNew);
    filters.put(slot, items.labelNumbersAt(slot), metadata);
    return at + bytes.length;
  }
}
