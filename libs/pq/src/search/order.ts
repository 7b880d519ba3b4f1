/**
 * @file Sorts items for a structure: by cell, in a cell by code, items of the same code by id.
 *
 * Codes move with the items. A list of item numbers would be smaller, but fetching ten million codes from all over the
 * memory, one by one, takes ten times as long as all of the sorting.
 */
import { type AbortSignalLike, throwIfAborted } from '../errors.ts';

/** Items in some order. */
export interface Rows {
  /** [N, M] row-major. */
  readonly codes: Uint8Array;
  /** [N]: which item each is. */
  readonly items: Uint32Array;
}

/** Runs shorter than this are sorted by insertion, longer ones by counting. */
const SHORT = 48;
/** Items between two looks at the signal. */
const ITEMS_A_TURN = 1 << 20;

/**
 * Items by cell, by counting. They come in ascending order of their ids, and keep it in a cell.
 *
 * @param o.codes [N, M] row-major
 * @param o.cells how many there are, `cellOf` the cell of an item
 * @returns offsets [cells + 1] and the items in the order of cells
 */
export function sortIntoCells(o: {
  codes: Uint8Array;
  M: number;
  cells: number;
  cellOf: (item: number) => number;
  signal: AbortSignalLike | undefined;
}): { offsets: Uint32Array; rows: Rows } {
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
  const rows = { codes: new Uint8Array(n * M), items: new Uint32Array(n) };
  for (let i = 0; i < n; i++) {
    if (i % ITEMS_A_TURN === 0) throwIfAborted(signal);
    const place = places[cellOfItem[i]]++;
    rows.items[place] = i;
    for (let m = 0; m < M; m++) rows.codes[place * M + m] = codes[i * M + m];
  }
  return { offsets, rows };
}

/**
 * Sorts the items of each cell by the ranks of some subspaces, stably and in place.
 *
 * @param o.by subspaces, the first one first
 * @param o.ranks u8 [M, 256]: the rank of each code
 */
export function sortInCells(o: {
  rows: Rows;
  M: number;
  offsets: Uint32Array;
  by: readonly number[];
  ranks: Uint8Array;
  signal: AbortSignalLike | undefined;
}): void {
  const { offsets, by, signal } = o;
  if (by.length === 0) return;
  const sorter = new RunSorter(o.rows, o.M, by, o.ranks);
  for (let cell = 0, turn = 0; cell < offsets.length - 1; cell++) {
    const from = offsets[cell];
    const to = offsets[cell + 1];
    if (to - from > 1) sorter.sort(from, to);
    turn += to - from;
    if (turn > ITEMS_A_TURN) {
      turn = 0;
      throwIfAborted(signal);
    }
  }
}

/** Sorts runs of items by code. */
class RunSorter {
  readonly #rows: Rows;
  readonly #M: number;
  readonly #by: readonly number[];
  readonly #ranks: Uint8Array;
  readonly #counts = new Uint32Array(257);
  /** For a run: its order, another one, the key of each, and a copy of its codes and items. */
  #run = new Uint32Array();
  #other = new Uint32Array();
  #keys = new Uint8Array();
  #codes = new Uint8Array();

  constructor(rows: Rows, M: number, by: readonly number[], ranks: Uint8Array) {
    this.#rows = rows;
    this.#M = M;
    this.#by = by;
    this.#ranks = ranks;
  }

  sort(from: number, to: number): void {
    const n = to - from;
    if (this.#run.length < n) {
      this.#run = new Uint32Array(2 * n);
      this.#other = new Uint32Array(2 * n);
      this.#keys = new Uint8Array(2 * n);
      this.#codes = new Uint8Array(2 * n * this.#M);
    }
    for (let i = 0; i < n; i++) this.#run[i] = from + i;
    if (n < SHORT) this.#insert(n);
    else this.#count(n);
    this.#move(from, n);
  }

  /** Puts the items of a run into the order that was found. */
  #move(from: number, n: number): void {
    const M = this.#M;
    const { codes, items } = this.#rows;
    const run = this.#run;
    const copy = this.#codes;
    for (let i = 0; i < n; i++) {
      const source = run[i] * M;
      for (let m = 0; m < M; m++) copy[i * M + m] = codes[source + m];
      this.#other[i] = items[run[i]];
    }
    for (let i = 0; i < n * M; i++) codes[from * M + i] = copy[i];
    for (let i = 0; i < n; i++) items[from + i] = this.#other[i];
  }

  /** By insertion, comparing whole codes. */
  #insert(n: number): void {
    const run = this.#run;
    for (let i = 1; i < n; i++) {
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
    const M = this.#M;
    const { codes } = this.#rows;
    for (const m of this.#by) {
      const difference = this.#ranks[m * 256 + codes[a * M + m]] - this.#ranks[m * 256 + codes[b * M + m]];
      if (difference !== 0) return difference > 0;
    }
    return false;
  }

  /** By counting, the last subspace first. */
  #count(n: number): void {
    const M = this.#M;
    const { codes } = this.#rows;
    const counts = this.#counts;
    const keys = this.#keys;
    const ranks = this.#ranks;
    for (let b = this.#by.length - 1; b >= 0; b--) {
      const m = this.#by[b];
      const run = this.#run;
      const other = this.#other;
      counts.fill(0);
      for (let i = 0; i < n; i++) {
        const rank = ranks[m * 256 + codes[run[i] * M + m]];
        keys[i] = rank;
        counts[rank + 1]++;
      }
      for (let rank = 0; rank < 256; rank++) counts[rank + 1] += counts[rank];
      for (let i = 0; i < n; i++) other[counts[keys[i]]++] = run[i];
      this.#run = other;
      this.#other = run;
    }
  }
}

/** The order in which ids ascend; undefined where they do already. */
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
