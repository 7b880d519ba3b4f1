/** @file Images to embeddings, for many clients at a time: the way through door, decoder and network. */
import { setMaxListeners } from 'node:events';
import { encodeThumbnail, MAX_PIXELS } from '@dqn/data';
import type { Model, Picture } from '@dqn/runtime';
import { unlessAborted } from './abort.ts';
import { chooseBatch, type Tried } from './batch-size.ts';
import { Batcher } from './batcher.ts';
import { Gate } from './gate.ts';
import type { Observe, Stage } from './observe.ts';
import { type PixelThreads, picturesAtOnce } from './pixel-threads.ts';
import { type Load, Room } from './room.ts';
import { SharedMemory } from './shared-memory.ts';

/** An image: the bytes of a file, its path, or decoded pixels. */
export type Image = Uint8Array | string | Picture;

/** What is too much. */
export interface ImageLimits {
  /** Images that wait or are worked on, at most; default 512. More are refused with `OVERLOADED`. */
  readonly queue?: number | undefined;
  /** Milliseconds that an image may be expected to take; default 1,000. While it is more, images are refused. */
  readonly wait?: number | undefined;
  /** Images a run of the network, at most; default 64. `warm` finds the size below it that pays. */
  readonly batch?: number | undefined;
  /** Milliseconds that a run of the network should take at most, which `warm` heeds; default 100. */
  readonly run?: number | undefined;
  /** Pixels of an image; default 64,000,000, which are 192 MB of memory while it is worked on. */
  readonly pixels?: number | undefined;
  /** Pictures that are decoded at a time; default two for each of the threads that do it. */
  readonly decoding?: number | undefined;
}

/** Milliseconds by stage; 0 for a stage that wasn't needed. */
export type Times = Record<Stage, number>;

/** An image's embedding. */
export interface EmbeddedImage {
  /** float32 [D]. */
  readonly vector: Float32Array;
  readonly times: Times;
  /** Of THUMBNAIL_TYPE, where one was asked for. */
  readonly thumbnail: Uint8Array | undefined;
}

/** How an image is let in, and when it is no longer wanted. */
export interface EmbedOptions {
  readonly signal?: AbortSignal | undefined;
  /** Whether to wait for a quiet moment rather than be refused: for work that nobody waits for at a screen. */
  readonly patient?: boolean | undefined;
  /** Longest side, in pixels, of a thumbnail to be made of each; none unless told. */
  readonly thumbnail?: number | undefined;
}

/** Images a run before `warm` knows better. */
const COLD_BATCH = 8;

/** Milliseconds that `warm` may take, more or less. */
const WARM_BUDGET = 800;

export const noTimes = (): Times => ({ queue: 0, decode: 0, preprocess: 0, infer: 0, search: 0 });

/** An image as the network takes it. */
interface Prepared {
  readonly pixels: Uint8Array;
  readonly thumbnail: Uint8Array | undefined;
}

/** The way that images take. */
export class Images {
  readonly #model: Model;
  readonly #threads: PixelThreads;
  readonly #observe: Observe;
  readonly #room: Room;
  readonly #gate: Gate;
  readonly #batcher: Batcher;
  readonly #memory = new SharedMemory();
  readonly #most: number;
  readonly #slowest: number;
  readonly #maxPixels: number;
  /** Bytes of an image as the network takes it. */
  readonly #bytes: number;

  constructor(model: Model, threads: PixelThreads, limits: ImageLimits, observe: Observe) {
    const { queue = 512, wait = 1000, batch = 64, run = 100, pixels = MAX_PIXELS } = limits;
    this.#model = model;
    this.#threads = threads;
    this.#observe = observe;
    this.#most = batch;
    this.#slowest = run;
    this.#maxPixels = pixels;
    this.#bytes = model.size * model.size * 3;
    this.#room = new Room({ capacity: queue, wait, observe });
    this.#gate = new Gate(limits.decoding ?? picturesAtOnce(threads.threads.length));
    const embed = (input: Uint8Array, n: number) => model.embedPixels(input, n);
    const { dimensions } = model;
    this.#batcher = new Batcher({ embed, bytes: this.#bytes, dimensions, observe }, Math.min(COLD_BATCH, batch));
  }

  /** What there is to do at present; `batch`: images a run of the network at most. */
  get load(): Load & { readonly batch: number } {
    return { ...this.#room.load, batch: this.#batcher.size };
  }

  /** @throws ServerError `OVERLOADED` where an image that came now would be refused */
  checkRoom(): void {
    this.#room.check();
  }

  /** Runs the network at several sizes and keeps the one that pays. */
  async warm(signal?: AbortSignal): Promise<readonly Tried[]> {
    const options = { slowest: this.#slowest, most: this.#most, budget: WARM_BUDGET, signal };
    const run = (n: number) => this.#model.embedPixels(new Uint8Array(n * this.#bytes), n);
    const { size, tried } = await chooseBatch(run, options);
    this.#batcher.size = size;
    this.#room.expect(tried.find((one) => one.size === size)!.ms / size);
    return tried;
  }

  /**
   * Embeds images: all, or none where one fails.
   *
   * @throws ServerError `OVERLOADED`, `SESSION_FAILED`, `UNAVAILABLE`, `CLOSED`; DataError `UNREADABLE_PICTURE`,
   * `PICTURE_TOO_LARGE`; RuntimeError `BAD_PICTURE`; the signal's reason
   */
  async embed(images: readonly Image[], options: EmbedOptions = {}): Promise<EmbeddedImage[]> {
    const { signal, patient = false, thumbnail = 0 } = options;
    signal?.throwIfAborted();
    if (images.length === 0) return [];
    if (patient) await this.#room.enterPatiently(images.length, signal);
    else this.#room.enter(images.length);
    if (images.length === 1) return [await this.#one(images[0], thumbnail, signal)];
    // One that fails ends the others. (AbortSignal.any would hold on to a signal that lives as long as the service.)
    const stop = new AbortController();
    setMaxListeners(0, stop.signal);
    const leave = (): void => stop.abort(signal!.reason);
    signal?.addEventListener('abort', leave, { once: true });
    try {
      return await Promise.all(images.map((image) => this.#one(image, thumbnail, stop.signal)));
    } catch (error) {
      stop.abort(error);
      throw error;
    } finally {
      signal?.removeEventListener('abort', leave);
    }
  }

  async #one(image: Image, edge: number, signal: AbortSignal | undefined): Promise<EmbeddedImage> {
    let done = false;
    let letGo = (): void => {};
    try {
      const times = noTimes();
      const came = performance.now();
      const leave = await this.#gate.enter(signal);
      times.queue = performance.now() - came;
      const piece = this.#memory.take(this.#bytes);
      // Who leaves doesn't stop the decoder: its place and its memory are free when it is.
      const work = this.#prepare(image, edge, piece, times).finally(leave);
      const giveBack = (): void => this.#memory.give(piece);
      letGo = () => void work.then(giveBack, giveBack);
      const { pixels, thumbnail } = await unlessAborted(work, signal);
      const { vector, queue, infer } = await this.#batcher.embed(pixels, signal);
      times.queue += queue;
      times.infer = infer;
      this.#tell('queue', times.queue);
      this.#tell('infer', infer);
      done = true;
      return { vector, times, thumbnail };
    } finally {
      this.#room.leave(done);
      letGo();
    }
  }

  async #prepare(image: Image, edge: number, into: Uint8Array, times: Times): Promise<Prepared> {
    if (typeof image === 'string' || image instanceof Uint8Array) {
      const { keepsPixelsAtSize, size } = this.#model;
      const readySize = keepsPixelsAtSize ? size : 0;
      const task = { source: image, into, maxPixels: this.#maxPixels, readySize, thumbnail: edge };
      const { decode, preprocess, thumbnail } = await this.#threads.picture(task);
      times.decode = decode;
      times.preprocess = preprocess;
      this.#tell('decode', times.decode);
      this.#tell('preprocess', times.preprocess);
      return { pixels: into, thumbnail };
    }
    const start = performance.now();
    const pixels = await this.#model.preprocess(image);
    times.preprocess = performance.now() - start;
    this.#tell('preprocess', times.preprocess);
    return { pixels, thumbnail: edge > 0 ? await encodeThumbnail(image, edge) : undefined };
  }

  #tell(stage: Stage, ms: number): void {
    this.#observe({ kind: 'stage', stage, ms });
  }
}
