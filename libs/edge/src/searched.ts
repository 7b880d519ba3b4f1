/**
 * @file What is searched: a downloaded gallery, own pictures, or both as one. Rows of own pictures follow behind the
 * gallery's.
 */
import type { Distance } from '@dqn/pq';
import { checkQuery, type Hit, RuntimeError } from '@dqn/runtime';
import { EdgeError } from './errors.ts';
import type { DownloadedGallery, Near } from './load/gallery.ts';
import { joinHits } from './own/join.ts';
import type { OwnLater } from './own/later.ts';
import type { OwnPictures } from './own/open.ts';
import type { EdgeFilter, SplitFilter } from './own/split.ts';

/** A found item. */
export interface EdgeHit extends Hit {
  /** Whether it is an own picture. */
  readonly own: boolean;
}

/** An item of the gallery, or an own picture. */
export interface EdgeItem {
  readonly row: number;
  readonly id: string;
  readonly labels: readonly string[];
  /** An encoded picture; null where there is none. */
  readonly thumbnail: Blob | null;
  /** Whether it is an own picture. */
  readonly own: boolean;
}

/** What is near: an own picture with its names, or a row of the gallery, whose names come later. */
export type NearItem = EdgeHit | (Near & { readonly own: false });

/** How to search, all said. */
export interface SearchedOptions {
  readonly k: number;
  readonly distance: Distance;
  readonly filter?: EdgeFilter | undefined;
}

/** A gallery, own pictures, or both. */
export class Searched {
  readonly #gallery: DownloadedGallery | undefined;
  readonly #later: OwnLater | undefined;
  readonly #D: number;

  /** @param D dimensions of an embedding */
  constructor(gallery: DownloadedGallery | undefined, own: OwnLater | undefined, D: number) {
    this.#gallery = gallery;
    this.#later = own;
    this.#D = D;
  }

  /** Own pictures, if there are any. */
  get #own(): OwnPictures | undefined {
    return this.#later?.opened;
  }

  /**
   * The k nearest of all, nearest first; of equally near ones the smaller row first: what a scan of all gives.
   *
   * @throws RuntimeError `VECTOR_LENGTH`, `NOT_FINITE`, `BAD_OPTION`, `UNKNOWN_LABEL`, `UNKNOWN_ID`
   */
  async search(vector: Float32Array, { filter, ...options }: SearchedOptions): Promise<NearItem[]> {
    checkQuery(vector, { ...options, D: this.#D });
    const split = filter && (await this.#split(filter));
    const own = this.#own;
    const isAsked = split === undefined || split.gallery !== undefined;
    const found = isAsked ? await this.#gallery?.search(vector, { ...options, filter: split?.gallery }) : [];
    const hits = (found ?? []).map((near): NearItem => ({ ...near, own: false }));
    if (own === undefined || own.count === 0 || (split !== undefined && split.own === undefined)) return hits;
    return joinHits<NearItem>(hits, own.search(vector, { ...options, filter: split?.own }), options.k);
  }

  /** What was found, with its names. */
  async named(found: readonly NearItem[]): Promise<EdgeHit[]> {
    const rows = found.filter((near) => !near.own).map(({ row }) => row);
    const names = rows.length > 0 ? await this.#gallery!.names(rows) : [];
    let next = 0;
    return found.map((near) => (near.own ? near : { ...near, ...names[next++] }));
  }

  /** The row of an id; where an own picture has it, that one's. @throws RuntimeError `UNKNOWN_ID` */
  async row(id: string): Promise<number> {
    const row = this.#own?.row(id) ?? (await this.#gallery?.row(id));
    if (row !== undefined) return row;
    throw new RuntimeError('UNKNOWN_ID', `No own picture has the id ${JSON.stringify(id)}; was it removed?`);
  }

  has(row: number): boolean {
    return this.#own?.has(row) || (this.#gallery?.has(row) ?? false);
  }

  /** The code of a row, M bytes. Throws EdgeError `BAD_OPTION` for a row that isn't there. */
  code(row: number): Uint8Array {
    this.#check([row]);
    return this.#own?.has(row) ? this.#own.code(row) : this.#gallery!.code(row);
  }

  /** What a row's code stands for, float32 [D]. Throws RuntimeError `UNKNOWN_ID` for a row that isn't there. */
  vector(row: number): Float32Array {
    if (this.#own?.has(row)) return this.#own.vector(row);
    if (this.#gallery) return this.#gallery.vector(row);
    throw new RuntimeError('UNKNOWN_ID', `There is no own picture in row ${row}; was it removed?`);
  }

  /** What is known of some rows. Throws EdgeError `BAD_OPTION` for rows that aren't there. */
  async items(rows: readonly number[]): Promise<EdgeItem[]> {
    this.#check(rows);
    const own = rows.filter((row) => this.#own?.has(row));
    const downloaded = rows.filter((row) => !this.#own?.has(row));
    const items = await Promise.all([this.#galleryItems(downloaded), own.length > 0 ? this.#own!.entries(own) : []]);
    const byRow = new Map(items.flat().map((item) => [item.row, item]));
    return rows.map((row) => byRow.get(row)!);
  }

  /** Rows of some items drawn at random, each once: `count` of them, or all there are. */
  sample(count: number): number[] {
    const first = this.#gallery?.rows ?? 0;
    const rows = first + (this.#own?.slots ?? 0);
    const wanted = Math.min(count, (this.#gallery?.count ?? 0) + (this.#own?.count ?? 0));
    const drawn = new Set<number>();
    let row = 0;
    for (let tries = 0; drawn.size < wanted; tries++) {
      // Where hardly a row is taken: one after the other.
      row = tries < 50 * wanted ? Math.floor(Math.random() * rows) : (row + 1) % rows;
      if (this.has(row)) drawn.add(row);
    }
    return [...drawn];
  }

  async close(): Promise<void> {
    await this.#gallery?.close();
    await this.#later?.close();
  }

  async #split(filter: EdgeFilter): Promise<SplitFilter> {
    const { splitFilter } = await import('./own/split.ts');
    const own = this.#own;
    const split = splitFilter(filter, {
      classes: this.#gallery?.meta.classes ?? [],
      first: this.#gallery?.rows ?? 0,
      ownHasLabel: (label) => own?.hasLabel(label) ?? false,
      ownHasId: (id) => own?.hasId(id) ?? false,
    });
    if (this.#gallery !== undefined || own === undefined) return split;
    // Without a gallery that would say so.
    const unknown = filter.labels?.find((label) => !own.hasLabel(label));
    if (unknown === undefined) return split;
    throw new RuntimeError('UNKNOWN_LABEL', `No own picture has the label ${JSON.stringify(unknown)}.`);
  }

  async #galleryItems(rows: readonly number[]): Promise<EdgeItem[]> {
    if (rows.length === 0) return [];
    const gallery = this.#gallery!;
    const [names, thumbnails] = await Promise.all([gallery.names(rows), gallery.thumbnails(rows)]);
    return rows.map((row, i) => ({ row, ...names[i], thumbnail: thumbnails[i], own: false }));
  }

  #check(rows: readonly number[]): void {
    const missing = rows.find((row) => !this.has(row));
    if (missing === undefined) return;
    const { rows: end } = this.#gallery ?? { rows: 0 };
    const what =
      end > 0 ? `the gallery has rows 0 to ${end - 1}, own pictures those behind` : 'own pictures count from 0';
    throw new EdgeError('BAD_OPTION', `Row ${missing} holds nothing: ${what}, and those of removed items are gone.`);
  }
}
