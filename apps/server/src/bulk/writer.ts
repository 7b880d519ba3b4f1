/** @file Writes the entries of a stream in pieces, in their order, and answers each when it is durable. */

import { explain, type Problem, problemOf } from '../errors.ts';
import type { NewItem } from '../items.ts';
import type { Retriever } from '../retriever.ts';
import type { ItemId } from '../store/store.ts';
import type { BulkEntry } from './entries.ts';

/** What became of an entry. */
export interface BulkLine {
  /** Position in the stream, from 0. */
  readonly index: number;
  readonly id?: ItemId;
  readonly status: keyof BulkSum;
  readonly problem?: Problem;
}

/** How many entries ended how. */
export interface BulkSum {
  created: number;
  replaced: number;
  removed: number;
  /** To be removed, and not there. */
  absent: number;
  failed: number;
}

/** Images are embedded together in batches of this order; more would only wait. */
const IMAGES = 32;
/** Vectors and codes: each piece is written to the disk once. */
const ITEMS = 2048;
/** Of the stream: a piece goes to the disk as one record, whose size has a limit. */
const BYTES = 2 ** 24;

interface Piece {
  readonly puts: NewItem[];
  readonly removes: ItemId[];
  readonly entries: { index: number; id: ItemId | undefined }[];
  readonly ids: Set<string>;
  images: number;
  bytes: number;
}

/** Takes entries; hands them on in pieces of one kind, of which each id is in once, one piece after the other. */
export class BulkWriter {
  readonly sum: BulkSum = { created: 0, replaced: 0, removed: 0, absent: 0, failed: 0 };
  readonly #retriever: Retriever;
  readonly #signal: AbortSignal;
  readonly #answer: (line: BulkLine) => void;
  #piece = newPiece();
  #writing: Promise<void> = Promise.resolve();
  #index = 0;

  constructor(retriever: Retriever, signal: AbortSignal, answer: (line: BulkLine) => void) {
    this.#retriever = retriever;
    this.#signal = signal;
    this.#answer = answer;
  }

  /**
   * What it gives is to be waited for before the next one is taken: there only is something where a piece is full.
   *
   * @throws what makes it useless to go on
   */
  take({ id, bytes, ask }: BulkEntry): Promise<void> | undefined {
    const index = this.#index++;
    if ('fail' in ask) {
      this.#fail(index, id, ask.fail);
      return undefined;
    }
    const isPut = 'put' in ask;
    const name = String(id);
    const piece = this.#piece;
    const isFull = piece.images >= IMAGES || piece.entries.length >= ITEMS || piece.bytes + bytes > BYTES;
    const isOver = isFull || piece.ids.has(name) || (isPut ? piece.removes : piece.puts).length > 0;
    const sent = isOver ? this.#send() : undefined;
    // What comes next goes into the piece that is new now.
    const { puts, removes, entries, ids } = this.#piece;
    if (isPut) {
      puts.push(ask.put);
      if (ask.put.image !== undefined) this.#piece.images++;
    } else removes.push(ask.remove);
    this.#piece.bytes += bytes;
    entries.push({ index, id });
    ids.add(name);
    return sent;
  }

  /** Has what was taken written as soon as the piece before is: there may be no more of it for a while. */
  hurry(): void {
    // What fails is heard of by whoever takes the next one, or flushes.
    if (this.#piece.entries.length > 0) this.#send().catch(() => {});
  }

  /** Writes what was taken. */
  async flush(): Promise<void> {
    this.#send().catch(() => {});
    await this.#writing;
  }

  /** Lines the piece up, and gives the end of the one before. */
  #send(): Promise<void> {
    const piece = this.#piece;
    this.#piece = newPiece();
    const before = this.#writing;
    this.#writing = before.then(() => (piece.entries.length > 0 ? this.#write(piece) : undefined));
    this.#writing.catch(() => {});
    return before;
  }

  async #write({ puts, removes, entries, images }: Piece): Promise<void> {
    const o = { signal: this.#signal };
    if (removes.length > 0) {
      const outcome = await this.#try(() => this.#retriever.remove(removes, o), entries);
      outcome?.forEach((wasThere, i) => {
        this.#done(entries[i], wasThere ? 'removed' : 'absent');
      });
      return;
    }
    if (images === 0) {
      try {
        (await this.#retriever.add(puts, o)).forEach((isNew, i) => {
          this.#done(entries[i], isNew ? 'created' : 'replaced');
        });
        return;
      } catch (error) {
        if (!isItsOwn(error)) {
          for (const { index, id } of entries) this.#fail(index, id, error);
          throw error;
        }
      }
    }
    // One by one and at the same time, so that each has its own answer; they share runs of the network and of the disk.
    const outcomes = await Promise.allSettled(puts.map((item) => this.#retriever.add([item], o)));
    let useless: unknown;
    outcomes.forEach((outcome, i) => {
      if (outcome.status === 'fulfilled') this.#done(entries[i], outcome.value[0] ? 'created' : 'replaced');
      else {
        this.#fail(entries[i].index, entries[i].id, outcome.reason);
        if (!isItsOwn(outcome.reason)) useless ??= outcome.reason;
      }
    });
    if (useless !== undefined) throw useless;
  }

  async #try<T>(work: () => Promise<T>, entries: Piece['entries']): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      for (const { index, id } of entries) this.#fail(index, id, error);
      if (!isItsOwn(error)) throw error;
      return undefined;
    }
  }

  #done({ index, id }: Piece['entries'][number], status: keyof BulkSum): void {
    this.sum[status]++;
    this.#answer({ index, ...(id !== undefined && { id }), status });
  }

  #fail(index: number, id: ItemId | undefined, error: unknown): void {
    this.sum.failed++;
    this.#answer({ index, ...(id !== undefined && { id }), status: 'failed', problem: problemOf(error) });
  }
}

function newPiece(): Piece {
  return { puts: [], removes: [], entries: [], ids: new Set(), images: 0, bytes: 0 };
}

/** Whether it is the item that is wrong, and the next one may be right. */
function isItsOwn(error: unknown): boolean {
  const { status } = explain(error);
  return status < 500 && status !== 403 && status !== 429 && status !== 499;
}
