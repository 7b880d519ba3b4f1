/** @file The k nearest of many: a binary heap with the farthest of them on top. */
import type { Found } from './scan.ts';

/** Keeps the k entries that come first by (distance, row). */
export class Nearby {
  readonly #k: number;
  readonly #rows: Uint32Array;
  readonly #distances: Float64Array;
  #size = 0;

  /** What an entry must be nearer than to be taken in rows' order: infinite until k are there. */
  limit: number;

  constructor(k: number) {
    this.#k = k;
    this.#rows = new Uint32Array(k);
    this.#distances = new Float64Array(k);
    this.limit = k > 0 ? Infinity : -Infinity;
  }

  /** Takes an entry in; where k are there already, the farthest leaves. */
  add(row: number, distance: number): void {
    if (this.#size < this.#k) {
      let i = this.#size++;
      // Sift up: a parent is at least as far as its children.
      while (i > 0) {
        const parent = (i - 1) >> 1;
        if (!this.#farther(row, distance, parent)) break;
        this.#move(parent, i);
        i = parent;
      }
      this.#rows[i] = row;
      this.#distances[i] = distance;
      if (this.#size === this.#k) this.limit = this.#distances[0];
    } else if (!this.#farther(row, distance, 0)) {
      this.#sink(row, distance, this.#size);
      this.limit = this.#distances[0];
    }
  }

  /** All entries, nearest first. Empties the heap. */
  sorted(): Found {
    const size = this.#size;
    const rows = new Uint32Array(size);
    const distances = new Float64Array(size);
    for (let i = size - 1; i >= 0; i--) {
      rows[i] = this.#rows[0];
      distances[i] = this.#distances[0];
      if (i > 0) this.#sink(this.#rows[i], this.#distances[i], i);
    }
    this.#size = 0;
    this.limit = this.#k > 0 ? Infinity : -Infinity;
    return { rows, distances };
  }

  /** Replaces the top by an entry and sinks it to its place among the first `size`. */
  #sink(row: number, distance: number, size: number): void {
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= size) break;
      if (child + 1 < size && this.#farther(this.#rows[child + 1], this.#distances[child + 1], child)) child++;
      if (this.#farther(row, distance, child)) break;
      this.#move(child, i);
      i = child;
    }
    this.#rows[i] = row;
    this.#distances[i] = distance;
  }

  /** Whether an entry comes after the one at place i. */
  #farther(row: number, distance: number, i: number): boolean {
    return distance > this.#distances[i] || (distance === this.#distances[i] && row > this.#rows[i]);
  }

  #move(from: number, to: number): void {
    this.#rows[to] = this.#rows[from];
    this.#distances[to] = this.#distances[from];
  }
}
