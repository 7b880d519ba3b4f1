/** @file A fixed set of ids: a bit an id, and for each word of them how many come before: each member's rank. */

/** How many bits of a word are set. */
export function ones(word: number): number {
  let w = word - ((word >>> 1) & 0x5555_5555);
  w = (w & 0x3333_3333) + ((w >>> 2) & 0x3333_3333);
  return Math.imul((w + (w >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
}

/** Words of a bitmap over ids up to `maxId`. */
export function wordsFor(maxId: number): number {
  return Math.floor(maxId / 32) + 1;
}

/** Ids with their ranks. Memory: 2 bits for each id up to the largest. */
export class IdSet {
  readonly #bits: Uint32Array;
  /** [words]: members before each. */
  readonly #before: Uint32Array;
  readonly size: number;

  /** @param bits bit id & 31 of word id >>> 5; kept, not copied */
  constructor(bits: Uint32Array) {
    this.#bits = bits;
    this.#before = new Uint32Array(bits.length);
    let size = 0;
    for (let i = 0; i < bits.length; i++) {
      this.#before[i] = size;
      size += ones(bits[i]);
    }
    this.size = size;
  }

  get bytes(): number {
    return this.#bits.byteLength + this.#before.byteLength;
  }

  has(id: number): boolean {
    const word = id >>> 5;
    return word < this.#bits.length && ((this.#bits[word] >>> (id & 31)) & 1) !== 0;
  }

  /** How many members are less than a member. */
  rank(id: number): number {
    const word = id >>> 5;
    return this.#before[word] + ones(this.#bits[word] & ((1 << (id & 31)) - 1));
  }
}

/** The ids whose bits are set, ascending. */
export function membersOf(bits: ArrayLike<number>, size: number): Uint32Array {
  const ids = new Uint32Array(size);
  let at = 0;
  for (let i = 0; i < bits.length; i++) {
    for (let word = bits[i]; word !== 0 && at < size; word &= word - 1) {
      ids[at++] = 32 * i + 31 - Math.clz32(word & -word);
    }
  }
  return ids;
}
