/** @file Looks at a run of items one by one: a bound that is left early, then the exact distance. */
import { LANES } from '../../search/layout.ts';
import type { Nearby } from './nearby.ts';
import type { Query } from './query.ts';
import type { Views } from './views.ts';

const CODES = 256;
/** Planes that are added before the first look at the sum, and between two looks from there on. */
const FIRST = 3;
const NEXT = 4;

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
    const { planes, lowBits1, least, slack, above0, above1 } = this.#query;
    // Of axis 1 a cell says the whole rank, or what precedes the low bits in plane 0.
    const high = lowBits1 > 0 ? c1 << lowBits1 : 0;
    const fixed = least - slack + above0[c0] + (lowBits1 > 0 ? 0 : above1[c1]);
    if (planes < FIRST) this.#fewPlanes(start, end, c0, c1, high, fixed);
    else this.#manyPlanes(start, end, c0, c1, high, fixed);
  }

  /** All planes, then one look at the sum. */
  #fewPlanes(start: number, end: number, c0: number, c1: number, high: number, fixed: number): void {
    const nearby = this.#nearby;
    const { u8 } = this.#views;
    const { above, planes, codes } = this.#query;
    const stride = planes * LANES;
    let left = nearby.limit - fixed;
    for (let position = start; position < end; position++) {
      const item = codes + (position >>> 4) * stride + (position & 15);
      let sum = planes > 0 ? above[high + u8[item]] : 0;
      if (planes > 1) sum += above[CODES + u8[item + LANES]];
      if (sum > left) continue;
      this.#offer(item, position, c0, c1);
      left = nearby.limit - fixed;
    }
  }

  /** The first planes, a look at the sum, and then some at a time: each look is a branch that can't be foreseen. */
  #manyPlanes(start: number, end: number, c0: number, c1: number, high: number, fixed: number): void {
    const nearby = this.#nearby;
    const { u8 } = this.#views;
    const { above, planes, codes } = this.#query;
    const stride = planes * LANES;
    let left = nearby.limit - fixed;
    for (let position = start; position < end; position++) {
      const item = codes + (position >>> 4) * stride + (position & 15);
      let sum = above[high + u8[item]] + above[CODES + u8[item + LANES]] + above[2 * CODES + u8[item + 2 * LANES]];
      if (sum > left) continue;
      const last = item + stride;
      let at = item + FIRST * LANES;
      let row = FIRST * CODES;
      while (at < last && sum <= left) {
        const next = Math.min(at + NEXT * LANES, last);
        for (; at < next; at += LANES) {
          sum += above[row + u8[at]];
          row += CODES;
        }
      }
      if (sum > left) continue;
      this.#offer(item, position, c0, c1);
      left = nearby.limit - fixed;
    }
  }

  /** Offers an item by its exact distance, added in the order of subspaces. */
  #offer(item: number, position: number, c0: number, c1: number): void {
    const { u8 } = this.#views;
    const { M, planeOf, costs, lowSubspace, lowBits1 } = this.#query;
    this.exact++;
    let sum = 0;
    for (let m = 0; m < M; m++) {
      const plane = planeOf[m];
      let byte = plane === -1 ? c0 : plane === -2 ? c1 : u8[item + plane * LANES];
      if (m === lowSubspace) byte |= c1 << lowBits1;
      sum += costs[m * CODES + byte];
    }
    if (sum <= this.#nearby.limit) this.#offerIds(sum, position);
  }

  /** Offers the ids of the code at a position. */
  #offerIds(distance: number, position: number): void {
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
