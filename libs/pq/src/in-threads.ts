/**
 * @file Encoding and learning for large sets, in worker threads where there are any; with the same results as on the
 * caller's own thread, which does the work where there are none.
 */
import { type Codebook, checkArray, checkCodebook, checkVectors } from './codebook.ts';
import { encode } from './encode.ts';
import { type AbortSignalLike, PqError, throwIfAborted } from './errors.ts';
import { checkFunction, checkGiven, checkThreads } from './given.ts';
import type { Kmeans } from './kmeans.ts';
import {
  checkLearn,
  joinSubspaces,
  type LearnOptions,
  type Learnt,
  learnSubspace,
  type SubspaceWork,
  subspaceWork,
} from './learn.ts';
import { processors } from './threads/builtin.ts';
import { openPool, type Pool } from './threads/pool.ts';

/** Numbers of a slice of vectors: some tens of milliseconds of work. */
const SLICE = 2 ** 20;

/** How to encode a large set. */
export interface EncodeOptions {
  /** The most worker threads; as many as the machine runs side by side unless told. 0: work on this thread. */
  threads?: number;
  signal?: AbortSignalLike;
  /** Called after every slice: vectors encoded so far, of how many. */
  onProgress?: (done: number, total: number) => void;
}

/**
 * {@link encode} for a large set: slices of it in worker threads.
 *
 * Where threads can be had, `x` is copied to them slice by slice (not at all where its buffer is shared); don't change
 * it before the promise is settled. Else it's done on this thread, which takes a breath between the slices.
 *
 * @param x [N, D] row-major
 * @returns [N, M] row-major
 * @throws PqError `BAD_SHAPE`, `BAD_OPTION`, `NOT_FINITE`, `THREAD_LOST`; the signal's reason when aborted
 */
export async function encodeInThreads(
  codebook: Codebook,
  x: Float32Array,
  options: EncodeOptions = {},
): Promise<Uint8Array> {
  checkCodebook(codebook);
  checkGiven(options, 'The options', '{ threads, signal, onProgress }');
  const { threads = processors(), signal, onProgress } = options;
  checkThreads(threads);
  checkFunction(onProgress, 'onProgress');
  const { M, D } = codebook;
  checkArray(x, Float32Array, 'The vectors', `[N, ${D}]`);
  const N = x.length / D;
  if (!Number.isInteger(N)) checkVectors(x, D);
  throwIfAborted(signal);
  const rows = Math.max(1, Math.floor(SLICE / D));
  const slices = Math.ceil(N / rows);
  const codes = new Uint8Array(N * M);
  let done = 0;
  // A thread takes longer to start than one slice to encode.
  const work = withPool(Math.min(threads, slices > 1 ? slices : 0), (pool) =>
    eachOf(slices, pool, async (slice) => {
      throwIfAborted(signal);
      const first = slice * rows;
      const count = Math.min(rows, N - first);
      const part = x.subarray(first * D, (first + count) * D);
      codes.set(pool ? await encodeThere(pool, codebook, part, signal) : encode(codebook, part), first * M);
      done += count;
      onProgress?.(done, N);
    }),
  );
  try {
    await work;
  } catch (error) {
    // A slice's rows aren't those of the whole: say it anew.
    if (error instanceof PqError && error.code === 'NOT_FINITE') checkVectors(x, D);
    throw error;
  }
  throwIfAborted(signal);
  return codes;
}

function encodeThere(pool: Pool, codebook: Codebook, part: Float32Array, signal: AbortSignalLike | undefined) {
  const shared = typeof SharedArrayBuffer === 'function' && part.buffer instanceof SharedArrayBuffer;
  const x = shared ? part : part.slice();
  return pool.run('encode', { codebook, x }, { signal, transfer: shared ? undefined : [x.buffer] });
}

/**
 * {@link learnCodebook} for a large set: its subspaces side by side in worker threads, as many at a time as there are
 * threads.
 *
 * `x` is copied to them subspace by subspace; don't change it before the promise is settled. Where there are no threads
 * it's done on this one, which takes a breath between the subspaces.
 *
 * @param x [N, D] row-major
 * @param options as for {@link learnCodebook}; `threads` as for {@link encodeInThreads}. `onProgress` may be called for
 * several subspaces in turns
 * @throws PqError as {@link learnCodebook} does, and `THREAD_LOST`; the signal's reason when aborted
 */
export async function learnCodebookInThreads(
  x: Float32Array,
  options: LearnOptions & { threads?: number },
): Promise<Learnt> {
  const iterations = checkLearn(x, options);
  const { M, signal, onProgress, threads = processors() } = options;
  checkThreads(threads);
  throwIfAborted(signal);
  const parts: Kmeans[] = [];
  await withPool(Math.min(threads, M), (pool) =>
    eachOf(M, pool, async (subspace) => {
      throwIfAborted(signal);
      const work = subspaceWork(x, options, subspace);
      const tell = (iteration: number) => {
        onProgress?.({ subspace, iteration, iterations });
        throwIfAborted(signal);
      };
      parts[subspace] = pool ? await learnThere(pool, work, signal, tell) : learnSubspace(work, tell);
    }),
  );
  throwIfAborted(signal);
  return joinSubspaces(options, parts);
}

function learnThere(
  pool: Pool,
  work: SubspaceWork,
  signal: AbortSignalLike | undefined,
  onProgress: (iteration: number) => void,
): Promise<Kmeans> {
  return pool.run('learn', work, { signal, onProgress, transfer: [work.x.buffer] });
}

async function withPool(threads: number, work: (pool: Pool | undefined) => Promise<void>): Promise<void> {
  const pool = await openPool(threads);
  try {
    await work(pool);
  } finally {
    pool?.close();
  }
}

/** Works on 0 … count − 1: as many at once as the pool has threads; without one by one, with a breath in between. */
async function eachOf(count: number, pool: Pool | undefined, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  let failed = false;
  const lane = async (): Promise<void> => {
    while (next < count && !failed) {
      try {
        await work(next++);
      } catch (error) {
        failed = true;
        throw error;
      }
      if (!pool) await breath();
    }
  };
  // One more than threads: its input is ready when a thread is free.
  await Promise.all(Array.from({ length: pool ? pool.size + 1 : 1 }, lane));
}

/** Lets what waits on this thread have its turn: events, timers, an abort. */
function breath(): Promise<void> {
  const { setTimeout } = globalThis as unknown as { setTimeout(run: () => void): void };
  return new Promise((resolve) => setTimeout(resolve));
}
