/** @file What was asked, in the browser's history: Back leads to the question before, and an address can be handed on. */

import type { Asked } from './asked.ts';
import { writeLink } from './link.ts';

/** Questions of this visit that Back leads to with their pictures; older ones go by their links. */
const KEPT = 100;
/** The key of an entry at which one's own pictures were looked through. */
const LOOKING = 'own';

/** The questions of this visit, by the key in the history's entry: addresses hold no pictures. */
export class Past {
  readonly #asked = new Map<string, Asked>();
  #count = 0;

  /**
   * Writes a question into the address.
   *
   * @param vector its embedding, for what has no id to be linked by
   * @param replace the present entry instead of adding one
   */
  write(asked: Asked, vector: Float32Array, labels: readonly string[], replace: boolean): void {
    const link = writeLink(asked.kind === 'item' && !asked.own ? { id: asked.id, labels } : { vector, labels });
    // Numbers of another visit mean nothing here: the history outlives a reload, what was asked doesn't.
    const key = `${performance.timeOrigin}/${this.#count++}`;
    this.#asked.set(key, asked);
    for (const old of this.#asked.keys()) if (this.#asked.size > KEPT) this.#asked.delete(old);
    const address = location.pathname + location.search + link;
    if (replace) history.replaceState({ key }, '', address);
    else history.pushState({ key }, '', address);
  }

  /** Notes that something else is looked at, at the present address. */
  look(): void {
    if (!this.looking) history.pushState({ key: LOOKING }, '');
  }

  /** Whether that is where the history stands now. */
  get looking(): boolean {
    return this.#key === LOOKING;
  }

  /** What was asked where the history stands now, if it was in this visit. */
  now(): Asked | undefined {
    return this.#asked.get(this.#key);
  }

  get #key(): string {
    return (history.state as { key?: string } | null)?.key ?? '';
  }
}
