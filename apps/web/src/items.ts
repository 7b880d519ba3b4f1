/** @file Names and pictures of items, at hand once they were shown. */

import type { EdgeItem, EdgeRetriever } from '@dqn/edge';

/** Items that are kept. */
const KEPT = 600;

/** The items of what is searched now. */
export class Items {
  readonly #known = new Map<number, EdgeItem>();
  /** Another after each time that something was forgotten: what was asked for before isn't kept. */
  #era = 0;

  /** Those of some rows, in their order. @throws what `items` of the retriever does */
  async of(rows: readonly number[], retriever: EdgeRetriever): Promise<EdgeItem[]> {
    const era = this.#era;
    const found = new Map(rows.map((row) => [row, this.#known.get(row)]));
    const missing = rows.filter((row) => found.get(row) === undefined);
    const fetched = missing.length > 0 ? await retriever.items(missing) : [];
    for (const item of fetched) {
      found.set(item.row, item);
      if (era === this.#era) this.#known.set(item.row, item);
    }
    for (const row of this.#known.keys()) {
      if (this.#known.size <= KEPT) break;
      if (!found.has(row)) this.#known.delete(row);
    }
    return rows.map((row) => found.get(row)!);
  }

  /** Another gallery is searched from now on. */
  clear(): void {
    this.#era++;
    this.#known.clear();
  }

  /** One's own pictures have changed. */
  forgetOwn(): void {
    this.#era++;
    for (const item of this.#known.values()) if (item.own) this.#known.delete(item.row);
  }
}
