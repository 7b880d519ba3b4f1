/** @file Something that is closed when nobody uses it any more. */

/** A file, or whatever can be closed, and who is using it. */
export class Shared<T extends { close(): Promise<unknown> }> {
  readonly value: T;
  #users = 0;
  #isRetired = false;

  constructor(value: T) {
    this.value = value;
  }

  /** Uses it; it stays open that long. */
  async use<R>(work: (value: T) => Promise<R>): Promise<R> {
    this.#users++;
    try {
      return await work(this.value);
    } finally {
      this.#users--;
      this.#closeIfDone();
    }
  }

  /** Nobody begins to use it any more: it is closed when the last one is done. */
  retire(): void {
    if (this.#isRetired) return;
    this.#isRetired = true;
    this.#closeIfDone();
  }

  #closeIfDone(): void {
    // What was only read, or synced before, loses nothing when it can't be closed well.
    if (this.#isRetired && this.#users === 0) void this.value.close().catch(() => undefined);
  }
}
