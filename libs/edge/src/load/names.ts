/** @file Ids and labels of a gallery: by range for the hits of a search, until all of them have come. */

import type { Gallery, GalleryIds, LabelTable } from '@dqn/format';
import type { Filter } from '@dqn/pq';
import { type Filters, itemId, RuntimeError, type SearchFilter } from '@dqn/runtime';

/** Up to so many rows all ids are there about as soon as those of some rows. */
const FEW_ROWS = 20_000;

/** What an item is called. */
export interface ItemNames {
  readonly id: string;
  readonly labels: readonly string[];
}

interface Tables {
  readonly ids: GalleryIds;
  readonly labels: LabelTable;
}

/** The names of a gallery's items. */
export class Names {
  readonly #gallery: Gallery;
  readonly #has: (row: number) => boolean;
  #loading: Promise<Tables> | undefined;
  #tables: Tables | undefined;
  #filters: Promise<Filters> | undefined;

  /** @param has whether a row's item is there */
  constructor(gallery: Gallery, has: (row: number) => boolean) {
    this.#gallery = gallery;
    this.#has = has;
  }

  /** Loads all of them, once; after a failure it is tried again. */
  async load(signal?: AbortSignal): Promise<void> {
    await this.#load(signal);
  }

  /** The names of some rows, in their order. @throws FormatError, EdgeError where they can't be had */
  async of(rows: readonly number[]): Promise<ItemNames[]> {
    const { classes, rows: count } = this.#gallery.meta;
    const tables = this.#tables ?? (count <= FEW_ROWS ? await this.#load() : undefined);
    if (tables) return rows.map((row) => ({ id: String(tables.ids.at(row)), labels: labelsOf(tables, classes, row) }));
    const [ids, labels] = await Promise.all([this.#gallery.idsOf(rows), this.#gallery.labelsOf(rows)]);
    return rows.map((_, i) => ({ id: String(ids[i]), labels: labels[i].map((label) => classes[label]) }));
  }

  /** The row of an id. @throws RuntimeError `UNKNOWN_ID` */
  async row(id: string): Promise<number> {
    return this.#row(await this.#load(), id);
  }

  /** An index's filter. @throws RuntimeError `UNKNOWN_LABEL`, `UNKNOWN_ID` */
  async filter(filter: SearchFilter): Promise<Filter | undefined> {
    this.#filters ??= this.#makeFilters().catch((error) => {
      this.#filters = undefined;
      throw error;
    });
    return (await this.#filters).filter(filter);
  }

  #row({ ids }: Pick<Tables, 'ids'>, id: string): number {
    const known = itemId(id, this.#gallery.meta.idKind);
    const row = known === undefined ? undefined : ids.find(known);
    if (row !== undefined) return row;
    throw new RuntimeError('UNKNOWN_ID', `No item of this gallery has the id ${JSON.stringify(id)}.`);
  }

  #load(signal?: AbortSignal): Promise<Tables> {
    this.#loading ??= this.#read(signal).catch((error) => {
      this.#loading = undefined;
      throw error;
    });
    return this.#loading;
  }

  async #read(signal: AbortSignal | undefined): Promise<Tables> {
    const [ids, labels] = await Promise.all([this.#gallery.openIds(signal), this.#gallery.labelTable(signal)]);
    this.#tables = { ids, labels };
    return this.#tables;
  }

  async #makeFilters(): Promise<Filters> {
    const [{ ids, labels }, { Filters }] = await Promise.all([this.#load(), import('./filters.ts')]);
    return new Filters({
      classes: this.#gallery.meta.classes,
      labels,
      checkRow: (row) => {
        if (!this.#has(row)) throw new RuntimeError('UNKNOWN_ID', `There is no item in row ${row} of this gallery.`);
      },
      row: (id) => this.#row({ ids }, id),
    });
  }
}

function labelsOf({ labels: { offsets, values } }: Tables, classes: readonly string[], row: number): string[] {
  return Array.from(values.subarray(offsets[row], offsets[row + 1]), (label) => classes[label]);
}
