/** @file Looks at a run of items one by one: a bound that is left early, then the exact distance. */
import { LANES } from '../../search/layout.ts';
import type { Nearby } from './nearby.ts';
import type { Query } from './query.ts';
import type { Views } from './views.ts';

const CODES = 256;

/** Offers what can come in of the items of a cell. */
export class Scan {
  readonly #views: Views;
  readonly #query: Query;
  readonly #nearby: Nearby;
  /** Items whose exact distance was computed. */
  exact = 0;

  constructor(views: Views, query: Query, nearby: Nearby) {
    this.#views = views;
    this.#query = query;
    this.#nearby = nearby;
  }

  /** The items from `start` to `end`, which lie in the cell (c0, c1). */
  run(start: number, end: number, c0: number, c1: number): void {
    const query = this.#query;
    const nearby = this.#nearby;
    const { u8 } = this.#views;
    const { above, planes, codes, lowBits1 } = query;
    const stride = planes * LANES;
    // What a cell says of a rank whose low bits are in plane 0.
    const high = c1 << lowBits1;
    const firstRow = lowBits1 > 0 ? high : 0;
    const fixed = query.least - query.slack + query.above0[c0] + (lowBits1 > 0 ? 0 : query.above1[c1]);
    let left = nearby.limit - fixed;
    for (let position = start; position < end; position++) {
      const item = codes + (position >>> 4) * stride + (position & 15);
      const last = item + stride;
      let sum = 0;
      let row = firstRow;
      let at = item;
      if (lowBits1 > 0) {
        sum = above[high | u8[at]];
        at += LANES;
        row = CODES;
      }
      while (at < last && sum <= left) {
        sum += above[row + u8[at]];
        at += LANES;
        row += CODES;
      }
      if (!(sum <= left)) continue;
      this.exact++;
      const distance = this.#distance(item, c0, c1);
      if (distance > nearby.limit) continue;
      this.#offer(distance, position);
      left = nearby.limit - fixed;
    }
  }

  /** The exact distance of an item, added in the order of subspaces. */
  #distance(item: number, c0: number, c1: number): number {
    const { u8 } = this.#views;
    const { M, planeOf, costs, lowSubspace, lowBits1 } = this.#query;
    let sum = 0;
    for (let m = 0; m < M; m++) {
      const plane = planeOf[m];
      let byte = plane === -1 ? c0 : plane === -2 ? c1 : u8[item + plane * LANES];
      if (m === lowSubspace) byte |= c1 << lowBits1;
      sum += costs[m * CODES + byte];
    }
    return sum;
  }

  /** Offers the ids of the code at a position. */
  #offer(distance: number, position: number): void {
    const { u32 } = this.#views;
    const { ids, postings } = this.#query;
    if (postings < 0) {
      this.#nearby.offer(distance, ids < 0 ? position : u32[ids + position]);
      return;
    }
    const end = u32[postings + position + 1];
    // Ascending: behind one that was too far by its id stand only such.
    for (let i = u32[postings + position]; i < end; i++) if (!this.#nearby.offer(distance, u32[ids + i])) return;
  }
}
