/** @file Names and pictures of items, at hand once they were shown. */

import type { EdgeItem, EdgeRetriever } from '@dqn/edge';

/** Items that are kept. */
const KEPT = 600;

/** The items of what is searched now. */
export class Items {
  readonly #known = new Map<number, EdgeItem>();

  /** Those of some rows, in their order. @throws what `items` of the retriever does */
  async of(rows: readonly number[], retriever: EdgeRetriever): Promise<EdgeItem[]> {
    const missing = rows.filter((row) => !this.#known.has(row));
    const fetched = missing.length > 0 ? await retriever.items(missing) : [];
    for (const item of fetched) this.#known.set(item.row, item);
    const found = rows.map((row) => this.#known.get(row)!);
    for (const row of this.#known.keys()) {
      if (this.#known.size <= KEPT) break;
      if (!rows.includes(row)) this.#known.delete(row);
    }
    return found;
  }

  /** Another gallery is searched from now on. */
  clear(): void {
    this.#known.clear();
  }

  /** One's own pictures have changed. */
  forgetOwn(): void {
    for (const item of this.#known.values()) if (item.own) this.#known.delete(item.row);
  }
}
