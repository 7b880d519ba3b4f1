/** @file A downloaded gallery: searched as soon as its codes are here; names and pictures follow. */

import { type Gallery, openGallery, verifyTogether } from '@dqn/format';
import { type Distance, decode, type Explanation, type PqIndex } from '@dqn/pq';
import { checkQuery, openGalleryIndex, RuntimeError, type SearchCodebook, type SearchFilter } from '@dqn/runtime';
import { EdgeError } from '../errors.ts';
import { KeptFile, type KeptOptions } from './kept-file.ts';
import { type ItemNames, Names } from './names.ts';
import type { Store } from './store.ts';

/** How to search, all said. */
export interface GallerySearch {
  readonly k: number;
  readonly distance: Distance;
  readonly filter?: SearchFilter | undefined;
}

/** What is near: rows ascending by (distance, row). */
export interface Near {
  readonly row: number;
  readonly distance: number;
}

/** An open gallery. */
export class DownloadedGallery {
  readonly #codebook: SearchCodebook['codebook'];
  readonly #file: KeptFile;
  readonly #gallery: Gallery;
  readonly #index: PqIndex;
  readonly #store: Store;
  readonly #names: Names;

  private constructor(of: SearchCodebook, file: KeptFile, gallery: Gallery, index: PqIndex, store: Store) {
    this.#codebook = of.codebook;
    this.#file = file;
    this.#gallery = gallery;
    this.#index = index;
    this.#store = store;
    this.#names = new Names(gallery, (row) => index.has(row));
  }

  /**
   * Opens a gallery; its codes come beside the model, of which only the codebook is waited for.
   *
   * @throws EdgeError `FETCH_FAILED`, `STALLED`, `FILE_CHANGED`; FormatError, also `CODEBOOK_MISMATCH`; PqError
   */
  static async open(url: string, codebook: Promise<SearchCodebook>, options: KeptOptions): Promise<DownloadedGallery> {
    const { signal, store } = options;
    const file = await KeptFile.open(url, options);
    const gallery = await openGallery(file, { signal });
    const of = await codebook;
    verifyTogether({ ...of, gallery: gallery.meta });
    file.know(gallery.pieces());
    // This is a thread of its own already.
    const index = await openGalleryIndex(gallery, of.codebook, { threads: 0, signal });
    return new DownloadedGallery(of, file, gallery, index, store);
  }

  get meta(): Gallery['meta'] {
    return this.#gallery.meta;
  }

  /** Bytes of the file, whether it is read by ranges, and how many have come. */
  get transfer() {
    const { size, ranges, transferred } = this.#file;
    return { size, ranges, transferred };
  }

  /** Rows, those of removed items included; items that can be found. */
  get rows(): number {
    return this.meta.rows;
  }

  get count(): number {
    return this.#index.count;
  }

  explain(): Explanation {
    return this.#index.explain();
  }

  /** Loads all names and has the store remember the whole: from then on nothing is asked for but pictures. */
  async complete(signal?: AbortSignal): Promise<void> {
    // What has come by now is remembered, should the page be left in the middle.
    await this.#file.remember();
    await this.#names.load(signal);
    await this.#file.remember();
    await this.#store.settled();
  }

  has(row: number): boolean {
    return this.#index.has(row);
  }

  /** The code of a row, M bytes. */
  code(row: number): Uint8Array {
    if (this.#index.has(row)) return this.#index.code(row)!;
    throw new RuntimeError('UNKNOWN_ID', `There is no item in row ${row} of this gallery; was it removed?`);
  }

  /** What a row's code stands for, float32 [D]. */
  vector(row: number): Float32Array {
    return decode(this.#codebook, this.code(row));
  }

  /** @throws RuntimeError as `checkQuery`, and for a filter `UNKNOWN_LABEL`, `UNKNOWN_ID` */
  async search(query: Float32Array, { k, distance, filter }: GallerySearch): Promise<Near[]> {
    checkQuery(query, { k, distance, D: this.#codebook.D });
    const narrowed = filter && (await this.#names.filter(filter));
    if (this.#index.count === 0) return [];
    const found = this.#index.search(query, { k: Math.min(k, this.#index.count), distance, filter: narrowed });
    return Array.from(found.ids, (row, i) => ({ row, distance: found.distances[i] }));
  }

  /** The names of some rows, in their order. */
  names(rows: readonly number[]): Promise<ItemNames[]> {
    return this.#names.of(rows);
  }

  /** The row of an id. @throws RuntimeError `UNKNOWN_ID` */
  row(id: string): Promise<number> {
    return this.#names.row(id);
  }

  /**
   * The pictures of some rows, encoded; those that were shown before are kept. Null where there is none, and where the
   * server can't be reached for it: hits are worth showing without.
   */
  async thumbnails(rows: readonly number[]): Promise<(Blob | null)[]> {
    const names = rows.map((row) => this.#gallery.thumbnailName(row));
    const found: (Uint8Array | null | undefined)[] = await Promise.all(
      names.map((name) => (name === undefined ? null : this.#store.getPicture(name))),
    );
    const missing = rows.filter((_, i) => found[i] === undefined);
    const fetched = missing.length > 0 ? await this.#gallery.thumbnails(missing).catch(unreachable) : [];
    const byRow = new Map(missing.map((row, i) => [row, fetched[i]]));
    const type = this.meta.thumbnailType;
    return rows.map((row, i) => {
      const bytes = found[i] ?? byRow.get(row) ?? null;
      if (found[i] === undefined && bytes) void this.#store.putPicture(names[i]!, bytes);
      // An item without a picture is kept as nothing.
      return bytes && bytes.length > 0 ? new Blob([bytes as Uint8Array<ArrayBuffer>], { type }) : null;
    });
  }

  async close(): Promise<void> {
    this.#index.close();
    await this.#gallery.close();
  }
}

/** No pictures where the server is away; anything else is an error still. */
function unreachable(error: unknown): [] {
  if (error instanceof EdgeError && (error.code === 'FETCH_FAILED' || error.code === 'STALLED')) return [];
  throw error;
}
