/** @file Whether bytes are coming: a connection that stalls says so while it does. */

/** Silence that is told, and how often. */
const SILENT_MS = 3000;
const TICK_MS = 1000;

/** Looks at what is under way on the network. */
export class Watch {
  readonly #tell: (silentMs: number) => void;
  #under = 0;
  #last = 0;
  #told = false;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** @param tell milliseconds since the last byte, each second while nothing comes; 0 when bytes come again */
  constructor(tell: (silentMs: number) => void) {
    this.#tell = tell;
  }

  /** A request begins; call what it gives when it has ended. */
  begin(): () => void {
    if (this.#under++ === 0) {
      this.#last = performance.now();
      this.#timer = setInterval(() => this.#look(), TICK_MS);
    }
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      if (--this.#under === 0) clearInterval(this.#timer);
      this.heard();
    };
  }

  /** Something has come. */
  heard(): void {
    this.#last = performance.now();
    if (!this.#told) return;
    this.#told = false;
    this.#tell(0);
  }

  #look(): void {
    const silent = performance.now() - this.#last;
    if (silent < SILENT_MS) return;
    this.#told = true;
    this.#tell(Math.round(silent));
  }
}
