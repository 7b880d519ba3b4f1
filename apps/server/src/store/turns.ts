/** @file Long work on the thread that answers: a little at a time, so that nobody waits for more than that. */

/** Milliseconds of work between two breaks. */
const TURN_MS = 1;

/** The turns of one piece of work. */
export class Turns {
  #began = performance.now();

  /** Whether it is time for a break. Asking costs some 50 ns. */
  get isOver(): boolean {
    return performance.now() - this.#began > TURN_MS;
  }

  /** Lets others have their turn. */
  async next(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#began = performance.now();
  }
}
