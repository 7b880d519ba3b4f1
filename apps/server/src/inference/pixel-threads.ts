/** @file Image files to pixels, in threads beside the network's and beside the one that serves. */
import { availableParallelism } from 'node:os';
import { RuntimeError, type SessionLike, type TensorLike } from '@dqn/runtime';
import { KeptThread } from './kept-thread.ts';
import type { PictureTask, Pixels } from './messages.ts';
import type { Observe } from './observe.ts';

/** Threads for pixels at most; each holds a decoded picture or two. */
const MOST_THREADS = 4;

/** While one picture is resized another is decoded, which the pool of libuv does. */
const PICTURES_PER_THREAD = 2;

/** Threads for pixels, unless told: half of what the machine runs side by side. */
export function pixelThreads(): number {
  return Math.max(1, Math.min(MOST_THREADS, availableParallelism() >> 1));
}

/** Pictures decoded at a time, unless told. One of libuv's threads stays for files, whose writes are waited for. */
export function picturesAtOnce(threads: number): number {
  const pool = Number(process.env.UV_THREADPOOL_SIZE) || 4;
  return Math.max(1, Math.min(threads * PICTURES_PER_THREAD, pool - 1));
}

/** Threads that each hold the preprocessing graph; a session, and more than that. */
export class PixelThreads implements SessionLike {
  readonly threads: readonly KeptThread[];
  readonly #busy: number[];

  private constructor(threads: readonly KeptThread[]) {
    this.threads = threads;
    this.#busy = threads.map(() => 0);
  }

  /** @throws as Thread.start */
  static async open(graph: Uint8Array, threads: number, observe?: Observe): Promise<PixelThreads> {
    // Resizing has the same bits on every CPU, and only there.
    const start = { bytes: graph, providers: ['cpu'], threads: 1 } as const;
    const opened = await Promise.allSettled(
      Array.from({ length: threads }, () => KeptThread.open(start, 'preprocess', observe)),
    );
    const there = opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    const failed = opened.find((one) => one.status === 'rejected');
    if (!failed) return new PixelThreads(there);
    await Promise.allSettled(there.map((thread) => thread.release()));
    throw failed.reason;
  }

  get inputNames(): readonly string[] {
    return this.threads[0].inputNames;
  }
  get outputNames(): readonly string[] {
    return this.threads[0].outputNames;
  }
  get inputMetadata(): SessionLike['inputMetadata'] {
    return this.threads[0].inputMetadata;
  }
  get outputMetadata(): SessionLike['outputMetadata'] {
    return this.threads[0].outputMetadata;
  }

  /** Why pictures are refused at present; undefined while they aren't. */
  get down(): string | undefined {
    return this.threads.every((thread) => thread.down) ? this.threads[0].down : undefined;
  }

  run(feeds: Readonly<Record<string, TensorLike>>): Promise<Readonly<Record<string, TensorLike>>> {
    return this.#give((thread) => thread.run(feeds));
  }

  /**
   * Decodes and preprocesses an image file; its pixels are in `task.into` then.
   *
   * @throws DataError `UNREADABLE_PICTURE`, `PICTURE_TOO_LARGE`; RuntimeError `BAD_PICTURE`, `NOT_A_MODEL`; ServerError
   * `SESSION_FAILED`, `UNAVAILABLE`, `CLOSED`
   */
  async picture(task: PictureTask): Promise<Pixels> {
    const result = (await this.#give((thread) =>
      thread.ask(() => {
        if (typeof task.source === 'string') return [{ kind: 'picture', ...task }];
        // A copy of one's own, to be handed over: a view would take along all of the memory that it looks at.
        const source = new Uint8Array(task.source);
        return [{ kind: 'picture', ...task, source }, [source.buffer]];
      }),
    )) as Pixels;
    const { bytes } = result;
    if (bytes !== task.into.length) {
      throw new RuntimeError(
        'NOT_A_MODEL',
        `preprocess.onnx gave ${bytes} bytes where the network takes ${task.into.length}; export the model again.`,
      );
    }
    return result;
  }

  async release(): Promise<void> {
    await Promise.all(this.threads.map((thread) => thread.release()));
  }

  /** Gives work to the thread that has least to do. */
  async #give<T>(work: (thread: KeptThread) => Promise<T>): Promise<T> {
    let at = 0;
    for (let i = 1; i < this.threads.length; i++) {
      const better = Number(!!this.threads[i].down) - Number(!!this.threads[at].down) || this.#busy[i] - this.#busy[at];
      if (better < 0) at = i;
    }
    this.#busy[at]++;
    try {
      return await work(this.threads[at]);
    } finally {
      this.#busy[at]--;
    }
  }
}
