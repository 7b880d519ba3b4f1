/**
 * @file Compactions: what the journal holds goes into the gallery file, while writes and searches go on.
 *
 * 1. The journal is sealed: what is written from now on goes into another file of it.
 * 2. A thread writes a new gallery file beside the old one, of that and the sealed journals.
 * 3. The open journal notes the new file's identity, and that it contains all before.
 * 4. The new file is renamed over the old one.
 * 5. The sealed journals are removed.
 *
 * Killed before 4, the old file and all journals are there; after it, the new one, and the note says which journals it
 * contains.
 */
import { dirname } from 'node:path';
import type { Lock } from '@dqn/format/node';
import type { Codebook } from '@dqn/pq';
import { readBase } from './base.ts';
import type { OnEvent } from './events.ts';
import type { Files } from './files.ts';
import { type Folded, type FoldInput, fold, partOf } from './fold.ts';
import { foldInThread } from './fold-thread.ts';
import type { Items } from './items.ts';
import type { Journal } from './journal.ts';
import { openFolded } from './open-base.ts';
import type { Writer } from './writer.ts';

/** Compactions begin by themselves from so many items and bytes in the journal, and from these shares of the file. */
const FROM_ITEMS = 65_536;
const FROM_BYTES = 2 ** 26;
const ITEMS_SHARE = 1 / 8;
const BYTES_SHARE = 1 / 4;
/** Milliseconds until a compaction that failed is tried again. */
const TRY_AGAIN_AFTER = 30_000;

/** What is compacted. */
export interface CompactorOf {
  readonly files: Files;
  readonly path: string;
  readonly codebook: Codebook;
  readonly items: Items;
  readonly journal: Journal;
  readonly writer: Writer;
  readonly lock: Lock;
  readonly thumbnailType: string;
  readonly onEvent: OnEvent;
  /** Whether to fold on another thread. */
  readonly inThread: boolean;
}

/** Compacts, one compaction at a time. */
export class Compactor {
  readonly #of: CompactorOf;
  readonly #stop = new AbortController();
  #compacting: Promise<void> | undefined;
  /** Compactions and snapshots follow each other. */
  #last: Promise<unknown> = Promise.resolve();
  /** A file that has taken the old one's place on the disk, but not yet in memory. */
  #placed: { readonly folded: Folded; readonly number: number } | undefined;
  #notBefore = 0;
  done = 0;
  ms = 0;
  failed: string | undefined;

  constructor(of: CompactorOf) {
    this.#of = of;
  }

  get running(): boolean {
    return this.#compacting !== undefined;
  }

  /** Begins a compaction where one is due. */
  begin(): void {
    const { items, journal } = this.#of;
    const isDue =
      items.recentCount > Math.max(FROM_ITEMS, ITEMS_SHARE * items.count) ||
      journal.bytes > Math.max(FROM_BYTES, BYTES_SHARE * items.base.size);
    if (!isDue || this.running || this.#stop.signal.aborted || performance.now() < this.#notBefore) return;
    void this.compact().catch(() => undefined);
  }

  /**
   * Compacts, or waits for the compaction that is under way.
   *
   * @throws FormatError `DISK_FULL`, `LOCKED` …; the gallery is what it was then, and nothing is lost
   */
  compact(): Promise<void> {
    this.#stop.signal.throwIfAborted();
    this.#compacting ??= this.#inTurn(() => this.#timed()).finally(() => {
      this.#compacting = undefined;
    });
    return this.#compacting;
  }

  /** Gives up what is under way. */
  async close(): Promise<void> {
    this.#stop.abort(new Error('The store is being closed.'));
    await this.#last.catch(() => undefined);
  }

  async #timed(): Promise<void> {
    const { onEvent, items, path } = this.#of;
    const from = performance.now();
    try {
      await this.#compact();
      this.ms = performance.now() - from;
      this.done++;
      this.failed = undefined;
      onEvent({ kind: 'compacted', message: `${path} holds ${items.count} items.`, ms: this.ms });
    } catch (error) {
      if (this.#stop.signal.aborted) throw error;
      this.failed = String(error);
      this.#notBefore = performance.now() + TRY_AGAIN_AFTER;
      onEvent({ kind: 'compaction-failed', message: `${path} couldn't be written anew: ${this.failed}` });
      throw error;
    }
  }

  async #compact(): Promise<void> {
    if (this.#placed === undefined) await this.#place();
    await this.#adopt();
  }

  /** Puts a new file into the old one's place. */
  async #place(): Promise<void> {
    const { files, path, journal, items, writer, lock } = this.#of;
    const { signal } = this.#stop;
    const target = partOf(path);
    const { input, number } = await this.#sealed(target, () => items.seal());
    if (input.journals.length === 0 && items.base.gallery.value.meta.schemaVersion === 2) return;
    const folded = await this.#fold(input, signal);
    try {
      await lock.check();
      await writer.alone(() => this.#inOrder(() => journal.mark(folded.identity, number)));
      signal.throwIfAborted();
      await files.rename(target, path);
    } catch (error) {
      await files.remove(target).catch(() => undefined);
      throw error;
    }
    this.#placed = { folded, number };
  }

  /** Takes the new file over. */
  async #adopt(): Promise<void> {
    const { files, path, journal, items, writer } = this.#of;
    if (this.#placed === undefined) return;
    const { folded, number } = this.#placed;
    // Before the journals go, the new file has to be there for good.
    await files.syncFolder(dirname(path));
    const base = await readBase(await openFolded(files, path, folded.identity));
    const old = items.rebase(base);
    this.#placed = undefined;
    old.gallery.retire();
    await writer.alone(() => journal.dropBefore(number, folded.identity));
  }

  /** The state of this moment, for `fold`. */
  #sealed(target: string, also = () => {}): Promise<{ input: FoldInput; number: number }> {
    const { path, journal, items, codebook, thumbnailType, writer } = this.#of;
    return writer.alone(async () => {
      const number = journal.seal();
      also();
      const journals = journal.parts
        .filter(({ changes }) => changes > 0)
        .map((part) => ({ path: part.path, end: part.end }));
      const input = { path, identity: items.base.identity, journals, codebook: plain(codebook), thumbnailType, target };
      return { input, number };
    });
  }

  /**
   * Writes the items of this moment into a file of its own.
   *
   * @throws as `compact`; the signal's reason
   */
  async snapshot(target: string, signal: AbortSignal | undefined): Promise<void> {
    const all = signal === undefined ? this.#stop.signal : AbortSignal.any([signal, this.#stop.signal]);
    await this.#inTurn(async () => {
      all.throwIfAborted();
      if (this.#placed !== undefined) await this.#adopt();
      const { files } = this.#of;
      const part = partOf(target);
      const { input } = await this.#sealed(part);
      await this.#fold(input, all);
      await files.rename(part, target);
      await files.syncFolder(dirname(target));
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.catch(() => undefined).then(work);
    this.#last = result;
    return result;
  }

  #fold(input: FoldInput, signal: AbortSignal): Promise<Folded> {
    const { files, inThread } = this.#of;
    return inThread ? foldInThread(input, signal) : fold(files, input, signal);
  }

  /** A note that fails leaves something behind it, as a write does. */
  async #inOrder(work: () => Promise<void>): Promise<void> {
    const { journal } = this.#of;
    await journal.repair();
    await work();
  }
}

/** A codebook that a thread can be told. */
function plain({ M, K, D, codewords }: Codebook): Codebook {
  return { M, K, D, codewords };
}
