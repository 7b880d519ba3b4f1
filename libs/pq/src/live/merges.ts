/** @file When an index gets a new base: one merge at a time, when it is asked for, or by itself when it is due. */
import { type AbortSignalLike, PqError, throwIfAborted } from '../errors.ts';
import { FEWEST_FOR_CELLS } from '../search/plan.ts';
import type { Pool } from '../threads/pool.ts';
import { carryOver } from './carry-over.ts';
import { type CodebookLike, Generation } from './generation.ts';
import { IdMap } from './id-map.ts';
import { type Internals, worthThreads } from './internals.ts';
import { JointWork, orAborted } from './joint.ts';
import type { StructureOptions } from './merge.ts';
import { pause } from './pause.ts';

/**
 * The tail and the deleted are merged in the background from so many on, as fewer are searched as fast where they are,
 * and from these shares of the base.
 */
const MERGE_FROM = FEWEST_FOR_CELLS;
const TAIL_SHARE = 0.1;
const DEAD_SHARE = 0.25;

/** Changes that are carried over together: less than a millisecond's work; the last of them at once. */
const CARRIED = 512;
/** So often it is tried to get ahead of those who write. */
const ROUNDS = 16;

/** The index that is merged. */
export interface Merged {
  readonly codebook: CodebookLike;
  readonly arrangement: StructureOptions;
  readonly threads: number | undefined;
  readonly autoMerge: boolean;
  readonly internals: Internals;
  /** @throws PqError `CLOSED` */
  current(): Generation;
  replace(next: Generation): void;
}

/** The merges of an index. */
export class Merges {
  readonly #index: Merged;
  #running: JointWork | undefined;
  /** Whether one is wanted because it is due. */
  #automatic = false;
  #thread: Promise<Pool | undefined> | undefined;
  /** Ids that were changed since the running merge began, each once. */
  #changed: Changed | undefined;
  #failed: string | undefined;
  /** After a failure: not again before the tail and the deleted are so many. */
  #from = MERGE_FROM;

  constructor(index: Merged) {
    this.#index = index;
  }

  get running(): boolean {
    return this.#running?.aborted === false;
  }

  /** Why the last one in the background didn't come to an end. */
  get failed(): string | undefined {
    return this.#failed;
  }

  /** Begins a merge, or waits for the one that runs; it goes on until all who asked for it have aborted it. */
  async run(signal: AbortSignalLike | undefined): Promise<void> {
    while (this.#running?.aborted) {
      // One that nobody wants any more ends first.
      const ended = this.#running.ended.catch(() => {});
      await orAborted(ended, signal);
    }
    if (this.#running !== undefined) this.#running.join(signal);
    else {
      const begin = (wanted: AbortSignalLike) =>
        this.#merge(wanted).finally(() => {
          this.#running = undefined;
          this.#changed = undefined;
        });
      this.#running = new JointWork(begin, signal);
    }
    await this.#running.wait(signal);
  }

  /** To be told of each change. */
  wrote(ids: Uint32Array): void {
    if (this.#changed !== undefined) for (const id of ids) this.#changed.add(id);
    if (this.#automatic || !this.#index.autoMerge) return;
    const { structure, tail, dead } = this.#index.current();
    const due =
      tail.count > Math.max(this.#from, TAIL_SHARE * structure.count) ||
      dead.count > Math.max(this.#from, DEAD_SHARE * structure.count);
    if (!due) return;
    this.#automatic = true;
    this.run(undefined).then(
      () => {
        this.#automatic = false;
        this.#from = MERGE_FROM;
        this.#failed = undefined;
      },
      (error: unknown) => {
        this.#automatic = false;
        this.#from = 2 * Math.max(tail.count, dead.count);
        this.#failed = String(error);
      },
    );
  }

  /** Ends the thread that is at work. */
  close(): void {
    // Where there is none, the merge says why.
    this.#thread?.then(
      (thread) => thread?.close(),
      () => undefined,
    );
  }

  async #merge(signal: AbortSignalLike | undefined): Promise<void> {
    const { codebook, arrangement, internals, threads } = this.#index;
    const generation = this.#index.current();
    this.#changed = new Changed();
    const held = generation.hold();
    try {
      // A thread of its own: what building took goes with it. Where there is none, whoever asked goes on first.
      const thread = threads !== 0 && worthThreads(generation.count, internals);
      this.#thread = thread ? import('../threads/pool.ts').then(({ openPool }) => openPool(1)) : undefined;
      // It is waited for below.
      this.#thread?.catch(() => undefined);
      const { merge } = await import('./merge.ts');
      const base = await merge(generation, held, { ...arrangement, codebook, signal }, await this.#thread);
      const next = new Generation(base.arena, base.structure, codebook, generation.kernels);
      for (let round = 0; round < ROUNDS && this.#changed.size > CARRIED; round++) {
        // What is changed once more meanwhile is carried over once more.
        const ids = this.#takeChanged();
        for (let from = 0; from < ids.length; from += CARRIED) {
          carryOver(generation, next, ids.subarray(from, from + CARRIED));
          await pause();
          throwIfAborted(signal);
          this.#index.current();
        }
      }
      throwIfAborted(signal);
      this.#index.current();
      // Nothing may come between what is carried over last and the new state.
      carryOver(generation, next, this.#takeChanged());
      this.#index.replace(next);
    } catch (error) {
      // The index has ended its thread: it says so itself.
      if (error instanceof PqError && error.code === 'CLOSED') this.#index.current();
      throw error;
    } finally {
      held.release();
      this.close();
      this.#thread = undefined;
    }
  }

  #takeChanged(): Uint32Array {
    const { ids } = this.#changed!;
    this.#changed = new Changed();
    return Uint32Array.from(ids);
  }
}

/**
 * Ids in the order in which they came first. In the order of a hash table they would all go to one end of the next table
 * that they are entered into, where each had to pass those before it.
 */
class Changed {
  readonly ids: number[] = [];
  readonly #known = new IdMap();

  get size(): number {
    return this.ids.length;
  }

  add(id: number): void {
    if (this.#known.set(id, 0)) this.ids.push(id);
  }
}
