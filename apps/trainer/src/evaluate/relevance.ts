/** @file Which rows share a label with a query: asked a hundred million times, so looked up, not compared. */

/** Relevance of the rows of a database to one label list after the other. */
export class Relevance {
  readonly #rowsOf = new Map<number, number[]>();
  readonly #relevant: Uint8Array;
  #labels: readonly number[] = [];

  /** @param databaseLabels class indices of each row */
  constructor(databaseLabels: readonly (readonly number[])[]) {
    this.#relevant = new Uint8Array(databaseLabels.length);
    for (const [row, labels] of databaseLabels.entries()) {
      for (const label of labels) {
        const rows = this.#rowsOf.get(label);
        if (rows) rows.push(row);
        else this.#rowsOf.set(label, [row]);
      }
    }
  }

  /** Whether a row shares a label with these; fast while the same list is asked with again. */
  has(labels: readonly number[], row: number): boolean {
    if (labels !== this.#labels) {
      this.#labels = labels;
      this.#relevant.fill(0);
      for (const label of labels) {
        for (const relevant of this.#rowsOf.get(label) ?? []) this.#relevant[relevant] = 1;
      }
    }
    return this.#relevant[row] === 1;
  }
}
