/** @file A set of slots: bit slot & 31 of word slot >>> 5, as the index's filters have it. */

/** Slots. */
export class Bitmap {
  #words: Uint32Array;

  constructor(slots: number) {
    this.#words = new Uint32Array((slots >>> 5) + 1);
  }

  get words(): Uint32Array {
    return this.#words;
  }

  has(slot: number): boolean {
    return ((this.#words[slot >>> 5] ?? 0) >>> (slot & 31)) % 2 === 1;
  }

  set(slot: number, isIn: boolean): void {
    const word = slot >>> 5;
    if (word >= this.#words.length) {
      if (!isIn) return;
      const words = new Uint32Array(Math.ceil(1.25 * word) + 1);
      words.set(this.#words);
      this.#words = words;
    }
    if (isIn) this.#words[word] |= 1 << (slot & 31);
    else this.#words[word] &= ~(1 << (slot & 31));
  }

  /** Slots that are in both. */
  and(other: Bitmap): Bitmap {
    const both = new Bitmap(0);
    const length = Math.min(this.#words.length, other.#words.length);
    both.#words = this.#words.slice(0, length);
    for (let i = 0; i < length; i++) both.#words[i] &= other.#words[i];
    return both;
  }

  /** Slots that are in one of them. */
  or(other: Bitmap): Bitmap {
    const either = new Bitmap(0);
    const [long, short] =
      this.#words.length >= other.#words.length ? [this.#words, other.#words] : [other.#words, this.#words];
    either.#words = long.slice();
    for (let i = 0; i < short.length; i++) either.#words[i] |= short[i];
    return either;
  }
}
