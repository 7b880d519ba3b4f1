/** @file Work that several callers wait for: each with a signal of its own, and it goes on as long as anybody wants it. */
import type { AbortSignalLike } from '../errors.ts';

type MaybeSignal = AbortSignalLike | undefined;

/** Work that others may join while it is under way. */
export class JointWork {
  /** Settled when it has ended. */
  readonly ended: Promise<void>;
  readonly #wanted = new Wanted();

  /** @param work is given a signal that is aborted when those of all callers are */
  constructor(work: (signal: AbortSignalLike) => Promise<void>, signal: MaybeSignal) {
    this.#wanted.signals.push(signal);
    this.ended = work(this.#wanted);
    // Those who wait hear of it, if any still do.
    this.ended.catch(() => {});
  }

  /** Whether nobody wants it any more; it may still be under way. */
  get aborted(): boolean {
    return this.#wanted.aborted;
  }

  join(signal: MaybeSignal): void {
    this.#wanted.signals.push(signal);
  }

  /** @throws what the work throws; the signal's reason as soon as it is aborted */
  async wait(signal: MaybeSignal): Promise<void> {
    try {
      await orAborted(this.ended, signal, () => this.#wanted.tell());
    } catch (error) {
      // Where the signal doesn't tell, the work noticed it.
      throw signal?.aborted ? signal.reason : error;
    }
  }
}

/** The signal of the work. */
class Wanted implements AbortSignalLike {
  readonly signals: MaybeSignal[] = [];
  readonly #listeners = new Set<() => void>();
  #aborted = false;

  /** Who joins later doesn't call back what has been given up. */
  get aborted(): boolean {
    this.#aborted ||= this.signals.every((signal) => signal?.aborted === true);
    return this.#aborted;
  }

  get reason(): unknown {
    return this.signals.at(-1)?.reason;
  }

  addEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners.add(listener);
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners.delete(listener);
  }

  /** One of the signals was aborted. */
  tell(): void {
    if (this.aborted) for (const listener of this.#listeners) listener();
  }
}

/** @throws the signal's reason as soon as it is aborted; of one without events nothing is heard */
export async function orAborted(work: Promise<void>, signal: MaybeSignal, onAbort = () => {}): Promise<void> {
  const events = signal as Partial<Pick<Wanted, 'addEventListener' | 'removeEventListener'>> | undefined;
  let listener = () => {};
  const aborted = new Promise<never>((_, reject) => {
    listener = () => {
      reject(signal?.reason);
      onAbort();
    };
  });
  events?.addEventListener?.('abort', listener);
  try {
    await Promise.race([work, aborted]);
  } finally {
    events?.removeEventListener?.('abort', listener);
  }
}
