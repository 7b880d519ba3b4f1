/**
 * @file A gallery on this machine's disk that is searched while it changes: a gallery file, a journal beside it, and an
 * index in memory.
 *
 * `NAME.gallery` is the state of the last compaction, and a whole gallery by itself; `NAME.gallery.journal.N` holds what
 * was written since. Back-ups take both, or use `snapshot`.
 */
import { realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { IdKind } from '@dqn/format';
import { type Lock, removeParts, takeLock } from '@dqn/format/node';
import type { SearchCodebook } from '@dqn/runtime';
import { ServerError } from '../errors.ts';
import { Compactor } from './compactor.ts';
import type { OnEvent } from './events.ts';

export type { StoreEvent } from './events.ts';

import { type Files, nodeFiles } from './files.ts';
import { Filters } from './filters.ts';
import { fromKept, toKept } from './ids.ts';
import type { Items } from './items.ts';
import { damaged, Journal, numbersOf } from './journal.ts';
import { frames } from './journal-scan.ts';
import { parseMetadata } from './metadata.ts';
import { createEmpty, type Opened, openPlace } from './open-base.ts';
import { checkQueries, checkSearch } from './queries.ts';
import type { Recent } from './recents.ts';
import type {
  FoundItem,
  GalleryStore,
  ItemId,
  Metadata,
  StoreCheck,
  StoredItem,
  StoreHit,
  StoreSearch,
  StoreStats,
} from './store.ts';
import { Turns } from './turns.ts';
import { Writer } from './writer.ts';
import { type Shape, toPuts, toRemovals, type Write } from './writes.ts';

/** How to open a store. */
export interface OpenStoreOptions extends SearchCodebook {
  /** Takes no writes and no lock, and changes nothing on the disk: the state is that of this moment. */
  readonly readOnly?: boolean | undefined;
  /** Where there is no file: an empty gallery with ids of this kind is made. */
  readonly create?: { readonly idKind: IdKind } | undefined;
  /** Media type of thumbnails, where the gallery has none yet; default `image/webp`. */
  readonly thumbnailType?: string | undefined;
  readonly onEvent?: OnEvent | undefined;
}

/** What tests choose that callers can't. */
export interface StoreInternals {
  readonly files?: Files;
  /** Whether compactions have a thread of their own. */
  readonly inThread?: boolean;
}

/** How often a reader looks again, when files are replaced while it opens them. */
const TRIES = 5;

/**
 * Opens a gallery that lives.
 *
 * @param path of the gallery file
 * @throws ServerError `GALLERY_NOT_FOUND`, `JOURNAL_DAMAGED`, `JOURNAL_MISMATCH`; FormatError `LOCKED` while another process
 * writes to it, `CODEBOOK_MISMATCH`, and what damage gives
 * @example
 * await using store = await openStore('cats.gallery', { codebook, codebookSha256, create: { idKind: 'string' } });
 * await store.put([{ id: 'tom.jpg', code, labels: ['tabby'] }]);
 */
export function openStore(path: string, options: OpenStoreOptions): Promise<LocalStore> {
  return openStoreWith(path, options, {});
}

/** For tests. */
export async function openStoreWith(
  path: string,
  options: OpenStoreOptions,
  { files = nodeFiles, inThread = true }: StoreInternals,
): Promise<LocalStore> {
  const { readOnly = false, create, thumbnailType = 'image/webp', onEvent = () => {} } = options;
  const target = await realpath(path).catch(async () => join(await realFolder(path), basename(path)));
  const isThere = await files.exists(target);
  if (!isThere && (create === undefined || readOnly)) {
    throw new ServerError('GALLERY_NOT_FOUND', `No gallery at ${path}; make one with \`dqn index\`.`);
  }
  const lock = readOnly ? undefined : await takeLock(target);
  try {
    if (lock !== undefined) await removeLeftovers(files, target);
    if (!isThere) {
      await checkUnused(files, target);
      await createEmpty(files, target, options, { idKind: create!.idKind, thumbnailType });
    }
    const place = { files, path: target, readOnly, codebook: options };
    const opened = await (readOnly ? tryToOpen(place) : openPlace(place));
    if (opened.cut !== undefined) {
      const { bytes, path: journal } = opened.cut;
      onEvent({
        kind: 'cut',
        message: `${bytes} bytes at the end of ${journal} weren't a whole record: they were never acknowledged${readOnly ? '' : ', and are cut off'}.`,
      });
    }
    return new LocalStore(opened, lock, {
      ...{ files, path: target, codebook: options, onEvent, inThread },
      thumbnailType: opened.thumbnailType || thumbnailType,
    });
  } catch (error) {
    await lock?.release();
    throw error;
  }
}

/** What a killed process was writing, snapshots on their way to a client included. */
async function removeLeftovers(files: Files, path: string): Promise<void> {
  const folder = dirname(path);
  const snapshot = `${basename(path)}.snapshot-`;
  const snapshots = (await files.list(folder)).filter(
    (name) => name.startsWith(snapshot) && /-[0-9a-f]{12}$/.test(name),
  );
  for (const name of snapshots) await files.remove(join(folder, name));
  await removeParts(folder, [basename(path), ...snapshots]);
}

/** The journals of a gallery that is gone would be taken for the new one's. */
async function checkUnused(files: Files, path: string): Promise<void> {
  const numbers = await numbersOf({ files, path });
  if (numbers.length === 0) return;
  throw new ServerError(
    'JOURNAL_MISMATCH',
    `There is no ${path}, but ${numbers.length} journals of one. Bring the file back, or move ${basename(path)}.journal.* away ` +
      'and lose what they hold.',
  );
}

/** Opens what another process may be compacting. */
async function tryToOpen(place: Parameters<typeof openPlace>[0]): Promise<Opened> {
  for (let tries = 1; ; tries++) {
    try {
      return await openPlace(place);
    } catch (error) {
      const { code } = error as { code?: string };
      if (tries === TRIES || (code !== 'ENOENT' && code !== 'JOURNAL_MISMATCH')) throw error;
    }
  }
}

function realFolder(path: string): Promise<string> {
  return realpath(dirname(resolve(path))).catch((cause) => {
    throw new ServerError('GALLERY_NOT_FOUND', `There is no folder for ${path}. Make it first.`, { cause });
  });
}

interface StorePlace {
  readonly files: Files;
  readonly path: string;
  readonly codebook: SearchCodebook;
  readonly thumbnailType: string;
  readonly onEvent: OnEvent;
  readonly inThread: boolean;
}

/** A store on this machine's disk. Made by `openStore`. */
export class LocalStore implements GalleryStore {
  readonly #place: StorePlace;
  readonly #items: Items;
  readonly #journal: Journal;
  readonly #filters: Filters;
  readonly #writer: Writer | undefined;
  readonly #compactor: Compactor | undefined;
  readonly #lock: Lock | undefined;
  readonly #cut: number;
  readonly #closing = new AbortController();
  /** When ids can be found. */
  readonly #ready: Promise<void>;
  /** Writes that aren't at their end. */
  readonly #begun = new Set<Promise<unknown>>();
  #closed: Promise<void> | undefined;

  /** By `openStore`. */
  constructor({ items, journal, cut }: Opened, lock: Lock | undefined, place: StorePlace) {
    const { onEvent, path } = place;
    this.#place = place;
    this.#items = items;
    this.#journal = journal;
    this.#lock = lock;
    this.#cut = cut?.bytes ?? 0;
    this.#filters = new Filters(items, this.#closing.signal);
    this.#ready = items.enterIds(this.#closing.signal);
    this.#ready.catch(() => undefined);
    if (lock === undefined) return;
    const onWritten = () => this.#compactor?.begin();
    this.#writer = new Writer({ path, items, filters: this.#filters, journal, lock, onEvent, onWritten });
    this.#compactor = new Compactor({
      ...place,
      codebook: place.codebook.codebook,
      items,
      journal,
      writer: this.#writer,
      lock,
    });
  }

  get count(): number {
    return this.#items.count;
  }

  put(items: readonly StoredItem[], o: { signal?: AbortSignal | undefined } = {}): Promise<boolean[]> {
    return this.#write((shape) => toPuts(items, shape), o.signal);
  }

  remove(ids: readonly ItemId[], o: { signal?: AbortSignal | undefined } = {}): Promise<boolean[]> {
    return this.#write((shape) => toRemovals(ids, shape), o.signal);
  }

  async has(id: ItemId): Promise<boolean> {
    return (await this.#find(id)) !== undefined;
  }

  async get(id: ItemId, { signal }: { signal?: AbortSignal | undefined } = {}): Promise<FoundItem | undefined> {
    const slot = await this.#find(id, signal);
    if (slot === undefined) return undefined;
    const found = {
      id: fromKept(this.#items.idAt(slot)),
      code: this.#items.index.code(slot)!,
      labels: this.#items.labelsAt(slot),
    };
    const [metadata] = await Promise.all(this.#metadataOf([slot]));
    signal?.throwIfAborted();
    return metadata === undefined ? found : { ...found, metadata };
  }

  async thumbnail(id: ItemId, { signal }: { signal?: AbortSignal | undefined } = {}): Promise<Uint8Array | undefined> {
    const slot = await this.#find(id, signal);
    if (slot === undefined) return undefined;
    const recent = this.#items.recent(slot);
    if (recent === undefined) {
      return this.#items.base.gallery.use(async (gallery) => (await gallery.thumbnail(slot, signal)) ?? undefined);
    }
    const { part, metadataAt, metadataLength, thumbnailLength } = recent;
    return thumbnailLength === 0 ? undefined : Journal.read(part, metadataAt + metadataLength + 4, thumbnailLength);
  }

  async search(query: Float32Array, o: StoreSearch = {}): Promise<StoreHit[]> {
    this.#open();
    checkQueries(query, 1, this.#place.codebook.codebook.D);
    checkSearch(o);
    return this.#search(query, o);
  }

  async searchMany(queries: Float32Array, o: StoreSearch = {}): Promise<StoreHit[][]> {
    this.#open();
    const { D } = this.#place.codebook.codebook;
    checkQueries(queries, Math.ceil((queries?.length ?? 1) / D), D);
    checkSearch(o);
    const all: StoreHit[][] = [];
    const turns = new Turns();
    for (let at = 0; at < queries.length; at += D) {
      if (turns.isOver) await turns.next();
      all.push(await this.#search(queries.subarray(at, at + D), o));
    }
    return all;
  }

  async snapshot(path: string, { signal }: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    this.#writable();
    signal?.throwIfAborted();
    await this.#compactor!.snapshot(resolve(path), signal);
  }

  /**
   * Writes what the journal holds into the gallery file. It is done by itself when it is due.
   *
   * @throws FormatError `DISK_FULL` …; nothing is lost then
   */
  async compact(): Promise<void> {
    this.#writable();
    await this.#compactor!.compact();
  }

  async verify({ signal }: { signal?: AbortSignal | undefined } = {}): Promise<StoreCheck> {
    this.#open();
    const { base } = this.#items;
    let bytes = base.size;
    await base.gallery.use((gallery) => gallery.verify(signal));
    for (const part of [...this.#journal.parts]) {
      const { end } = part;
      bytes += end;
      await part.file.use(async (file) => {
        const all = frames(file, part.header, end);
        let next = await all.next();
        for (; !next.done; next = await all.next()) signal?.throwIfAborted();
        if (next.value.end < end) throw damaged(part.path, next.value.end, 'it was whole before');
      });
    }
    return { items: this.count, bytes };
  }

  stats(): StoreStats {
    this.#open();
    const { codebook, codebookSha256 } = this.#place.codebook;
    const { index } = this.#items;
    const writer = this.#writer;
    const compactor = this.#compactor;
    return {
      count: this.count,
      ...{ M: codebook.M, K: codebook.K, codebookSha256 },
      classes: this.#items.classes,
      thumbnailType: this.#place.thumbnailType,
      trouble:
        writer === undefined
          ? { code: 'READ_ONLY', message: `${this.#place.path} is open to be read.`, since: 0 }
          : writer.trouble,
      bytes: { index: index.explain().bytes.total, items: this.#items.bytes },
      journal: { bytes: this.#journal.bytes, items: this.#items.recentCount, cut: this.#cut },
      writes: { items: writer?.written ?? 0, syncs: writer?.syncs ?? 0, waiting: writer?.waiting ?? 0 },
      compaction: {
        running: compactor?.running ?? false,
        done: compactor?.done ?? 0,
        ms: compactor?.ms ?? 0,
        failed: compactor?.failed,
      },
    };
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    await Promise.allSettled([this.#ready, ...this.#begun]);
    await this.#writer?.close();
    await this.#compactor?.close();
    await this.#writer?.close();
    this.#closing.abort(new ServerError('CLOSED', 'The store was closed.'));
    await this.#journal.close();
    this.#items.base.gallery.retire();
    this.#items.index.close();
    await this.#lock?.release();
  }

  /** A write that was begun is brought to its end before the store is closed. */
  #write(pack: (shape: Shape) => Write | Promise<Write>, signal: AbortSignal | undefined): Promise<boolean[]> {
    const work = (async () => {
      const writer = this.#writable();
      signal?.throwIfAborted();
      const { M, K } = this.#place.codebook.codebook;
      const write = await pack({ idKind: this.#items.idKind, M, K });
      await this.#ready;
      return write.ids.length === 0 ? [] : writer.write(write, signal);
    })();
    this.#begun.add(work);
    const end = () => this.#begun.delete(work);
    work.then(end, end);
    return work;
  }

  async #search(query: Float32Array, o: StoreSearch): Promise<StoreHit[]> {
    const { k = 10, offset = 0, filter, signal } = o;
    const { distance = this.#place.codebook.codebook.distance } = o;
    const items = this.#items;
    signal?.throwIfAborted();
    const isNarrowed = filter !== undefined && Object.values(filter).some((part) => part !== undefined);
    if (isNarrowed && filter.ids !== undefined) await this.#ready;
    let narrowed = isNarrowed ? this.#filters.now(filter) : undefined;
    while (isNarrowed && narrowed === undefined) {
      await this.#filters.prepare(filter, signal);
      narrowed = this.#filters.now(filter);
    }
    this.#open();
    const { count, index } = items;
    if (count <= offset) return [];
    const found = index.search(query, { k: Math.min(k + offset, count), distance, filter: narrowed });
    const slots = found.ids.subarray(offset);
    const hits: StoreHit[] = Array.from(slots, (slot, i) => ({
      id: fromKept(items.idAt(slot)),
      distance: found.distances[offset + i],
      labels: items.labelsAt(slot),
    }));
    if (o.metadata !== true) return hits;
    const metadata = await Promise.all(this.#metadataOf([...slots]));
    return hits.map((hit, i) => (metadata[i] === undefined ? hit : { ...hit, metadata: metadata[i] }));
  }

  /** Metadata of items as they are now: what is to be read is held when this returns. */
  #metadataOf(slots: readonly number[]): Promise<Metadata | undefined>[] {
    const { base } = this.#items;
    const recents = slots.map((slot) => this.#items.recent(slot));
    const rows = slots.filter((_, i) => recents[i] === undefined);
    const read = rows.length === 0 ? undefined : base.gallery.use((gallery) => gallery.metadata(rows));
    return slots.map(async (slot, i) => {
      const recent = recents[i];
      if (recent !== undefined) return metadataOfRecent(recent);
      const place = rows.indexOf(slot);
      return (await read)![place] as Metadata | undefined;
    });
  }

  async #find(id: ItemId, signal?: AbortSignal): Promise<number | undefined> {
    this.#open();
    signal?.throwIfAborted();
    await this.#ready;
    this.#open();
    const kept = toKept(id, this.#items.idKind);
    return kept === undefined ? undefined : this.#items.find(kept);
  }

  #writable(): Writer {
    this.#open();
    if (this.#writer !== undefined) return this.#writer;
    throw new ServerError('READ_ONLY', `${this.#place.path} is open to be read; it takes no writes.`);
  }

  #open(): void {
    if (this.#closed === undefined) return;
    throw new ServerError('CLOSED', 'The store was closed; open it again.');
  }
}

async function metadataOfRecent({ part, metadataAt, metadataLength }: Recent): Promise<Metadata | undefined> {
  return metadataLength === 0 ? undefined : parseMetadata(await Journal.read(part, metadataAt, metadataLength));
}
