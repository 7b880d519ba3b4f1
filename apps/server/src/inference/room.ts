/**
 * @file How many images may be inside, from their arrival to their embedding: turned away early is better than answered
 * too late.
 *
 * What is measured is how fast images leave while others wait, whatever it is that holds them up.
 */
import { ServerError } from '../errors.ts';
import type { Observe } from './observe.ts';

/** The bounds. */
export interface RoomOptions {
  /** Images inside at most. */
  readonly capacity: number;
  /** Milliseconds that an image may be expected to take; while more are expected, others are turned away. */
  readonly wait: number;
  readonly observe: Observe;
}

/** What there is at present. */
export interface Load {
  /** Images that are waiting or being worked on. */
  readonly images: number;
  /** Images inside at most. */
  readonly capacity: number;
  /** Milliseconds that an image which came now would take, as far as can be told. */
  readonly expected: number;
}

/** Images leave by the batch, so their rate is taken over this many milliseconds or more. */
const WINDOW = 100;

/** Share of the newest measurement in the mean. */
const NEWEST = 0.5;

/** So many are always let in: below it expectation is guesswork. */
const ALWAYS = 8;

/** A patient one is let in where only so many are inside, so that the impatient find the queue short. */
const PATIENT = 32;

/** Milliseconds after which patience ends: where it is never quiet, additions go on all the same, if slowly. */
const PATIENCE = 5000;

/** A door with a counter. */
export class Room {
  readonly #o: RoomOptions;
  readonly #patient = new Set<() => void>();
  #inside = 0;
  /** Milliseconds between two images that leave; 0: nothing is known of it. */
  #interval = 0;
  /** When the window began. */
  #mark = 0;
  /** Images that have left since. */
  #left = 0;

  constructor(options: RoomOptions) {
    this.#o = options;
  }

  get load(): Load {
    return { images: this.#inside, capacity: this.#o.capacity, expected: this.#inside * this.#interval };
  }

  /** @throws ServerError `OVERLOADED` where an image that came now would be turned away */
  check(images = 1): void {
    const { capacity, wait, observe } = this.#o;
    const { expected } = this.load;
    const full = this.#inside + images > capacity && this.#inside > 0;
    if (!full && (this.#inside < ALWAYS || expected <= wait)) return;
    observe({ kind: 'shed', reason: full ? 'full' : 'late', images });
    const seconds = Math.max(1, Math.ceil(expected / 1000));
    throw new ServerError(
      'OVERLOADED',
      full
        ? `${this.#inside} images are waiting, and ${capacity} may; try again in ${seconds} s.`
        : `An answer would take about ${Math.round(expected)} ms, more than ${wait}; try again in ${seconds} s.`,
      { retryAfter: seconds },
    );
  }

  /** @throws as `check` */
  enter(images: number): void {
    this.check(images);
    this.#count(images);
  }

  /** Waits until little is going on, but not for ever. @throws the signal's reason */
  async enterPatiently(images: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const until = performance.now() + PATIENCE;
    while (this.#inside > 0 && this.#inside + images > PATIENT && performance.now() < until) {
      await new Promise<void>((resolve, reject) => {
        const leave = (): void => {
          this.#patient.delete(go);
          reject(signal!.reason);
        };
        const go = (): void => {
          signal?.removeEventListener('abort', leave);
          resolve();
        };
        this.#patient.add(go);
        signal?.addEventListener('abort', leave, { once: true });
      });
    }
    this.#count(images);
  }

  /** What is known before anybody came: milliseconds of an image. */
  expect(interval: number): void {
    if (this.#interval === 0) this.#interval = interval;
  }

  /** An image leaves; `done`: with its embedding, which says how fast things go. */
  leave(done: boolean): void {
    if (done) this.#measure();
    this.#inside--;
    const waiting = [...this.#patient];
    this.#patient.clear();
    for (const go of waiting) go();
  }

  #measure(): void {
    this.#left++;
    const now = performance.now();
    const elapsed = now - this.#mark;
    if (elapsed < WINDOW) return;
    const interval = elapsed / this.#left;
    this.#interval = this.#interval === 0 ? interval : this.#interval + NEWEST * (interval - this.#interval);
    this.#mark = now;
    this.#left = 0;
  }

  #count(images: number): void {
    if (this.#inside === 0) {
      this.#mark = performance.now();
      this.#left = 0;
    }
    this.#inside += images;
  }
}
