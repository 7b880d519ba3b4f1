/**
 * @file Which cells to look into, in which order, until no cell can hold a nearer item: assembly/cells.ts in TypeScript.
 *
 * A cell's bound is what its two ranks cost at least, plus the least of every other subspace. Cells are visited best
 * first in bands of the bound; when much has been seen and the limit is tight, what is left is swept in the order of
 * storage. A bound strictly above the limit ends it.
 */
import type { Nearby } from './nearby.ts';
import type { Query } from './query.ts';
import type { Scan } from './scan.ts';
import type { Views } from './views.ts';

/** The first band's share of the range of the bounds, and by how much each is wider than the one before. */
const FIRST_BAND = 1 / 1024;
const WIDER = 1.25;
/** The share of all items after which the rest is swept. */
const SWEEP = 1 / 32;

/** Searches the cells of a query's structure. */
export class CellSearch {
  readonly #views: Views;
  readonly #query: Query;
  readonly #nearby: Nearby;
  readonly #scan: Scan;
  /** Ranks of the axes, the nearest first. */
  readonly #order0 = new Uint16Array(256);
  readonly #order1 = new Uint16Array(256);
  /** By place in `#order0`: how many cells of the row have been visited, in the order of `#order1`. */
  readonly #next = new Uint16Array(256);
  /** Of the last search. */
  cells = 0;
  items = 0;

  constructor(views: Views, query: Query, nearby: Nearby, scan: Scan) {
    this.#views = views;
    this.#query = query;
    this.#nearby = nearby;
    this.#scan = scan;
  }

  run(): void {
    const { count, cells0, cells1 } = this.#query;
    this.cells = 0;
    this.items = 0;
    this.#scan.exact = 0;
    if (count === 0) return;
    if (cells0 === 1 && cells1 === 1) this.#visit(0, 0);
    else if (this.#bestFirst()) this.#sweep();
  }

  /** What a cell may cost above the least: above it, no item of the cell can come in. */
  #left(): number {
    return this.#nearby.limit - (this.#query.least - this.#query.slack);
  }

  /** @returns whether there is something left to be swept */
  #bestFirst(): boolean {
    const { count, cells0, cells1, above0, above1 } = this.#query;
    const order0 = sortedBy(above0, this.#order0.subarray(0, cells0));
    const order1 = sortedBy(above1, this.#order1.subarray(0, cells1));
    const next = this.#next.fill(0, 0, cells0);
    const range = above0[order0[cells0 - 1]] + above1[order1[cells1 - 1]];
    // Of equal costs the range is 0: everything is one band.
    let step = range > 0 ? range * FIRST_BAND : 1;
    let band = 0;
    let rows = 0;
    let left = cells0 * cells1;
    while (left > 0) {
      // Every cell not yet visited costs at least the band before.
      if (band > this.#left()) return false;
      if (this.items > count * SWEEP && this.#nearby.limit < Infinity) return true;
      band += step;
      step *= WIDER;
      while (rows < cells0 && above0[order0[rows]] <= band) rows++;
      for (let i = 0; i < rows; i++) {
        const c0 = order0[i];
        let j = next[i];
        for (; j < cells1; j++) {
          const bound = above0[c0] + above1[order1[j]];
          if (bound > band) break;
          if (bound <= this.#left()) this.#visit(c0, order1[j]);
          left--;
        }
        next[i] = j;
      }
    }
    return false;
  }

  /** Visits what has not been visited, in the order of storage. */
  #sweep(): void {
    const { cells0, cells1, above0, above1 } = this.#query;
    const place0 = inverse(this.#order0.subarray(0, cells0));
    const place1 = inverse(this.#order1.subarray(0, cells1));
    for (let c0 = 0; c0 < cells0; c0++) {
      const done = this.#next[place0[c0]];
      if (done === cells1 || above0[c0] > this.#left()) continue;
      for (let c1 = 0; c1 < cells1; c1++) {
        if (place1[c1] >= done && above0[c0] + above1[c1] <= this.#left()) this.#visit(c0, c1);
      }
    }
  }

  #visit(c0: number, c1: number): void {
    const { offsets, cells1 } = this.#query;
    const { u32 } = this.#views;
    const at = offsets + c0 * cells1 + c1;
    const start = u32[at];
    const end = u32[at + 1];
    if (start === end) return;
    this.cells++;
    this.items += end - start;
    this.#scan.run(start, end, c0, c1);
  }
}

/** The ranks 0 … n − 1 by their costs. */
function sortedBy(costs: Float64Array, order: Uint16Array): Uint16Array {
  for (let i = 0; i < order.length; i++) order[i] = i;
  return order.sort((a, b) => costs[a] - costs[b]);
}

function inverse(order: Uint16Array): Uint16Array {
  const places = new Uint16Array(order.length);
  for (let i = 0; i < order.length; i++) places[order[i]] = i;
  return places;
}
