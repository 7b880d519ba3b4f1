/** @file Galleries that grow: a writer that adds to a file, one at a time. */
import { type FileHandle, open, readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { FormatError } from '../errors.ts';
import { type Addition, Appender, type AppendFile, type Removal } from '../gallery/append.ts';
import type { GalleryMeta, IndexImage } from '../gallery/meta.ts';
import { readState } from '../gallery/open.ts';
import { Gallery } from '../gallery/read.ts';
import { readError, writeError } from './errors.ts';
import { type Lock, takeLock } from './lock.ts';
import { writeFileAtomic } from './write.ts';

/**
 * Opens a gallery to add to it. It is this writer's alone until it is closed; readers are not disturbed.
 *
 * @throws FormatError `LOCKED` while another writer has it, or where a server's journal continues it; `FILE_NOT_FOUND`,
 * and what `openGallery` throws; `BAD_INPUT` for a gallery of schema version 1, which has to be written anew first
 * @example
 * await using writer = await openGalleryWriter('cats.gallery');
 * await writer.append({ items: [{ id: 'tom.jpg', labels: [0] }], codes });
 * await writer.commit();
 */
export async function openGalleryWriter(path: string, o: { signal?: AbortSignal } = {}): Promise<GalleryWriter> {
  o.signal?.throwIfAborted();
  const target = await realpath(path).catch((error) => {
    throw readError(path, error);
  });
  const lock = await takeLock(target);
  try {
    await checkNoJournal(target);
    return new GalleryWriter(target, lock, await openAppender(target, o.signal));
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** What a server has written since stands beside the file: a writer who didn't see it would cut it off. */
async function checkNoJournal(target: string): Promise<void> {
  const prefix = `${basename(target)}.journal.`;
  const journals = (await readdir(dirname(target))).filter((name) => name.startsWith(prefix));
  if (journals.length === 0) return;
  throw new FormatError(
    'LOCKED',
    `${target} is continued by what a server has written, ${journals.join(', ')}. Add through the server, or to a snapshot ` +
      'that it makes.',
  );
}

/** Adds to a gallery. What is added becomes part of the file with `commit()`, all at once. */
export class GalleryWriter {
  readonly #path: string;
  readonly #lock: Lock;
  #open: OpenAppender;
  #closed = false;
  /** Operations follow each other, whoever calls. */
  #last: Promise<unknown> = Promise.resolve();

  /** By `openGalleryWriter`. */
  constructor(path: string, lock: Lock, opened: OpenAppender) {
    this.#path = path;
    this.#lock = lock;
    this.#open = opened;
  }

  /** What is in the file, as of the last commit. */
  get meta(): GalleryMeta {
    return this.#open.appender.state.meta;
  }

  /** Rows and removals that the next commit will write. */
  get pending(): { rows: number; removed: number } {
    return this.#open.appender.pending;
  }

  /**
   * Adds items behind the others; gives the row of the first of them.
   *
   * @throws FormatError `DUPLICATE_ID` for an id that is there, `BAD_INPUT`, `CLOSED`; nothing has been added then
   */
  append(addition: Addition, o: { signal?: AbortSignal } = {}): Promise<number> {
    return this.#inTurn(({ appender }) => appender.append(addition, { ...o, upsert: false }));
  }

  /**
   * Adds items, and removes those that have their ids: an item that changes gets a new row. Gives the row of the first.
   *
   * @throws FormatError `BAD_INPUT`, `CLOSED`; nothing has been added then
   */
  upsert(addition: Addition, o: { signal?: AbortSignal } = {}): Promise<number> {
    return this.#inTurn(({ appender }) => appender.append(addition, { ...o, upsert: true }));
  }

  /**
   * Removes items by their ids or rows; gives how many were there.
   *
   * @throws FormatError `NO_SUCH_ROW`, `CLOSED`
   */
  remove(removal: Removal, o: { signal?: AbortSignal } = {}): Promise<number> {
    return this.#inTurn(({ appender }) => appender.remove(removal, o.signal));
  }

  /**
   * Writes what was added and removed since the last commit, and returns when it is on the disk. After an error or an
   * abort the file is as it was, and what is pending may be committed again. Killed at any moment, it leaves the state
   * before or the one after.
   *
   * @throws FormatError `DISK_FULL`, `WRITE_FAILED`, `LOCKED` if the lock was deleted, `CLOSED`
   */
  commit(o: { signal?: AbortSignal } = {}): Promise<GalleryMeta> {
    return this.#inTurn(async ({ appender }) => {
      await appender.commit({ signal: o.signal, guard: () => this.#check() });
      return appender.state.meta;
    });
  }

  /**
   * Writes the gallery anew, whole or not at all, around an image that holds the tail (of `@dqn/pq`: `merge()`, then
   * `image()`). Rows keep their numbers.
   *
   * @throws FormatError `BAD_INPUT` while something is pending, or for an image of other items; as `commit`
   */
  compact(image: IndexImage, o: { signal?: AbortSignal } = {}): Promise<GalleryMeta> {
    return this.#inTurn(async ({ appender, file }) => {
      const { rows, removed } = appender.pending;
      if (rows + removed > 0) {
        throw new FormatError('BAD_INPUT', `${rows} rows and ${removed} removals are pending; commit them first.`);
      }
      const gallery = new Gallery(file, appender.state, true);
      const chunks = await gallery.compacted(image, o.signal);
      await this.#check();
      await writeFileAtomic(this.#path, this.#checkedAfter(chunks), o);
      this.#open = await openAppender(this.#path);
      await file.close?.();
      return this.#open.appender.state.meta;
    });
  }

  /** Drops what is pending, and lets others write. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#last.catch(() => undefined);
    await this.#open.file.close?.();
    await this.#lock.release();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** What is about to be written goes into the file that stands at the path, and nobody else writes there. */
  async #check(): Promise<void> {
    await this.#lock.check();
    if (await this.#open.file.isAt(this.#path)) return;
    throw new FormatError(
      'WRITE_FAILED',
      `${this.#path} was replaced by another file meanwhile. Open the writer anew.`,
    );
  }

  /** Writing takes long: whose the file is has to be known before the new one takes its place. */
  async *#checkedAfter(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    yield* chunks;
    await this.#check();
  }

  async #inTurn<T>(work: (opened: OpenAppender) => Promise<T>): Promise<T> {
    if (this.#closed) throw new FormatError('CLOSED', 'The writer has been closed. Open it again.');
    const result = this.#last.catch(() => undefined).then(() => work(this.#open));
    this.#last = result;
    return result;
  }
}

interface OpenFile extends AppendFile {
  /** Whether it is the file at a path. */
  isAt(path: string): Promise<boolean>;
}

interface OpenAppender {
  readonly file: OpenFile;
  readonly appender: Appender;
}

async function openAppender(path: string, signal?: AbortSignal): Promise<OpenAppender> {
  const file = await appendFile(path);
  try {
    const state = await readState(file, signal);
    if (state.meta.schemaVersion === 1) {
      throw new FormatError(
        'BAD_INPUT',
        `${path} has schema version 1, which can't be added to. Write it anew first: its items() and codes() are what ` +
          'galleryChunks takes.',
      );
    }
    return { file, appender: new Appender(file, state) };
  } catch (error) {
    await file.close?.();
    throw error;
  }
}

/** A file that is there, to be read and written at any place. */
async function appendFile(path: string): Promise<OpenFile> {
  const fail = (error: unknown): never => {
    throw writeError(path, error);
  };
  const handle: FileHandle = await open(path, 'r+').catch((error) => {
    throw readError(path, error);
  });
  const opened = await handle.stat();
  let { size } = opened;
  return {
    get size() {
      return size;
    },
    async read(offset, length, signal) {
      signal?.throwIfAborted();
      const bytes = new Uint8Array(length);
      let filled = 0;
      while (filled < length) {
        const { bytesRead } = await handle.read(bytes, filled, length - filled, offset + filled).catch((error) => {
          throw readError(path, error);
        });
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return bytes.subarray(0, filled);
    },
    async write(offset, bytes) {
      for (let at = 0; at < bytes.length; ) {
        at += (await handle.write(bytes, at, bytes.length - at, offset + at).catch(fail)).bytesWritten;
      }
      size = Math.max(size, offset + bytes.length);
    },
    sync: () => handle.sync().catch(fail),
    async truncate(length) {
      await handle.truncate(length).catch(fail);
      size = length;
    },
    close: () => handle.close(),
    async isAt(place) {
      const found = await stat(place).catch(() => undefined);
      return found?.ino === opened.ino && found.dev === opened.dev;
    },
  };
}
