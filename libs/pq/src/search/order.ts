/** @file Sorts items for a structure: by cell, in a cell by code, items of the same code by id. */
import { type AbortSignalLike, throwIfAborted } from '../errors.ts';

/** Runs shorter than this are sorted by insertion, longer ones by counting. */
const SHORT = 48;
/** Items between two looks at the signal. */
const ITEMS_A_TURN = 1 << 20;

/**
 * Items by cell, by counting. They come in ascending order of their ids, and keep it in a cell.
 *
 * @param o.codes [N, M] row-major
 * @param o.cells how many there are, `cellOf` the cell of an item
 * @returns offsets [cells + 1] and order [N]
 */
export function sortIntoCells(o: {
  codes: Uint8Array;
  M: number;
  cells: number;
  cellOf: (item: number) => number;
  signal: AbortSignalLike | undefined;
}): { offsets: Uint32Array; order: Uint32Array } {
  const { codes, M, cells, cellOf, signal } = o;
  const n = codes.length / M;
  const offsets = new Uint32Array(cells + 1);
  const cellOfItem = cells > 65_536 ? new Uint32Array(n) : new Uint16Array(n);
  for (let i = 0; i < n; i++) {
    if (i % ITEMS_A_TURN === 0) throwIfAborted(signal);
    const cell = cellOf(i);
    cellOfItem[i] = cell;
    offsets[cell + 1]++;
  }
  for (let cell = 0; cell < cells; cell++) offsets[cell + 1] += offsets[cell];
  const places = offsets.slice();
  const order = new Uint32Array(n);
  for (let i = 0; i < n; i++) order[places[cellOfItem[i]]++] = i;
  return { offsets, order };
}

/** What sorting in cells needs to know. */
interface Sorting {
  readonly codes: Uint8Array;
  readonly M: number;
  /** The subspaces by whose rank items are sorted, the first one first. */
  readonly by: readonly number[];
  /** u8 [M, 256]: the rank of each code. */
  readonly ranks: Uint8Array;
}

/** Sorts the items of each cell by the ranks of some subspaces, stably and in place. */
export function sortInCells(
  o: Sorting & { offsets: Uint32Array; order: Uint32Array; signal: AbortSignalLike | undefined },
): void {
  const { offsets, order, by, signal } = o;
  if (by.length === 0) return;
  const sorter = new RunSorter(o);
  for (let cell = 0, turn = 0; cell < offsets.length - 1; cell++) {
    const run = order.subarray(offsets[cell], offsets[cell + 1]);
    if (run.length > 1) sorter.sort(run);
    turn += run.length;
    if (turn > ITEMS_A_TURN) {
      turn = 0;
      throwIfAborted(signal);
    }
  }
}

/** Sorts the items of one cell by code, stably. */
class RunSorter {
  readonly #sorting: Sorting;
  readonly #counts = new Uint32Array(257);
  #other = new Uint32Array();
  #keys = new Uint8Array();

  constructor(sorting: Sorting) {
    this.#sorting = sorting;
  }

  sort(run: Uint32Array): void {
    if (run.length < SHORT) this.#insert(run);
    else this.#count(run);
  }

  /** By insertion, comparing whole codes. */
  #insert(run: Uint32Array): void {
    for (let i = 1; i < run.length; i++) {
      const item = run[i];
      let j = i;
      while (j > 0 && this.#after(run[j - 1], item)) {
        run[j] = run[j - 1];
        j--;
      }
      run[j] = item;
    }
  }

  #after(a: number, b: number): boolean {
    const { codes, M, by, ranks } = this.#sorting;
    for (const m of by) {
      const difference = ranks[m * 256 + codes[a * M + m]] - ranks[m * 256 + codes[b * M + m]];
      if (difference !== 0) return difference > 0;
    }
    return false;
  }

  /** By counting, the last subspace first. */
  #count(run: Uint32Array): void {
    const { codes, M, by, ranks } = this.#sorting;
    const n = run.length;
    if (this.#other.length < n) {
      this.#other = new Uint32Array(n);
      this.#keys = new Uint8Array(n);
    }
    const counts = this.#counts;
    const other = this.#other;
    const keys = this.#keys;
    for (let b = by.length - 1; b >= 0; b--) {
      const m = by[b];
      counts.fill(0);
      for (let i = 0; i < n; i++) {
        const rank = ranks[m * 256 + codes[run[i] * M + m]];
        keys[i] = rank;
        counts[rank + 1]++;
      }
      for (let rank = 0; rank < 256; rank++) counts[rank + 1] += counts[rank];
      for (let i = 0; i < n; i++) other[counts[keys[i]]++] = run[i];
      run.set(other.subarray(0, n));
    }
  }
}

/** Ascending ids and the order that makes them so; undefined where they ascend already. */
export function orderOfIds(ids: Uint32Array): Uint32Array | undefined {
  let ascending = true;
  for (let i = 1; i < ids.length && ascending; i++) ascending = ids[i - 1] < ids[i];
  if (ascending) return undefined;
  let order: Uint32Array = Uint32Array.from({ length: ids.length }, (_, i) => i);
  let other: Uint32Array = new Uint32Array(ids.length);
  for (const shift of [0, 16]) {
    const counts = new Uint32Array(65_537);
    for (const id of ids) counts[((id >>> shift) & 0xffff) + 1]++;
    for (let i = 0; i < 65_536; i++) counts[i + 1] += counts[i];
    for (let i = 0; i < order.length; i++) other[counts[(ids[order[i]] >>> shift) & 0xffff]++] = order[i];
    [order, other] = [other, order];
  }
  return order;
}
