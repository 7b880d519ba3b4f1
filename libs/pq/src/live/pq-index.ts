/// <reference lib="esnext.disposable" preserve="true" />
/**
 * @file The index: searches, and what may change meanwhile.
 *
 * A base that doesn't change (src/search/), a tail of what was added since, a bitmap of what was deleted. A search is
 * synchronous and sees one state. Batches and merges go on for a while: what they look at is kept as it was when they
 * began.
 */
import { checkCodes } from '../codebook.ts';
import { type AbortSignalLike, PqError, throwIfAborted } from '../errors.ts';
import { checkGiven } from '../given.ts';
import type { IndexImage } from '../search/structure.ts';
import { processors } from '../threads/builtin.ts';
import type { Pool } from '../threads/pool.ts';
import { type Explanation, explainItems, type LastQuery } from './explain.ts';
import type { CodebookLike, Generation } from './generation.ts';
import { checkIds, checkUnique, type Ids, isId } from './ids.ts';
import { type Internals, worthThreads } from './internals.ts';
import { type Items, liveItems } from './live-items.ts';
import type { StructureOptions } from './merge.ts';
import { Merges } from './merges.ts';
import {
  checkK,
  checkRadius,
  checkWanted,
  type Queries,
  type Query,
  type QueryOptions,
  type QueryTables,
  queryTables,
  type SearchOptions,
  type WithinOptions,
} from './query.ts';
import { withCodewords } from './same-codewords.ts';
import type { Hits } from './workplace.ts';

/** Fewer queries aren't worth the way to a thread. */
const BATCH_FOR_THREADS = 8;

/** Threads of an index that isn't told how many. */
const MOST_THREADS = 8;

/** How an index keeps itself. */
export interface IndexOptions extends StructureOptions {
  /**
   * Threads for batches, started by the first; as many as the machine runs side by side, but at most 8, unless told.
   * Builds and merges take one for as long as they last. 0: none, neither for these.
   */
  readonly threads?: number | undefined;
  /** Whether merges begin by themselves, in the background; true unless told. */
  readonly autoMerge?: boolean | undefined;
}

/** Items (id and code) to be searched exactly. Made by `createIndex` and `openIndex`. */
export class PqIndex {
  readonly M: number;
  readonly K: number;
  readonly #codebook: CodebookLike;
  readonly #tables: QueryTables;
  readonly #options: IndexOptions;
  readonly #internals: Internals;
  #generation: Generation | undefined;
  /** For batches. */
  #pool: Promise<Pool | undefined> | undefined;
  #threads: number | undefined;
  #last: LastQuery | undefined;
  readonly #merges: Merges;

  /** Made by `createIndex` and `openIndex`. */
  constructor(generation: Generation, codebook: CodebookLike, options: IndexOptions, internals: Internals) {
    this.M = codebook.M;
    this.K = codebook.K;
    this.#generation = generation;
    this.#codebook = codebook;
    this.#tables = queryTables(codebook);
    this.#options = options;
    this.#internals = internals;
    this.#threads = options.threads === 0 ? 0 : undefined;
    const { structure, distinct, threads, autoMerge = true } = options;
    this.#merges = new Merges({
      codebook,
      arrangement: { structure, distinct },
      threads,
      autoMerge,
      internals,
      current: () => this.#open(),
      replace: (next) => {
        this.#generation = next;
      },
    });
  }

  /** Items that can be found. */
  get count(): number {
    return this.#open().count;
  }

  /**
   * The k nearest items, nearest first, of equally near ones the smaller id first: what `scan` over all of them gives.
   *
   * @throws PqError `BAD_OPTION`, `BAD_SHAPE`, `NOT_FINITE`, `UNKNOWN_ID` (of the filter), `OUT_OF_MEMORY`, `CLOSED`;
   * the signal's reason if it is aborted already
   */
  search(query: Query, options: SearchOptions): Hits {
    checkGiven(options, 'The options', '{ k }, how many to find');
    checkK(options.k, this.count);
    return this.#answer(query, { k: options.k }, options);
  }

  /**
   * All items within a radius, as `search` gives them.
   *
   * @throws as `search`
   */
  within(query: Query, options: WithinOptions): Hits {
    checkGiven(options, 'The options', '{ radius }, the largest distance wanted');
    checkRadius(options.radius);
    return this.#answer(query, { radius: options.radius }, options);
  }

  /**
   * Many queries, each as `search` (or, with a radius, `within`) answers it: all from the items that are there when it
   * is called. Threads share them where memory can be shared; else they are answered here, with breaks.
   *
   * @returns hits by query
   * @throws as `search`; the signal's reason when aborted in the middle, too
   */
  async searchMany(queries: Queries, options: SearchOptions | WithinOptions): Promise<Hits[]> {
    const generation = this.#open();
    checkGiven(options, 'The options', '{ k } or { radius }');
    throwIfAborted(options.signal);
    checkWanted(options, generation.count);
    const list = this.#tables.many(queries, options.distance);
    const threads = list.count >= BATCH_FOR_THREADS && worthThreads(generation.count, this.#internals);
    // What is there now: the rest takes its time.
    const held = generation.holdNarrowed(options.filter, list.count);
    const { answerBatch } = await import('./batch.ts').catch((error) => {
      held.release();
      throw error;
    });
    return answerBatch(generation, held, this.#codebook, list, options, {
      findPool: () => (threads ? this.#threadPool() : undefined),
      check: () => void this.#open(),
      breakAfter: this.#internals.breakAfter,
    });
  }

  /**
   * Adds items: all, or none.
   *
   * @param ids unique, not there yet
   * @param codes [N, M] row-major
   * @throws PqError `DUPLICATE_ID`, `BAD_OPTION`, `BAD_SHAPE`, `BAD_CODE`, `OUT_OF_MEMORY`, `CLOSED`
   */
  add(ids: Ids, codes: Uint8Array): void {
    this.#put(ids, codes, true);
  }

  /**
   * Adds items, and overwrites those that are there: all, or none.
   *
   * @param ids unique
   * @param codes [N, M] row-major
   * @throws as `add`
   */
  upsert(ids: Ids, codes: Uint8Array): void {
    this.#put(ids, codes, false);
  }

  /**
   * Takes items away; ids that no item has are passed over.
   *
   * @returns how many there were
   * @throws PqError `BAD_OPTION`, `OUT_OF_MEMORY` (then none is gone), `CLOSED`
   */
  remove(ids: Ids): number {
    const generation = this.#open();
    const checked = checkIds(ids);
    const removed = generation.remove(checked);
    this.#merges.wrote(checked);
    return removed;
  }

  /** Whether there is such an item. */
  has(id: number): boolean {
    return isId(id) && this.#open().has(id);
  }

  /** The code of an item, M bytes; undefined if there is no such item. */
  code(id: number): Uint8Array | undefined {
    const code = new Uint8Array(this.M);
    return isId(id) && this.#open().codeOf(id, code) ? code : undefined;
  }

  /** Copies of all items: ids [N] ascending, codes [N, M]. It blocks: about .25 s for a million of M = 8. */
  items(): Items {
    const generation = this.#open();
    return liveItems(generation.arena, generation.structure, generation.store.madeFormat, generation.now());
  }

  /**
   * What a file keeps of the index. Its parts are views of the index's memory, where they needn't be made: to be written
   * or copied at once. Of a 'flat' index they are copies.
   *
   * With a tail or deleted items it is what a merge would make of it, built on this thread: about a second for a million of
   * M = 8. So call `merge()` first, which builds in another.
   */
  async image(): Promise<IndexImage> {
    const { structure, tail, dead } = this.#open();
    if (tail.count === 0 && dead.count === 0) return withCodewords(structure.image(), this.#codebook);
    const items = this.items();
    const { buildHere, itemsToBuild } = await import('./merge.ts');
    const { structure: merged } = buildHere({
      codebook: this.#codebook,
      ...itemsToBuild(items),
      structure: this.#options.structure,
      distinct: this.#options.distinct,
    });
    return withCodewords(merged.image(), this.#codebook);
  }

  /**
   * Makes a new base of all items, in a thread where there is one, and gives the memory of the old one back. Searches
   * and changes go on meanwhile; one merge runs at a time, and who asks again waits for that. It
   * goes on until all who asked for it have aborted it; each hears their own signal at once.
   *
   * @throws PqError `OUT_OF_MEMORY`, `CLOSED`, `BAD_OPTION`; the signal's reason when aborted. Unless somebody else asked
   * for it, nothing has changed then
   */
  async merge(options: { readonly signal?: AbortSignalLike | undefined } = {}): Promise<void> {
    const { tail, dead } = this.#open();
    checkGiven(options, 'The options', '{ signal }');
    throwIfAborted(options.signal);
    if (tail.count > 0 || dead.count > 0 || this.#merges.running) await this.#merges.run(options.signal);
  }

  /** How the index is arranged, what it takes, and what the last single query looked at. */
  explain(): Explanation {
    const merge = { running: this.#merges.running, failed: this.#merges.failed };
    return { ...explainItems(this.#open()), threads: this.#threads ?? 0, merge, last: this.#last };
  }

  /** Ends its threads and lets the memory go; batches and merges that are under way are refused. */
  close(): void {
    this.#generation = undefined;
    this.#pool?.then(
      (pool) => pool?.close(),
      () => undefined,
    );
    this.#pool = undefined;
    this.#merges.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #open(): Generation {
    if (this.#generation !== undefined) return this.#generation;
    throw new PqError('CLOSED', 'The index has been closed; open it again.');
  }

  #answer(
    query: Query,
    wanted: { readonly k: number } | { readonly radius: number },
    { distance, filter, signal }: QueryOptions,
  ): Hits {
    const generation = this.#open();
    throwIfAborted(signal);
    const from = performance.now();
    const write = this.#tables.one(query, distance);
    const narrowed = filter === undefined ? undefined : generation.filters.narrow(filter, 1);
    const workplace = generation.workplace();
    try {
      const { dead, pages } = generation.now();
      const seen = { allowed: narrowed?.allowed ?? 0, dead, pages: narrowed?.pages ?? pages };
      const base = narrowed?.pages === undefined ? generation.structure : undefined;
      write(workplace.table(this.M));
      const { hits, visited } = workplace.answer(base, generation.store.madeFormat, seen, wanted);
      if (narrowed === undefined) generation.sawQuery(visited.items);
      this.#last = { ...visited, ms: performance.now() - from };
      return hits;
    } finally {
      generation.idle(workplace);
      narrowed?.release();
    }
  }

  #put(ids: Ids, codes: Uint8Array, isNew: boolean): void {
    const generation = this.#open();
    const checked = checkIds(ids);
    const count = checkCodes(codes, this.M, this.K);
    if (checked.length !== count) {
      throw new PqError('BAD_SHAPE', `${checked.length} ids for ${count} codes; expected one each.`);
    }
    checkUnique(checked);
    const there = isNew ? checked.find((id) => generation.has(id)) : undefined;
    if (there !== undefined) {
      throw new PqError('DUPLICATE_ID', `Id ${there} is there already. Upsert overwrites; add doesn't.`);
    }
    generation.put(checked, codes);
    this.#merges.wrote(checked);
  }

  /** Threads, started when first asked for. */
  async #threadPool(): Promise<Pool | undefined> {
    const wanted = this.#options.threads ?? Math.min(processors(), MOST_THREADS);
    // Loaded when it is needed: a page that only searches needs it never.
    this.#pool ??= import('../threads/pool.ts').then(({ openPool }) => openPool(wanted));
    const opening = this.#pool;
    let pool: Pool | undefined;
    try {
      pool = await opening;
    } catch (error) {
      // A page that was offline may not be the next time.
      if (this.#pool === opening) this.#pool = undefined;
      throw error;
    }
    this.#threads = pool?.size ?? 0;
    return pool;
  }
}

declare const performance: { now(): number };
