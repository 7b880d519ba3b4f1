/**
 * @file Sorts rows by distance: a radix sort on the bits of the numbers.
 *
 * The bits of an IEEE float, with the sign turned (all bits for a negative number, the first one for a positive), order
 * like the numbers. Sorting them by 11 bits at a time is stable, needs no comparison, and leaves equal distances in the
 * order in which they came: ties are decided by the order of what is put in.
 */
import { MetricsError } from './errors.ts';

const DIGIT_BITS = 11;
const BUCKETS = 1 << DIGIT_BITS;

/** Ranks one query after another over the same database; holds what the sort needs. */
export class Ranker {
  readonly #order: Uint32Array;
  #rows: Uint32Array;
  #spare: Uint32Array;
  readonly #keys: Uint32Array;
  readonly #highKeys: Uint32Array;
  readonly #float32 = new Float32Array(1);
  readonly #bits32 = new Uint32Array(this.#float32.buffer);
  readonly #counts = new Uint32Array(BUCKETS);

  /** @param order the rows of the database; of equal distances the one that stands earlier here comes first */
  constructor(order: Uint32Array) {
    const n = order.length;
    this.#order = order;
    this.#rows = new Uint32Array(n);
    this.#spare = new Uint32Array(n);
    this.#keys = new Uint32Array(n);
    this.#highKeys = new Uint32Array(n);
  }

  /**
   * The rows, nearest first. Valid until the next call.
   *
   * @throws MetricsError `NOT_A_NUMBER`, `BAD_SHAPE`
   */
  rank(distances: Float32Array | Float64Array): Uint32Array {
    if (distances.length !== this.#order.length) {
      throw new MetricsError(
        'BAD_SHAPE',
        `There are ${distances.length} distances for ${this.#order.length} rows; expected one for each row.`,
      );
    }
    this.#rows.set(this.#order);
    if (this.#float32Keys(distances)) {
      this.#sort(this.#keys);
    } else {
      this.#float64Keys(distances);
      this.#sort(this.#keys);
      this.#sort(this.#highKeys);
    }
    return this.#rows;
  }

  /** Keys of 32 bits, if float32 holds every distance exactly; half the passes. */
  #float32Keys(distances: Float32Array | Float64Array): boolean {
    const float = this.#float32;
    const bits = this.#bits32;
    for (let row = 0; row < distances.length; row++) {
      // Adding 0 makes −0 the same as 0.
      const distance = distances[row] + 0;
      float[0] = distance;
      if (float[0] !== distance) {
        if (Number.isNaN(distance)) throw new MetricsError('NOT_A_NUMBER', `The distance to row ${row} is NaN.`);
        return false;
      }
      const word = bits[0];
      this.#keys[row] = word >>> 31 ? ~word : word | 0x80000000;
    }
    return true;
  }

  #float64Keys(distances: Float32Array | Float64Array): void {
    const float = new Float64Array(1);
    const bits = new Uint32Array(float.buffer);
    for (let row = 0; row < distances.length; row++) {
      float[0] = distances[row] + 0;
      if (Number.isNaN(float[0])) throw new MetricsError('NOT_A_NUMBER', `The distance to row ${row} is NaN.`);
      const negative = bits[1] >>> 31;
      this.#keys[row] = negative ? ~bits[0] : bits[0];
      this.#highKeys[row] = negative ? ~bits[1] : bits[1] | 0x80000000;
    }
  }

  /** Sorts #rows by keys[row], stably. */
  #sort(keys: Uint32Array): void {
    const n = keys.length;
    const counts = this.#counts;
    for (let shift = 0; shift < 32; shift += DIGIT_BITS) {
      counts.fill(0);
      for (let i = 0; i < n; i++) counts[(keys[i] >>> shift) & (BUCKETS - 1)]++;
      // All in one bucket: this digit orders nothing.
      if (n === 0 || counts[(keys[0] >>> shift) & (BUCKETS - 1)] === n) continue;
      for (let bucket = 0, sum = 0; bucket < BUCKETS; bucket++) {
        const count = counts[bucket];
        counts[bucket] = sum;
        sum += count;
      }
      const from = this.#rows;
      const to = this.#spare;
      for (let i = 0; i < n; i++) {
        const row = from[i];
        to[counts[(keys[row] >>> shift) & (BUCKETS - 1)]++] = row;
      }
      this.#rows = to;
      this.#spare = from;
    }
  }
}
