/** @file Many queries at once: shared out among threads over the same memory, or answered here bit by bit. */
import type { Distance } from '../codebook.ts';
import { type AbortSignalLike, PqError, throwIfAborted } from '../errors.ts';
import { Arena } from '../kernels/arena.ts';
import { type KernelKind, kernelsOf, loadKernels } from '../kernels/kinds.ts';
import type { Memory } from '../kernels/wasm.ts';
import { attachStructure } from '../search/open.ts';
import type { Structure, StructureLayout } from '../search/structure.ts';
import type { Pool } from '../threads/pool.ts';
import type { CodebookLike, Generation, HeldView } from './generation.ts';
import { PageFormat, type PageFormatPlaces } from './page-format.ts';
import { pause } from './pause.ts';
import { type Queries, type QueryList, queryTables } from './query.ts';
import { type Hits, type Places, type Seen, type Wanted, Workplace } from './workplace.ts';

/** Queries that a thread is given at a time: few enough for an abort to be heard and the load to be even. */
const A_TURN = 32;
/** Milliseconds of work here between two breaks, unless told. */
const BREAK_AFTER = 16;

/** What a batch is asked for. */
export interface BatchRequest {
  readonly k?: number | undefined;
  readonly radius?: number | undefined;
  readonly distance?: Distance | undefined;
  readonly signal?: AbortSignalLike | undefined;
}

/** What a batch works with. */
export interface BatchMeans {
  /** Threads, if they are wanted and there are any. */
  findPool(): Promise<Pool | undefined> | undefined;
  /** Throws where the index was closed meanwhile. */
  check(): void;
  /** Milliseconds of work on the caller's thread between two breaks. */
  readonly breakAfter: number | undefined;
}

/** Some queries of a batch, for a thread. */
export interface TurnInput {
  readonly memory: Memory;
  readonly kernels: KernelKind;
  readonly codebook: CodebookLike;
  /** undefined: only the pages are searched. */
  readonly layout: StructureLayout | undefined;
  /** undefined: there are no pages. */
  readonly format: PageFormatPlaces | undefined;
  readonly places: Places;
  readonly seen: Seen;
  readonly wanted: Wanted;
  readonly queries: Queries;
  readonly distance: Distance | undefined;
}

/** What a thread found: the hits of all its queries one behind another. */
export interface TurnOutput extends Hits {
  /** Hits of each query. */
  readonly counts: Uint32Array;
  /** How many each would have had, had there been room. */
  readonly found: Uint32Array;
}

/** A thread's part. */
export async function answerTurn(input: TurnInput): Promise<TurnOutput> {
  const { memory, kernels, codebook, layout, places, seen, wanted, queries, distance } = input;
  const arena = new Arena(memory);
  // A thread may be forbidden what its page is allowed.
  const workplace = new Workplace(arena, kernelsOf(await loadKernels(memory, kernels), memory), places);
  const structure = layout && attachStructure(arena, layout);
  const format = input.format && new PageFormat(arena, input.format);
  const list = queryTables(codebook).many(queries, distance);
  const all: Hits[] = [];
  const found = new Uint32Array(list.count);
  for (let query = 0; query < list.count; query++) {
    list.write(query, workplace.table(codebook.M));
    const result = workplace.search(structure, format, seen, wanted);
    found[query] = result.found;
    all.push(workplace.hits(result.kept));
  }
  const counts = Uint32Array.from(all, ({ ids }) => ids.length);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const ids = new Uint32Array(total);
  const distances = new Float64Array(total);
  let at = 0;
  for (const hits of all) {
    ids.set(hits.ids, at);
    distances.set(hits.distances, at);
    at += hits.ids.length;
  }
  return { ids, distances, counts, found };
}

/**
 * Answers all queries from what was there when it was held, whatever is changed meanwhile; then releases it.
 *
 * @throws PqError `OUT_OF_MEMORY`; the signal's reason when aborted
 */
export async function answerBatch(
  generation: Generation,
  held: HeldView,
  codebook: CodebookLike,
  list: QueryList,
  request: BatchRequest,
  means: BatchMeans,
): Promise<Hits[]> {
  const { k, radius = 0, distance, signal } = request;
  const { seen, withBase, release } = held;
  const batch = new Batch(generation, list, withBase, seen, k === undefined ? { radius } : { k });
  let lanes: Promise<void>[] = [];
  try {
    // Threads may take their time to start: what is there now is held.
    const pool = await means.findPool();
    means.check();
    // Threads that have all been lost are as good as none.
    const inThreads = pool !== undefined && pool.size > 0;
    lanes = inThreads ? batch.workInThreads(pool, codebook, distance, signal) : [batch.workHere(means, signal)];
    await Promise.all(lanes);
    // Where every thread was lost, something is left.
    if (inThreads) await batch.workHere(means, signal);
  } catch (error) {
    // The index has ended its threads: it says so itself.
    if (error instanceof PqError && error.code === 'CLOSED') means.check();
    throw error;
  } finally {
    // The first that fails says why; the others may still look at what was held.
    void Promise.allSettled(lanes).then(release);
  }
  throwIfAborted(signal);
  return batch.hits;
}

class Batch {
  readonly hits: Hits[];
  readonly #generation: Generation;
  readonly #list: QueryList;
  readonly #structure: Structure | undefined;
  readonly #format: PageFormat | undefined;
  readonly #seen: Seen;
  readonly #wanted: { readonly k: number } | { readonly radius: number };
  /** The next query that nobody works on. */
  #next = 0;
  #failed = false;

  constructor(
    generation: Generation,
    list: QueryList,
    withBase: boolean,
    seen: Seen,
    wanted: { readonly k: number } | { readonly radius: number },
  ) {
    this.#generation = generation;
    this.#list = list;
    this.#structure = withBase ? generation.structure : undefined;
    this.#format = generation.store.madeFormat;
    this.#seen = seen;
    this.#wanted = wanted;
    this.hits = new Array(list.count);
  }

  /** Answers queries on this thread, with breaks. */
  async workHere({ check, breakAfter = BREAK_AFTER }: BatchMeans, signal: AbortSignalLike | undefined): Promise<void> {
    const workplace = this.#generation.workplace();
    try {
      let from = performance.now();
      while (this.#next < this.#list.count) {
        throwIfAborted(signal);
        this.#answer(workplace, this.#next++);
        if (performance.now() - from >= breakAfter) {
          await pause();
          check();
          from = performance.now();
        }
      }
    } finally {
      this.#generation.idle(workplace);
    }
  }

  /** Lets each thread of the pool work on some queries after another. */
  workInThreads(
    pool: Pool,
    codebook: CodebookLike,
    distance: Distance | undefined,
    signal: AbortSignalLike | undefined,
  ): Promise<void>[] {
    const threads = Math.min(pool.size, Math.ceil(this.#list.count / A_TURN));
    return Array.from({ length: threads }, () => this.#lane(pool, codebook, distance, signal));
  }

  async #lane(
    pool: Pool,
    codebook: CodebookLike,
    distance: Distance | undefined,
    signal: AbortSignalLike | undefined,
  ): Promise<void> {
    const generation = this.#generation;
    const workplace = generation.workplace();
    workplace.reserve('k' in this.#wanted ? this.#wanted.k : 1);
    const { room } = workplace.places;
    let idle = true;
    try {
      while (this.#next < this.#list.count && !this.#failed) {
        throwIfAborted(signal);
        const from = this.#next;
        const to = Math.min(from + A_TURN, this.#list.count);
        this.#next = to;
        const input: TurnInput = {
          memory: generation.arena.memory,
          kernels: generation.kernels,
          codebook,
          layout: this.#structure?.layout(),
          format: this.#format?.places,
          places: workplace.places,
          seen: this.#seen,
          wanted: 'k' in this.#wanted ? this.#wanted : { ...this.#wanted, room },
          queries: this.#list.slice(from, to),
          distance,
        };
        try {
          this.#take(from, await pool.run('answerQueries', input), workplace);
        } catch (error) {
          if (!(error instanceof PqError && error.code === 'THREAD_LOST')) throw error;
          // Whatever became of the thread, the answer can be had here; its workplace isn't trusted any more.
          idle = false;
          const own = generation.workplace();
          for (let query = from; query < to; query++) this.#answer(own, query);
          generation.idle(own);
          return;
        }
      }
    } catch (error) {
      this.#failed = true;
      throw error;
    } finally {
      if (idle) generation.idle(workplace);
    }
  }

  /** Takes over what a thread found; what had no room there is searched again here. */
  #take(from: number, { ids, distances, counts, found }: TurnOutput, workplace: Workplace): void {
    let at = 0;
    for (let i = 0; i < counts.length; i++) {
      const end = at + counts[i];
      this.hits[from + i] = { ids: ids.slice(at, end), distances: distances.slice(at, end) };
      at = end;
      if (found[i] > counts[i]) this.#answer(workplace, from + i);
    }
  }

  #answer(workplace: Workplace, query: number): void {
    this.#list.write(query, workplace.table(this.#generation.structure.M));
    this.hits[query] = workplace.answer(this.#structure, this.#format, this.#seen, this.#wanted).hits;
  }
}

declare const performance: { now(): number };
