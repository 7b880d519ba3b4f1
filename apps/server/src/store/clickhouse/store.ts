/** @file A gallery whose items are rows in ClickHouse. */
import type { CodebookFile } from '@dqn/format';
import { ServerError } from '../../errors.ts';
import { unknownLabel } from '../filters.ts';
import { fromKept, toKept } from '../ids.ts';
import { checkQueries, checkSearch } from '../queries.ts';
import type {
  FoundItem,
  GalleryStore,
  ItemFilter,
  ItemId,
  Metadata,
  StoreCheck,
  StoredItem,
  StoreHit,
  StoreSearch,
  StoreStats,
} from '../store.ts';
import { Turns } from '../turns.ts';
import { checkCount, MOST_WRITE_BYTES, partsOf, tooMuch } from '../writes.ts';
import { CELLS } from './cells.ts';
import type { Dialect } from './dialect.ts';
import type { Engine, Run } from './engine.ts';
import { keptText, toRowFilter } from './filter.ts';
import { type ItemReads, itemOf } from './lookup.ts';
import { againAt, READ_ALL_MS } from './pace.ts';
import { Sample } from './sample.ts';
import { type GalleryFacts, localTables, type Place, tables } from './schema.ts';
import { FIRST_LEAST, type Found, PLAIN_BELOW, type SearchPlace, searchItems } from './search.ts';
import { missingShards, type Shards } from './shards.ts';
import { writeSnapshot } from './snapshot.ts';
import { literal } from './text.ts';
import { verifyItems } from './verify.ts';
import { type Change, Writes } from './writes.ts';

/** What tests choose that callers can't. */
export interface StoreInternals {
  /** Of fewer items all are looked at. */
  readonly plainBelow?: number;
  /** Items that the statement for a search's limit reads at least. */
  readonly firstLeast?: number;
  /** Bytes of codes that are held here. */
  readonly sampleBytes?: number;
}

/** What a store is made of. */
export interface StoreParts extends StoreInternals {
  readonly engine: Engine;
  readonly dialect: Dialect;
  readonly place: Place;
  readonly facts: GalleryFacts;
  readonly shards: Shards;
  readonly codebook: CodebookFile;
  readonly readOnly: boolean;
}

/** Queries of one call that are asked at a time. */
const QUERIES_AT_ONCE = 4;

/** A gallery in ClickHouse. Made by `openClickHouseStore`. */
export class ClickHouseStore implements GalleryStore {
  readonly #parts: StoreParts;
  readonly #reads: ItemReads;
  readonly #writes: Writes;
  readonly #sample: Sample;
  readonly #classes: Set<string>;
  /** Items of each cell, and in all. */
  #counts = new Uint32Array(CELLS);
  #count = 0;
  #counting: Promise<void> | undefined;
  #countAgainAt = 0;
  readonly #closing = new AbortController();
  #closed: Promise<void> | undefined;
  readonly #begun = new Set<Promise<unknown>>();
  #compactions = { running: false, done: 0, ms: 0, failed: undefined as string | undefined };

  private constructor(parts: StoreParts, classes: Iterable<string>) {
    const { engine, dialect, place, facts, codebook, sampleBytes } = parts;
    this.#parts = parts;
    this.#classes = new Set([...codebook.classes, ...classes]);
    this.#reads = { engine, dialect, M: facts.M, all: tables(place), local: localTables(place) };
    this.#sample = new Sample({ ...this.#reads, codebook, bytes: sampleBytes });
    this.#writes = new Writes({
      ...this.#reads,
      cell: facts.cell,
      classes: this.#classes,
      onMoved: (cell, by) => {
        // Both are from the last count: others may have removed what we count as gone, too.
        this.#counts[cell] = Math.max(0, this.#counts[cell] + by);
        this.#count = Math.max(0, this.#count + by);
      },
    });
  }

  /** By `openClickHouseStore`. */
  static async open(parts: StoreParts): Promise<ClickHouseStore> {
    const store = new ClickHouseStore(parts, await classesOf(parts));
    await store.#recount();
    return store;
  }

  get count(): number {
    this.#countIfDue();
    return this.#count;
  }

  async put(items: readonly StoredItem[], { signal }: { signal?: AbortSignal | undefined } = {}): Promise<boolean[]> {
    return this.#write(async () => {
      const { idKind, M, K } = this.#parts.facts;
      checkCount(items.length);
      const changes: Change[] = [];
      const turns = new Turns();
      let bytes = 0;
      for (const item of items) {
        if (turns.isOver) await turns.next();
        const parts = partsOf(item, { idKind, M, K });
        bytes += M + parts.metadata.length + parts.thumbnail.length;
        if (bytes > MOST_WRITE_BYTES) throw tooMuch(changes.length + 1, items.length);
        changes.push({ id: String(parts.id), parts });
      }
      return changes;
    }, signal);
  }

  async remove(ids: readonly ItemId[], { signal }: { signal?: AbortSignal | undefined } = {}): Promise<boolean[]> {
    return this.#write(async () => {
      checkCount(ids.length);
      return ids.map((id) => ({ id: keptText(id, this.#parts.facts.idKind) }));
    }, signal);
  }

  async has(id: ItemId): Promise<boolean> {
    return (await this.#find(id, {})) !== undefined;
  }

  async get(id: ItemId, o: Pick<Run, 'signal' | 'partial'> = {}): Promise<FoundItem | undefined> {
    const row = await this.#find(id, o);
    if (row === undefined) return undefined;
    const found = { id: this.#idOf(row.id), code: Uint8Array.from(row.code), labels: row.labels };
    return row.metadata === '' ? found : { ...found, metadata: JSON.parse(row.metadata) as Metadata };
  }

  async thumbnail(id: ItemId, { signal }: { signal?: AbortSignal | undefined } = {}): Promise<Uint8Array | undefined> {
    const row = await this.#find(id, { signal });
    if (row === undefined || row.hasThumbnail === 0) return undefined;
    const { engine, all } = this.#reads;
    const [found] = await engine.query<{ hexed: string }>(
      `SELECT hex(bytes) AS hexed FROM ${all.thumbnails} WHERE id = ${literal(row.id)} AND version = ${row.version} LIMIT 1`,
      { signal },
    );
    return found && new Uint8Array(Buffer.from(found.hexed, 'hex'));
  }

  async search(query: Float32Array, o: StoreSearch = {}): Promise<StoreHit[]> {
    this.#open();
    checkQueries(query, 1, this.#parts.codebook.D);
    checkSearch(o);
    return this.#reading(this.#search(query, o));
  }

  async searchMany(queries: Float32Array, o: StoreSearch = {}): Promise<StoreHit[][]> {
    this.#open();
    const { D } = this.#parts.codebook;
    const count = Math.ceil((queries?.length ?? 1) / D);
    checkQueries(queries, count, D);
    checkSearch(o);
    const all = new Array<StoreHit[]>(count);
    let next = 0;
    const work = async () => {
      while (next < count) {
        const i = next++;
        try {
          all[i] = await this.#search(queries.subarray(i * D, (i + 1) * D), o);
        } catch (error) {
          next = count;
          throw error;
        }
      }
    };
    const lanes = Array.from({ length: Math.min(QUERIES_AT_ONCE, count) }, work);
    // Where one fails the others are still under way.
    this.#reading(Promise.allSettled(lanes));
    await Promise.all(lanes);
    return all;
  }

  async snapshot(path: string, { signal }: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    this.#open();
    signal?.throwIfAborted();
    const { facts, codebook } = this.#parts;
    await this.#reading(
      writeSnapshot({ ...this.#reads, facts, codebook, classes: () => [...this.#classes] }, path, signal),
    );
  }

  /**
   * Has the servers merge what is there, so that no old states are left. They do it by themselves, but for their last parts.
   *
   * @throws ServerError `READ_ONLY`, `STORE_FAILED` …
   */
  compact(): Promise<void> {
    return this.#reading(this.#optimize());
  }

  async #optimize(): Promise<void> {
    this.#writable();
    const { engine, local } = this.#reads;
    const began = performance.now();
    this.#compactions.running = true;
    try {
      for (let server = 0; server < engine.servers.length; server++) {
        for (const table of [local.items, local.places]) {
          this.#open();
          await engine.command(`OPTIMIZE TABLE ${table} FINAL`, server);
        }
      }
      this.#compactions.done++;
      this.#compactions.failed = undefined;
    } catch (error) {
      this.#compactions.failed = (error as Error).message;
      throw error;
    } finally {
      this.#compactions.running = false;
      this.#compactions.ms = performance.now() - began;
    }
  }

  async verify({ signal }: { signal?: AbortSignal | undefined } = {}): Promise<StoreCheck> {
    this.#open();
    return this.#reading(verifyItems({ ...this.#reads, facts: this.#parts.facts }, signal));
  }

  stats(): StoreStats {
    this.#open();
    this.#countIfDue();
    const { facts, readOnly, place } = this.#parts;
    return {
      count: this.#count,
      ...{ M: facts.M, K: facts.K, codebookSha256: facts.codebookSha256, thumbnailType: facts.thumbnailType },
      classes: [...this.#classes],
      trouble: readOnly ? { code: 'READ_ONLY', message: `${place.database} is open to be read.`, since: 0 } : undefined,
      bytes: { index: this.#counts.byteLength + this.#sample.bytes, items: 0 },
      journal: { bytes: 0, items: 0, cut: 0 },
      writes: { items: this.#writes.written, syncs: this.#writes.inserts, waiting: this.#writes.waiting },
      compaction: { ...this.#compactions },
    };
  }

  close(): Promise<void> {
    this.#closed ??= (async () => {
      // Only counting listens; writes would wait for it.
      this.#closing.abort(new ServerError('CLOSED', 'The store was closed.'));
      await Promise.allSettled(this.#begun);
      await this.#writes.settled();
      await this.#counting;
      await this.#sample.close();
      await this.#parts.engine.close();
    })();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #search(query: Float32Array, o: StoreSearch): Promise<StoreHit[]> {
    const { k = 10, offset = 0, filter, signal } = o;
    const { codebook, facts } = this.#parts;
    const { distance = codebook.distance } = o;
    signal?.throwIfAborted();
    const isNarrowed = filter !== undefined && Object.values(filter).some((part) => part !== undefined);
    const run = { signal, partial: o.onMissing !== undefined };
    if (isNarrowed) await this.#checkLabels(filter, run);
    const wanted = {
      n: k + offset,
      distance,
      filter: isNarrowed ? toRowFilter(filter, facts.idKind) : undefined,
      metadata: o.metadata === true,
    };
    this.#countIfDue();
    // Asked before and after: a shard that went or came back meanwhile may be missing in the answer.
    const before = o.onMissing && (await this.#missing(run));
    const found = await searchItems(this.#searched(), query, wanted, run);
    if (o.onMissing) {
      const missing = new Set([...before!, ...(await this.#missing(run))]);
      if (missing.size > 0) o.onMissing([...missing]);
    }
    return found.slice(offset).map((one) => this.#hit(one));
  }

  #missing(run: Run): Promise<string[]> {
    const { engine, place, shards } = this.#parts;
    return missingShards(engine, place, shards, run);
  }

  #searched(): SearchPlace {
    const { codebook, facts, plainBelow = PLAIN_BELOW, firstLeast = FIRST_LEAST } = this.#parts;
    return {
      ...this.#reads,
      ...{ codebook, cell: facts.cell, idKind: facts.idKind },
      ...{ counts: this.#counts, count: this.#count, sample: this.#sample, plainBelow, firstLeast },
    };
  }

  #hit({ id, distance, labels, metadata }: Found): StoreHit {
    const hit = { id: this.#idOf(id), distance, labels };
    return metadata === '' ? hit : { ...hit, metadata: JSON.parse(metadata) as Metadata };
  }

  /** @throws ServerError `UNKNOWN_LABEL` for a class that nobody has written by now */
  async #checkLabels({ labels = [] }: ItemFilter, run: Run): Promise<void> {
    const isKnown = () => labels.every((name) => this.#classes.has(name));
    if (!isKnown()) for (const name of await classesOf(this.#parts, run)) this.#classes.add(name);
    const unknown = labels.find((name) => !this.#classes.has(name));
    if (unknown !== undefined) throw unknownLabel(unknown, [...this.#classes]);
  }

  async #find(id: ItemId, run: Pick<Run, 'signal' | 'partial'>) {
    this.#open();
    run.signal?.throwIfAborted();
    const kept = keptText(id, this.#parts.facts.idKind);
    return kept === undefined ? undefined : this.#reading(itemOf(this.#reads, kept, run));
  }

  /** An id as it is given back. */
  #idOf(text: string): ItemId {
    return fromKept(toKept(text, this.#parts.facts.idKind)!);
  }

  /** A write that was begun is brought to its end before the store is closed. */
  #write(pack: () => Promise<readonly Change[]>, signal: AbortSignal | undefined): Promise<boolean[]> {
    const work = (async () => {
      this.#writable();
      signal?.throwIfAborted();
      const changes = await pack();
      return changes.length === 0 ? [] : this.#writes.write(changes, signal);
    })();
    return this.#reading(work);
  }

  /** What was begun ends before the engine is closed. */
  #reading<T>(work: Promise<T>): Promise<T> {
    this.#begun.add(work);
    const end = () => this.#begun.delete(work);
    work.then(end, end);
    return work;
  }

  /** Counts again where others may have written since; what fails is for the next query to say. */
  #countIfDue(): void {
    if (this.#counting !== undefined || this.#closed !== undefined || performance.now() < this.#countAgainAt) return;
    this.#counting = this.#writes
      .alone(() => this.#recount())
      .catch(() => undefined)
      .finally(() => {
        this.#counting = undefined;
      });
  }

  async #recount(): Promise<void> {
    const { engine, all } = this.#reads;
    const began = performance.now();
    this.#countAgainAt = againAt(began);
    const rows = await engine.query<{ cell: number; n: string }>(
      `SELECT cell, count() AS n FROM ${all.items} FINAL WHERE deleted = 0 GROUP BY cell`,
      { signal: this.#closing.signal, timeout: READ_ALL_MS },
    );
    const counts = new Uint32Array(CELLS);
    let count = 0;
    for (const { cell, n } of rows) {
      counts[cell] = Number(n);
      count += Number(n);
    }
    this.#counts = counts;
    this.#count = count;
    this.#countAgainAt = againAt(began);
  }

  #writable(): void {
    this.#open();
    if (!this.#parts.readOnly) return;
    throw new ServerError('READ_ONLY', `${this.#parts.place.database} is open to be read; it takes no writes.`);
  }

  #open(): void {
    if (this.#closed === undefined) return;
    throw new ServerError('CLOSED', 'The store was closed; open it again.');
  }
}

/** Classes of the items, in the order in which they came. */
async function classesOf({ engine, place }: StoreParts, run?: Run): Promise<string[]> {
  const rows = await engine.query<{ name: string }>(
    `SELECT name, min(number) AS first FROM ${tables(place).classes} GROUP BY name ORDER BY first, name`,
    run,
  );
  return rows.map(({ name }) => name);
}
