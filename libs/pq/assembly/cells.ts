/**
 * @file The search of codes in cells: which cells to look into, in which order, until no cell can hold a nearer item.
 *
 * Two subspaces, the axes, cut the items into cells: n0 × n1, by the rank of the code on axis 0 and the first bits of
 * the rank on axis 1. A cell's bound is what its two ranks cost plus the least of every other subspace. Cells are
 * visited best first in bands of the bound; when much has been seen and the limit is tight, what is left is swept in
 * the order of storage, which memory likes better. A bound strictly above the limit ends it.
 */
import { limit, offer } from './nearby';
import { countAnew, scan } from './blocks';
import { axis1Starts, cost0, least, prepare, slack } from './query';
import * as D from './layout';

/** The first band's share of the range of the bounds, and by how much each is wider than the one before. */
const FIRST_BAND: f64 = 1.0 / 1024;
const WIDER: f64 = 1.25;

let seen: u32 = 0;
let cells: u32 = 0;

/** Items and cells looked into by the last search. */
export function itemsSeen(): u32 {
  return seen;
}
export function cellsSeen(): u32 {
  return cells;
}

/**
 * Searches a structure: offers every item that can belong to the nearest.
 *
 * @param index place of its layout (layout.ts)
 * @param table place of the query's table, f64 [M, 256]
 * @param scratch place of SCRATCH_BYTES
 */
export function searchCells(index: usize, table: usize, scratch: usize): void {
  seen = 0;
  cells = 0;
  countAnew();
  const n = D.count(index);
  if (n == 0) return;
  prepare(index, table, scratch);
  const n0 = D.cells0(index);
  const n1 = D.cells1(index);
  const offsets = D.offsets(index);
  if (n0 == 1 && n1 == 1) {
    visit(offsets, 0, 0, 0);
    return;
  }
  const sorted0 = scratch + D.SORTED0;
  const sorted1 = scratch + D.SORTED1;
  const order0 = scratch + D.ORDER0;
  const order1 = scratch + D.ORDER1;
  const next = scratch + D.NEXT;
  sort(D.rowOf(scratch, D.axis0(index)), sorted0, order0, n0, scratch + D.COUNTS);
  sort(scratch + D.STARTS1, sorted1, order1, n1, scratch + D.COUNTS);
  memory.fill(next, 0, n0 << 2);

  const first0 = load<f64>(sorted0);
  const first1 = load<f64>(sorted1);
  const range = load<f64>(sorted0 + ((n0 - 1) << 3)) - first0 + (load<f64>(sorted1 + ((n1 - 1) << 3)) - first1);
  // Of equal costs the range is 0: everything is one band.
  let step = range > 0 ? range * FIRST_BAND : 1;
  const rest = least - D.least0(scratch, index) - D.least1(scratch, index);
  let band = first0 + first1;
  let rows: u32 = 0;
  const enough = n >>> 5;
  let left = n0 * n1;
  while (left > 0) {
    // Every cell not yet visited costs at least the band before.
    if (band + rest > limit + slack) return;
    if (seen > enough && limit < Infinity) break;
    // Tiny steps on large sums may not move it.
    const wider = band + step;
    band = wider > band ? wider : Infinity;
    step *= WIDER;
    while (rows < n0 && load<f64>(sorted0 + (rows << 3)) + first1 <= band) rows++;
    for (let i: u32 = 0; i < rows; i++) {
      let j = load<u32>(next + (i << 2));
      if (j == n1) continue;
      const c = load<f64>(sorted0 + (i << 3));
      if (c + load<f64>(sorted1 + (j << 3)) > band) continue;
      const c0 = load<u32>(order0 + (i << 2));
      do {
        const bound = c + load<f64>(sorted1 + (j << 3));
        if (bound > band) break;
        if (bound + rest <= limit + slack) {
          const c1 = load<u32>(order1 + (j << 2));
          visit(offsets, c0 * n1 + c1, c0, c1);
        }
        j++;
        left--;
      } while (j < n1);
      store<u32>(next + (i << 2), j);
    }
  }
  if (left > 0) sweep(scratch, offsets, n0, n1, rest);
}

/** Visits what has not been visited, in the order of storage. */
function sweep(scratch: usize, offsets: usize, n0: u32, n1: u32, rest: f64): void {
  const place0 = scratch + D.SORTED0;
  const place1 = scratch + D.SORTED1;
  const order0 = scratch + D.ORDER0;
  const order1 = scratch + D.ORDER1;
  const next = scratch + D.NEXT;
  const first1 = load<f64>(place1);
  // From here on the sorted costs give way to the place of each rank in their order.
  for (let i: u32 = 0; i < n0; i++) store<u32>(place0 + (load<u32>(order0 + (i << 2)) << 2), i);
  for (let j: u32 = 0; j < n1; j++) store<u32>(place1 + (load<u32>(order1 + (j << 2)) << 2), j);
  for (let c0: u32 = 0; c0 < n0; c0++) {
    const c = cost0(c0);
    if (c + first1 + rest > limit + slack) continue;
    const done = load<u32>(next + (load<u32>(place0 + (c0 << 2)) << 2));
    if (done == n1) continue;
    for (let c1: u32 = 0; c1 < n1; c1++) {
      if (load<u32>(place1 + (c1 << 2)) < done) continue;
      if (c + axis1Starts(c1) + rest > limit + slack) continue;
      visit(offsets, c0 * n1 + c1, c0, c1);
    }
  }
}

// @ts-ignore: decorator
@inline
function visit(offsets: usize, cell: u32, c0: u32, c1: u32): void {
  const start = load<u32>(offsets + (<usize>cell << 2));
  const end = load<u32>(offsets + (<usize>cell << 2), 4);
  if (start == end) return;
  cells++;
  seen += end - start;
  scan(start, end, c0, c1);
}

/**
 * Sorts costs, ascending, and gives the ranks in their order. By counting in 256 buckets of the range, then by
 * insertion: costs are spread enough for few to share a bucket, and a branch that can't be foreseen costs more than
 * all the rest.
 */
function sort(costs: usize, keys: usize, order: usize, n: u32, counts: usize): void {
  let low: f64 = Infinity;
  let high: f64 = -Infinity;
  for (let i: u32 = 0; i < n; i++) {
    const cost = load<f64>(costs + (i << 3));
    low = min(low, cost);
    high = max(high, cost);
  }
  const scale: f64 = high > low ? 255.999 / (high - low) : 0;
  memory.fill(counts, 0, 257 << 2);
  for (let i: u32 = 0; i < n; i++) {
    const place = counts + ((<u32>((load<f64>(costs + (i << 3)) - low) * scale)) << 2);
    store<u32>(place, load<u32>(place, 4) + 1, 4);
  }
  for (let b: u32 = 0; b < 256; b++) {
    const place = counts + (b << 2);
    store<u32>(place, load<u32>(place, 4) + load<u32>(place), 4);
  }
  for (let i: u32 = 0; i < n; i++) {
    const cost = load<f64>(costs + (i << 3));
    const place = counts + ((<u32>((cost - low) * scale)) << 2);
    const to = load<u32>(place);
    store<u32>(place, to + 1);
    store<f64>(keys + (to << 3), cost);
    store<u32>(order + (to << 2), i);
  }
  for (let i: u32 = 1; i < n; i++) {
    const key = load<f64>(keys + (i << 3));
    if (load<f64>(keys + ((i - 1) << 3)) <= key) continue;
    const rank = load<u32>(order + (i << 2));
    let j = i;
    do {
      store<f64>(keys + (j << 3), load<f64>(keys + ((j - 1) << 3)));
      store<u32>(order + (j << 2), load<u32>(order + ((j - 1) << 2)));
      j--;
    } while (j > 0 && load<f64>(keys + ((j - 1) << 3)) > key);
    store<f64>(keys + (j << 3), key);
    store<u32>(order + (j << 2), rank);
  }
}
