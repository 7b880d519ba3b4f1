/**
 * @file Images of different clients through the network together.
 *
 * Nobody waits for company: a run begins as soon as the network is free, with whoever is there by then. So a lonely image is
 * run at once, and the busier the network, the larger the runs, up to the size beyond which they gain nothing. A second run
 * is handed to the network's thread while the first is under way only where it is full already, so that the thread needn't
 * wait for this one.
 */
import type { Observe } from './observe.ts';
import { SharedMemory } from './shared-memory.ts';

/** What a batcher needs. */
export interface BatcherOptions {
  /** Runs the network: pixels uint8 [n, bytes] → float32 [n, D]. */
  readonly embed: (pixels: Uint8Array, n: number) => Promise<Float32Array>;
  /** Bytes of an image. */
  readonly bytes: number;
  /** D. */
  readonly dimensions: number;
  readonly observe: Observe;
}

/** An embedding, and what it took. */
export interface Embedded {
  /** float32 [D]. */
  readonly vector: Float32Array;
  /** Milliseconds until the run began. */
  readonly queue: number;
  /** Milliseconds of the run. */
  readonly infer: number;
}

interface Waiting {
  readonly pixels: Uint8Array;
  readonly since: number;
  resolve(embedded: Embedded): void;
  reject(error: unknown): void;
}

/** Runs handed over at one time. */
const RUNS = 2;

/** A queue in front of the network. */
export class Batcher {
  /** Images a run at most. */
  size: number;
  readonly #o: BatcherOptions;
  readonly #waiting = new Set<Waiting>();
  readonly #memory = new SharedMemory();
  #running = 0;
  /** When the last run ended: the next one, which was handed over before, began then. */
  #ended = 0;

  constructor(options: BatcherOptions, size: number) {
    this.#o = options;
    this.size = size;
  }

  /**
   * @param pixels uint8 [size, size, 3]
   * @throws what the network throws; the signal's reason: who waits leaves the queue, who is being run isn't heard of again
   */
  embed(pixels: Uint8Array, signal?: AbortSignal): Promise<Embedded> {
    return new Promise<Embedded>((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const leave = (): void => {
        this.#waiting.delete(one);
        reject(signal!.reason);
      };
      const forget = (): void => signal?.removeEventListener('abort', leave);
      const one: Waiting = {
        pixels,
        since: performance.now(),
        resolve(embedded) {
          forget();
          resolve(embedded);
        },
        reject(error) {
          forget();
          reject(error);
        },
      };
      signal?.addEventListener('abort', leave, { once: true });
      this.#waiting.add(one);
      this.#next();
    });
  }

  #next(): void {
    while (this.#waiting.size > 0) {
      if (this.#running >= RUNS || (this.#running > 0 && this.#waiting.size < this.size)) return;
      const batch: Waiting[] = [];
      for (const one of this.#waiting) {
        batch.push(one);
        this.#waiting.delete(one);
        if (batch.length >= this.size) break;
      }
      this.#running++;
      void this.#run(batch).finally(() => {
        this.#running--;
        this.#next();
      });
    }
  }

  async #run(batch: readonly Waiting[]): Promise<void> {
    const { bytes, dimensions, embed, observe } = this.#o;
    const n = batch.length;
    const piece = this.#memory.take(Math.max(n, this.size) * bytes);
    const pixels = piece.subarray(0, n * bytes);
    for (const [i, one] of batch.entries()) pixels.set(one.pixels, i * bytes);
    const given = performance.now();
    try {
      const vectors = await embed(pixels, n).finally(() => this.#memory.give(piece));
      const begun = Math.max(given, this.#ended);
      this.#ended = performance.now();
      const infer = this.#ended - begun;
      observe({ kind: 'batch', size: n, ms: infer });
      batch.forEach((one, i) => {
        const vector = vectors.slice(i * dimensions, (i + 1) * dimensions);
        one.resolve({ vector, queue: begun - one.since, infer });
      });
    } catch (error) {
      if (n === 1) batch[0].reject(error);
      // Whose fault it was is found out one by one.
      else for (const one of batch) await this.#run([one]);
    }
  }
}
