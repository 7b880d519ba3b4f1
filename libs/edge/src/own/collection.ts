/**
 * @file A collection of own pictures: kept in the browser, searched in memory, shared by all tabs of the page.
 *
 * Whoever writes has the collection's lock alone, first reads what others wrote, and tells them afterwards. What waits
 * while the disk is at work is written together, and only then applied to what is searched.
 */
import type { Codebook } from '@dqn/pq';
import { EdgeError } from '../errors.ts';
import { memoryFiles, type OwnFiles } from './files.ts';
import { type OwnItem, OwnItems } from './items.ts';
import { OwnJournal } from './journal.ts';
import { type Lock, ownLock } from './lock.ts';
import { type OwnPut, packPut, packRemoval } from './records.ts';
import type { OwnState, OwnTrouble } from './state.ts';
import type { Thumbnail } from './thumbnail.ts';

/** What a collection belongs to, and where it is kept. */
export interface CollectionPlace {
  readonly codebook: Codebook;
  readonly codebookSha256: string;
  readonly files: OwnFiles;
  readonly lock: Lock;
  /** How tabs tell each other; none where they share nothing. */
  readonly channel?: BroadcastChannel | undefined;
  /** Why nothing is kept, where nothing is. */
  readonly denied?: OwnTrouble | undefined;
}

/** A journal is written anew when this many of its bytes, and more than half of them, hold no longer. */
const WASTE_BYTES = 2 ** 20;
/** Bytes that are written together at most, but for a single change. */
const MOST_GROUP_BYTES = 2 ** 23;
/** Bytes of a change at most. */
const MOST_ITEM_BYTES = 2 ** 24;

interface Waiting {
  /** What is to be written, as things are when its turn has come. */
  readonly pieces: () => readonly Uint8Array[];
  /** About. */
  readonly bytes: number;
  readonly isRemoval: boolean;
  resolve(): void;
  reject(error: unknown): void;
}

/** An open collection. Close it. */
export class OwnCollection {
  readonly items: OwnItems;
  readonly #place: CollectionPlace;
  readonly #journal: OwnJournal;
  readonly #onChange: () => void;
  readonly #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;
  #refreshing: Promise<void> | undefined;
  #reading: Promise<void> = Promise.resolve();
  #isStale = false;
  #full: OwnTrouble | undefined;
  #isClosed = false;

  private constructor(place: CollectionPlace, items: OwnItems, onChange: () => void) {
    this.items = items;
    this.#place = place;
    const { codebook, codebookSha256 } = place;
    this.#journal = new OwnJournal(place.files, { M: codebook.M, codebookSha256 });
    this.#onChange = onChange;
  }

  /**
   * Reads what is there.
   *
   * @param onChange called when pictures came or went, here or in another tab
   * @throws the browser's error where it can't read what it keeps
   */
  static async open(place: CollectionPlace, onChange: () => void = () => {}): Promise<OwnCollection> {
    const collection = new OwnCollection(place, await OwnItems.create(place.codebook), onChange);
    const { channel, lock } = place;
    // Listening first: what is written after it was read is heard of.
    if (channel !== undefined) channel.onmessage = () => void collection.refresh().catch(() => undefined);
    await lock('shared', () => collection.#readNews());
    return collection;
  }

  /** A collection that lasts as long as the page. */
  static inMemory(
    of: Pick<CollectionPlace, 'codebook' | 'codebookSha256' | 'denied'>,
    onChange?: () => void,
  ): Promise<OwnCollection> {
    return OwnCollection.open({ ...of, files: memoryFiles(), lock: ownLock() }, onChange);
  }

  get state(): Omit<OwnState, 'persisted'> {
    const { denied, files } = this.#place;
    const { lost } = this.#journal;
    const damaged: OwnTrouble | undefined =
      lost === 0
        ? undefined
        : {
            code: 'OWN_DAMAGED',
            message: `${lost} bytes of your own pictures can't be read any more; the others are here. Export them to be safe.`,
          };
    const trouble = denied ?? this.#full ?? damaged;
    const { count, labels } = this.items;
    return { count, bytes: this.#journal.bytes, labels, kept: files.kept, ...(trouble && { trouble }) };
  }

  /**
   * Adds pictures, and replaces those that have their ids: all or none, durable when it returns.
   *
   * @throws EdgeError `STORAGE_FULL`, `STORAGE_DENIED`, `BAD_ITEM`, `CLOSED`: none was added
   */
  put(puts: readonly OwnPut[]): Promise<void> {
    const pieces = puts.map(packPut);
    const tooLong = pieces.findIndex(({ length }) => length > MOST_ITEM_BYTES);
    if (tooLong >= 0) {
      const what = `The picture ${JSON.stringify(puts[tooLong].id)} has ${pieces[tooLong].length} bytes`;
      const message = `${what}; expected up to ${MOST_ITEM_BYTES}: id, labels, metadata and thumbnail together.`;
      return Promise.reject(new EdgeError('BAD_ITEM', message));
    }
    const bytes = pieces.reduce((sum, { length }) => sum + length, 0);
    return this.#write({ pieces: () => pieces, bytes, isRemoval: false });
  }

  /**
   * Removes pictures; ids that none has are passed over.
   *
   * @returns for each whether it was there
   * @throws as `put`
   */
  async remove(ids: readonly string[]): Promise<boolean[]> {
    let there: boolean[] = [];
    const pieces = () => {
      const known = new Set(ids.filter((id) => this.items.find(id) !== undefined));
      const gone = [...known];
      // Of two of one id the first removes it.
      there = ids.map((id) => known.delete(id));
      return gone.map(packRemoval);
    };
    if (ids.length > 0) await this.#write({ pieces, bytes: 8 * ids.length, isRemoval: true });
    return there;
  }

  /** Removes all of them, and gives their room back. @throws as `put` */
  async clear(): Promise<void> {
    await this.#turn();
    await this.#exclusively(async () => {
      await this.#journal.removeAll();
      await this.#readWritten();
    });
  }

  /** Thumbnails of slots; undefined where there is none. */
  async thumbnails(slots: readonly number[]): Promise<(Thumbnail | undefined)[]> {
    const types: string[] = [];
    const pieces = await this.#read(slots, ({ metadataAt, metadataLength, thumbnailLength, thumbnailType }, i) => {
      types[i] = thumbnailType;
      return { at: metadataAt + metadataLength + 4, length: thumbnailLength };
    });
    return pieces.map((bytes, i) => {
      return bytes === undefined || bytes.length === 0 ? undefined : { bytes, type: types[i] };
    });
  }

  /** Metadata of slots: JSON as UTF-8, empty where there are none. */
  async metadata(slots: readonly number[]): Promise<Uint8Array[]> {
    const pieces = await this.#read(slots, ({ metadataAt, metadataLength }) => {
      return { at: metadataAt, length: metadataLength };
    });
    return pieces.map((bytes) => bytes ?? new Uint8Array(0));
  }

  /** Reads what other tabs wrote. */
  refresh(): Promise<void> {
    this.#isStale = true;
    this.#refreshing ??= this.#refreshAll();
    return this.#refreshing;
  }

  /** Waits for what is being written, and gives everything back. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    await this.#writing;
    this.#isClosed = true;
    this.#place.channel?.close();
    await this.#refreshing?.catch(() => undefined);
    this.items.close();
  }

  #write(one: Omit<Waiting, 'resolve' | 'reject'>): Promise<void> {
    const written = new Promise<void>((resolve, reject) => this.#waiting.push({ ...one, resolve, reject }));
    this.#writing ??= this.#writeAll();
    return written;
  }

  async #refreshAll(): Promise<void> {
    try {
      while (this.#isStale && !this.#isClosed) {
        this.#isStale = false;
        await this.#place.lock('shared', () => this.#readNews());
      }
    } finally {
      this.#refreshing = undefined;
    }
  }

  /** Writes what waits, group by group, until nothing does. */
  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = this.#nextGroup();
      try {
        await this.#exclusively(async () => {
          const pieces = group.flatMap(({ pieces }) => pieces());
          if (pieces.length === 0) return;
          await this.#journal.append(pieces, group[0].isRemoval);
          if (await this.#readWritten()) await this.#clean();
        });
        for (const { resolve } of group) resolve();
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    // Before anybody hears of the last group: whoever writes then begins anew.
    this.#writing = undefined;
  }

  /** What waits and is of one kind, in its order: removals may use room that additions leave. */
  #nextGroup(): Waiting[] {
    let bytes = 0;
    const [{ isRemoval }] = this.#waiting;
    const end = this.#waiting.findIndex((one, i) => {
      bytes += one.bytes;
      return i > 0 && (one.isRemoval !== isRemoval || bytes > MOST_GROUP_BYTES);
    });
    return this.#waiting.splice(0, end < 0 ? this.#waiting.length : end);
  }

  /** Has the lock alone, with all news read, and tells the other tabs. */
  async #exclusively(work: () => Promise<void>): Promise<void> {
    if (this.#isClosed) throw new EdgeError('CLOSED', 'This retriever was closed; open it again.');
    const { lock, channel } = this.#place;
    try {
      await lock('exclusive', async () => {
        await this.#readNews();
        await work();
      });
      this.#full = undefined;
    } catch (error) {
      throw this.#refused(error);
    }
    channel?.postMessage('written');
    this.#onChange();
  }

  /** Takes over what the journal has. In a lock; who shares it here has their turn one after the other. */
  #readNews(): Promise<void> {
    const read = this.#reading.then(async () => {
      if (this.#isClosed) return;
      const news = await this.#journal.readNews();
      if (!news.all && news.changes.length === 0) return;
      this.items.apply(news);
      this.#onChange();
    });
    this.#reading = read.catch(() => undefined);
    return read;
  }

  /**
   * Takes over what was written just now, or later where it can't be read: it is on the disk, and whoever heard that it
   * failed would do it twice.
   *
   * @returns whether all is known that the journal has
   */
  async #readWritten(): Promise<boolean> {
    try {
      await this.#readNews();
      return true;
    } catch {
      void this.refresh().catch(() => undefined);
      return false;
    }
  }

  /** Gives room back that holds nothing any more. What fails here does no harm. */
  async #clean(): Promise<void> {
    const waste = this.#journal.bytes - this.items.bytes;
    if (waste < WASTE_BYTES || waste < this.items.bytes) return;
    try {
      await this.#journal.rewrite([...this.items.all()].map((slot) => this.items.at(slot)));
      await this.#readNews();
    } catch {
      // The disk is full, say: all is as it was, and it is tried again with the next write.
    }
  }

  /** Waits until nothing is being written. */
  async #turn(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing.catch(() => undefined);
  }

  /** Reads pieces of items as they are now; undefined for those that are gone. */
  async #read(
    slots: readonly number[],
    place: (item: OwnItem, i: number) => { readonly at: number; readonly length: number },
  ): Promise<(Uint8Array<ArrayBuffer> | undefined)[]> {
    if (slots.length === 0) return [];
    return this.#place.lock('shared', async () => {
      await this.#readNews();
      const places = slots.map((slot, i) => (this.items.has(slot) ? place(this.items.at(slot), i) : undefined));
      const there = places.filter((one) => one !== undefined);
      const bytes = await this.#journal.bytesAt(there);
      let next = 0;
      return places.map((one) => (one === undefined ? undefined : bytes[next++]));
    });
  }

  #refused(cause: unknown): unknown {
    const { name, message } = cause as Error;
    if (cause instanceof EdgeError) return cause;
    if (name === 'QuotaExceededError') {
      const text =
        "The browser's storage for this page is full: nothing was added, and what was there before still is. Remove " +
        'pictures, or free room on the disk.';
      this.#full = { code: 'STORAGE_FULL', message: text };
      this.#onChange();
      return new EdgeError('STORAGE_FULL', text, { cause });
    }
    return new EdgeError(
      'STORAGE_DENIED',
      `The browser can't write to its storage for this page (${name}: ${message}). Nothing was changed; try again, or ` +
        'load the page again.',
      { cause },
    );
  }
}
