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

/** Share of the newest measurement in the mean. */
const NEWEST = 0.2;

/** So many are always let in: below it expectation is guesswork. */
const ALWAYS = 8;

/** A patient one is let in where only so many are inside, so that the impatient find the queue short. */
const PATIENT = 32;

/** A door with a counter. */
export class Room {
  readonly #o: RoomOptions;
  readonly #patient = new Set<() => void>();
  #inside = 0;
  /** Milliseconds between two images that leave. */
  #interval = 0;
  /** When the last one left, or the first came in. */
  #mark = 0;

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

  /** Waits until little is going on, whatever the others do. @throws the signal's reason */
  async enterPatiently(images: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    while (this.#inside > 0 && this.#inside + images > PATIENT) {
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

  /** An image leaves; `done`: with its embedding, which says how fast things go. */
  leave(done: boolean): void {
    if (done) {
      const now = performance.now();
      const interval = now - this.#mark;
      this.#interval = this.#interval === 0 ? interval : this.#interval + NEWEST * (interval - this.#interval);
      this.#mark = now;
    }
    this.#inside--;
    const waiting = [...this.#patient];
    this.#patient.clear();
    for (const go of waiting) go();
  }

  #count(images: number): void {
    if (this.#inside === 0) this.#mark = performance.now();
    this.#inside += images;
  }
}
