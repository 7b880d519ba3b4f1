/**
 * @file A query against one structure: where its arrays are, and the query's table in the order of stored bytes.
 *
 * The bounds are sums of what each code costs above the least of its subspace. All of them are at least 0, so that a
 * sum may be left as soon as it is above what the limit leaves.
 */
import { NONE, ON_AXIS_0, ON_AXIS_1, WORD } from '../../search/layout.ts';
import type { Views } from './views.ts';

/** What M isn't larger than. */
const SUBSPACES = 32;
const CODES = 256;

/** A query in hand; used for one after another. */
export class Query {
  /** Of the structure; see search/layout.ts. */
  M = 0;
  count = 0;
  cells0 = 0;
  cells1 = 0;
  lowBits1 = 0;
  planes = 0;
  /** Indices in u32, bytes for `codes`; −1 where there is none. */
  offsets = 0;
  codes = 0;
  ids = 0;
  postings = 0;
  /** [M]: plane of each subspace, −1 on axis 0, −2 on axis 1, whose rank a cell says in part or whole. */
  readonly planeOf = new Int32Array(SUBSPACES);
  /** The subspace whose low bits are plane 0; −1 where a cell says them all. */
  lowSubspace = -1;

  /** [M, 256]: the table by stored byte. */
  readonly costs = new Float64Array(SUBSPACES * CODES);
  /** [planes, 256]: the same above the least of each subspace. */
  readonly above = new Float64Array(SUBSPACES * CODES);
  /** [cells0], [cells1]: what a cell's ranks cost above the least, at least. */
  readonly above0 = new Float64Array(CODES);
  readonly above1 = new Float64Array(CODES);
  /** The least possible distance. */
  least = 0;
  /**
   * What rounding may have moved: bounds add other numbers than distances do, in another order. Each of the at most
   * 4 · 32 operations errs by 2^-53 of what isn't larger than twice the sum of the largest magnitudes.
   */
  slack = 0;

  /** Takes over a structure and a table, both byte offsets. */
  load(views: Views, index: number, table: number): void {
    const { u32, u8, f64 } = views;
    const words = index / 4;
    const word = (at: number) => u32[words + at];
    const place = (at: number) => (word(at) === 0 ? -1 : word(at) / 4);
    this.M = word(WORD.M);
    this.count = word(WORD.count);
    this.cells0 = word(WORD.cells0);
    this.cells1 = word(WORD.cells1);
    this.lowBits1 = word(WORD.lowBits1);
    this.planes = word(WORD.planes);
    this.offsets = word(WORD.offsets) / 4;
    this.codes = word(WORD.codes);
    this.ids = place(WORD.ids);
    this.postings = place(WORD.postings);
    const K = word(WORD.K);
    const axis0 = word(WORD.axis0);
    const axis1 = word(WORD.axis1);
    this.lowSubspace = this.lowBits1 > 0 ? axis1 : -1;
    this.least = 0;
    let largest = 0;
    for (let m = 0; m < this.M; m++) {
      const row = table / 8 + m * CODES;
      const bytes = word(WORD.bytesOfCodes) + m * CODES;
      const costs = this.costs.subarray(m * CODES, (m + 1) * CODES);
      let low = Infinity;
      let magnitude = 0;
      for (let k = 0; k < K; k++) {
        const cost = f64[row + k];
        costs[u8[bytes + k]] = cost;
        if (cost < low) low = cost;
        if (Math.abs(cost) > magnitude) magnitude = Math.abs(cost);
      }
      this.least += low;
      largest += magnitude;
      const plane = word(WORD.planeOf + m);
      this.planeOf[m] = plane === ON_AXIS_0 ? -1 : plane === ON_AXIS_1 ? -2 : plane;
      if (this.planeOf[m] >= 0) {
        const to = plane * CODES;
        for (let byte = 0; byte < K; byte++) this.above[to + byte] = costs[byte] - low;
      }
      if (m === axis0) for (let rank = 0; rank < K; rank++) this.above0[rank] = costs[rank] - low;
      if (m === axis1) this.#startCells1(costs, low);
    }
    if (axis0 === NONE) this.above0[0] = 0;
    if (axis1 === NONE) this.above1[0] = 0;
    this.slack = largest * 2 ** -44;
  }

  #startCells1(costs: Float64Array, low: number): void {
    const ranks = 1 << this.lowBits1;
    for (let cell = 0; cell < this.cells1; cell++) {
      let least = Infinity;
      for (let i = 0; i < ranks; i++) least = Math.min(least, costs[cell * ranks + i]);
      this.above1[cell] = least - low;
    }
  }
}
