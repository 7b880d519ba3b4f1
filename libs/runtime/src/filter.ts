/** @file Which items a search may find: labels, ids and rows as an index takes them. */
import type { LabelTable } from '@dqn/format';
import { createLabels, type Filter, type Labels } from '@dqn/pq';
import { RuntimeError } from './errors.ts';

/** Of several kinds an item has to pass each. */
export interface SearchFilter {
  /** Names of classes: items with at least one of them. */
  readonly labels?: readonly string[] | undefined;
  /** Items with these ids. */
  readonly ids?: readonly string[] | undefined;
  /** Items in these rows. */
  readonly rows?: Uint32Array | readonly number[] | undefined;
}

/** What a filter needs to know of the items. */
export interface FilterItems {
  readonly classes: readonly string[];
  readonly labels: LabelTable;
  /** Throws for a row that is not there. */
  checkRow(row: number): void;
  /** The row of an id; throws for one that nothing has. */
  row(id: string): number;
}

/** Makes filters; what labels need is made once, when first asked for. */
export class Filters {
  readonly #items: FilterItems;
  #labels: Labels | undefined;
  #labelOf: Map<string, number> | undefined;

  constructor(items: FilterItems) {
    this.#items = items;
  }

  /**
   * The index's filter; undefined where everything may be found.
   *
   * @throws RuntimeError `UNKNOWN_LABEL`, `UNKNOWN_ID`
   */
  filter({ labels, ids, rows }: SearchFilter): Filter | undefined {
    const numbers = labels && this.#numbers(labels);
    const chosen = this.#rows(ids, rows);
    if (chosen === undefined) return numbers && this.#byLabel().any(numbers);
    if (numbers === undefined) return { ids: chosen };
    const wanted = new Set(numbers);
    const { offsets, values } = this.#items.labels;
    return { ids: chosen.filter((row) => values.subarray(offsets[row], offsets[row + 1]).some((l) => wanted.has(l))) };
  }

  #rows(ids: SearchFilter['ids'], rows: SearchFilter['rows']): Uint32Array | undefined {
    for (const row of rows ?? []) this.#items.checkRow(row);
    const named = ids && Uint32Array.from(ids, (id) => this.#items.row(id));
    if (rows === undefined) return named;
    if (named === undefined) return Uint32Array.from(rows);
    const inRows = new Set(rows);
    return named.filter((row) => inRows.has(row));
  }

  #numbers(labels: readonly string[]): number[] {
    const { classes } = this.#items;
    this.#labelOf ??= new Map(classes.map((name, label) => [name, label]));
    return labels.map((name) => {
      const label = this.#labelOf!.get(name);
      if (label !== undefined) return label;
      const some = classes.slice(0, 10).join(', ') + (classes.length > 10 ? ', …' : '');
      throw new RuntimeError(
        'UNKNOWN_LABEL',
        `No class of this gallery is called ${JSON.stringify(name)}; there are ${some || 'none'}.`,
      );
    });
  }

  #byLabel(): Labels {
    this.#labels ??= createLabels(this.#items.labels);
    return this.#labels;
  }
}
