/** @file So many at a time, the others wait in a row. */

interface Place {
  open(): void;
}

/** Lets `most` in at a time, in the order in which they came. */
export class Gate {
  readonly #most: number;
  readonly #row = new Set<Place>();
  #inside = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /**
   * @returns what has to be called once to leave
   * @throws the signal's reason; the place in the row is free then
   */
  async enter(signal?: AbortSignal): Promise<() => void> {
    signal?.throwIfAborted();
    if (this.#inside < this.#most) this.#inside++;
    else await this.#wait(signal);
    return () => {
      const [next] = this.#row;
      if (next) next.open();
      else this.#inside--;
    };
  }

  #wait(signal: AbortSignal | undefined): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const leave = (): void => {
        this.#row.delete(place);
        reject(signal!.reason);
      };
      const place: Place = {
        open: () => {
          this.#row.delete(place);
          signal?.removeEventListener('abort', leave);
          resolve();
        },
      };
      this.#row.add(place);
      signal?.addEventListener('abort', leave, { once: true });
    });
  }
}
