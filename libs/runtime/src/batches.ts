/**
 * @file Many pictures through a model, reading and preprocessing beside the network.
 *
 * While the network works on one batch, the next ones are read (decoded) and preprocessed, so the whole runs as fast
 * as its slowest stage where reading happens on other threads than the network.
 */

import { type AbortSignalLike, encode } from '@dqn/pq';
import { RuntimeError } from './errors.ts';
import { checkBatch, type Model } from './model.ts';
import type { Picture } from './picture.ts';
import { throwIfAborted } from './platform.ts';

/** Pictures by number; a data set fits. */
export interface PictureSource {
  readonly length: number;
  read(index: number): Promise<Picture>;
}

/** How to run many pictures. */
export interface BatchOptions {
  /** Pictures a run of the network; default 32. */
  readonly batch?: number;
  /** Pictures being read at the same time; default 16. More only costs memory once the network never waits. */
  readonly reading?: number;
  /** Called for a picture that can't be read, which is then left out; without it the first one ends the run. */
  readonly onUnreadable?: (index: number, error: unknown) => void;
  /** Called after each batch with the pictures dealt with so far, those left out included. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignalLike;
}

/** Consecutive pictures of a source, those left out excepted. */
export interface EmbeddedBatch {
  /** Numbers in the source, ascending. */
  readonly indices: readonly number[];
  /** float32 [indices.length, D], row-major. */
  readonly embeddings: Float32Array;
}

/** The pictures of a source that could be read. */
export interface EncodedPictures {
  /** Numbers in the source, ascending: row i of the codes is picture indices[i]. */
  readonly indices: Uint32Array;
  /** uint8 [indices.length, M], row-major. */
  readonly codes: Uint8Array;
}

/** Batches in the making or in the network at one time: one running, one waiting for it, two being filled. */
const BATCHES_AT_ONCE = 4;
const BATCHES_IN_NETWORK = 2;

/**
 * Embeds a source batch by batch, in its order.
 *
 * @throws what `source.read` throws unless onUnreadable is given; RuntimeError `BAD_OPTION`; the signal's reason
 * @example for await (const { indices, embeddings } of embedBatches(model, dataset)) …
 */
export async function* embedBatches(
  model: Model,
  source: PictureSource,
  options: BatchOptions = {},
): AsyncGenerator<EmbeddedBatch> {
  const { batch = 32, reading = 16, onUnreadable, onProgress, signal } = options;
  checkBatch(batch);
  if (!Number.isInteger(reading) || reading < 1) {
    throw new RuntimeError('BAD_OPTION', `Reading ${reading} pictures at a time is not possible; ask for 1 or more.`);
  }
  const bytes = model.size * model.size * 3;
  const gate = limit(reading);
  let stopped = false;

  const fill = async (start: number, end: number) => {
    const pixels = new Uint8Array((end - start) * bytes);
    const readable = new Uint8Array(end - start);
    const readOne = async (index: number) => {
      if (stopped) return;
      throwIfAborted(signal);
      const unreadable = (error: unknown) => {
        if (!onUnreadable) throw error;
        onUnreadable(index, error);
      };
      let picture: Picture;
      try {
        picture = await source.read(index);
      } catch (error) {
        return unreadable(error);
      }
      try {
        pixels.set(await model.preprocess(picture), (index - start) * bytes);
      } catch (error) {
        // One that is far too long, say; what is wrong with the session is no picture's fault.
        if (error instanceof RuntimeError && error.code === 'BAD_PICTURE') return unreadable(error);
        throw error;
      }
      readable[index - start] = 1;
    };
    const indices = Array.from({ length: end - start }, (_, i) => start + i);
    await Promise.all(indices.map((index) => gate(() => readOne(index))));
    const read = indices.filter((index) => readable[index - start] === 1);
    // Close the gaps that unreadable pictures left.
    read.forEach((index, i) => {
      if (index - start !== i) pixels.copyWithin(i * bytes, (index - start) * bytes, (index - start + 1) * bytes);
    });
    return { end, indices: read, pixels: pixels.subarray(0, read.length * bytes) };
  };
  const embed = async (filled: Awaited<ReturnType<typeof fill>>) => {
    const { indices, pixels, end } = filled;
    const embeddings = indices.length ? await model.embedPixels(pixels, indices.length) : new Float32Array(0);
    return { end, indices, embeddings };
  };

  const filling: ReturnType<typeof fill>[] = [];
  const running: ReturnType<typeof embed>[] = [];
  let next = 0;
  try {
    for (;;) {
      throwIfAborted(signal);
      while (filling.length + running.length < BATCHES_AT_ONCE && next < source.length) {
        const end = Math.min(next + batch, source.length);
        filling.push(handled(fill(next, end)));
        next = end;
      }
      if (filling.length > 0 && running.length < BATCHES_IN_NETWORK) {
        running.push(handled(embed(await filling.shift()!)));
        continue;
      }
      const first = running.shift();
      if (!first) return;
      const { end, indices, embeddings } = await first;
      onProgress?.(end, source.length);
      if (indices.length) yield { indices, embeddings };
    }
  } finally {
    // Nothing may go on reading once the caller has left; what is in the network ends by itself.
    stopped = true;
    await Promise.allSettled([...filling, ...running]);
  }
}

/**
 * Embeds and quantizes a whole source.
 *
 * @example const { indices, codes } = await encodeAll(model, dataset, { onUnreadable: (i, error) => skipped.push(i) });
 */
export async function encodeAll(
  model: Model,
  source: PictureSource,
  options: BatchOptions = {},
): Promise<EncodedPictures> {
  const { M } = model.codebook;
  const indices = new Uint32Array(source.length);
  const codes = new Uint8Array(source.length * M);
  let count = 0;
  for await (const part of embedBatches(model, source, options)) {
    indices.set(part.indices, count);
    codes.set(encode(model.codebook, part.embeddings), count * M);
    count += part.indices.length;
  }
  return { indices: indices.slice(0, count), codes: codes.slice(0, count * M) };
}

/** A rejection is looked at when its turn comes; until then it must not count as unhandled. */
function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

/** At most n tasks at a time, in the order they were asked for. */
function limit(n: number): (task: () => Promise<void>) => Promise<void> {
  const waiting: (() => void)[] = [];
  let active = 0;
  return async (task) => {
    if (active >= n) await new Promise<void>((resolve) => waiting.push(resolve));
    else active++;
    try {
      await task();
    } finally {
      const wake = waiting.shift();
      if (wake) wake();
      else active--;
    }
  };
}
