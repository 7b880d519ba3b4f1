/**
 * @file Finds the nearest items of a gallery, exactly.
 *
 * The query stays a float vector, the items are codes: one look-up table a query, then a search of the index (AQD). The
 * index is @dqn/pq's; its answer is that of a scan of all codes.
 */

import { type CodebookFile, type Gallery, type GalleryIds, type LabelTable, verifyTogether } from '@dqn/format';
import { type AbortSignalLike, type Distance, decode, type Explanation, type PqIndex } from '@dqn/pq';
import { RuntimeError } from './errors.ts';
import { Filters, type SearchFilter } from './filter.ts';
import { type OpenIndexOptions, openGalleryIndex } from './open-index.ts';
import { now, throwIfAborted } from './platform.ts';
import { checkQuery, itemId } from './query.ts';

/** One found item. */
export interface Hit {
  /** Position in the gallery, from 0. */
  readonly row: number;
  /** As text, also where the gallery's ids are numbers. */
  readonly id: string;
  /** Smaller is nearer; for `ip` the negated inner product. */
  readonly distance: number;
  /** Names of the item's classes. */
  readonly labels: readonly string[];
}

/** How to search. */
export interface SearchOptions {
  /** Hits wanted, from 1 on; default 10. A gallery with fewer items gives all of them. */
  readonly k?: number;
  /** Default: the one that the codebook was learnt for. */
  readonly distance?: Distance;
  /** Which items may be found; all of them unless told. */
  readonly filter?: SearchFilter | undefined;
  readonly signal?: AbortSignalLike;
}

/** Hits in ascending distance, equal distances by row. */
export interface SearchResult {
  readonly hits: readonly Hit[];
  /** Milliseconds for the table, the search and the hits' names. */
  readonly ms: number;
}

/** What ties a searcher to its model; an open Model fits. */
export interface SearchCodebook {
  readonly codebook: CodebookFile;
  readonly codebookSha256: string;
}

/** What a searcher holds until it is closed. */
interface Open {
  readonly index: PqIndex;
  readonly ids: GalleryIds;
  readonly labels: LabelTable;
}

/** A gallery in memory, ready to be searched. It holds memory: close() it. */
export class Searcher {
  readonly codebook: CodebookFile;
  /** Rows of the gallery, those of removed items included. */
  readonly rows: number;
  readonly #gallery: Gallery['meta'];
  readonly #filters: Filters;
  #open: Open | undefined;

  private constructor(codebook: CodebookFile, gallery: Gallery['meta'], open: Open) {
    this.codebook = codebook;
    this.rows = gallery.rows;
    this.#gallery = gallery;
    this.#open = open;
    this.#filters = new Filters({
      classes: gallery.classes,
      labels: open.labels,
      checkRow: (row) => this.#checkRow(row),
      row: (id) => this.row(id),
    });
  }

  /**
   * Reads a gallery's index, ids and labels; thumbnails stay where they are. A gallery without an index (schema version
   * 1) gets one now.
   *
   * @param options.threads for that, and for merging a long tail; 0: all is done in the calling thread
   * @throws FormatError `CODEBOOK_MISMATCH` for a gallery of another codebook (both hashes named), or for damaged bytes;
   * PqError `BAD_FILE`, `OUT_OF_MEMORY`; the signal's reason
   */
  static async open(gallery: Gallery, of: SearchCodebook, options: OpenIndexOptions = {}): Promise<Searcher> {
    const { codebook, codebookSha256 } = of;
    verifyTogether({ codebook, codebookSha256, gallery: gallery.meta });
    const opening = openGalleryIndex(gallery, codebook, options);
    try {
      const { signal } = options;
      const [index, ids, labels] = await Promise.all([opening, gallery.openIds(signal), gallery.labelTable(signal)]);
      throwIfAborted(signal);
      // The first query compiles kernels and takes memory: better now than under somebody's query.
      if (index.count > 0) index.search(new Float32Array(codebook.D), { k: 1, filter: { ids: [] } });
      return new Searcher(codebook, gallery.meta, { index, ids, labels });
    } catch (error) {
      opening.then(
        (index) => index.close(),
        () => {},
      );
      throw error;
    }
  }

  /** Items that can be found. */
  get count(): number {
    return this.#opened().index.count;
  }

  /**
   * The k nearest items.
   *
   * @param query float32 [D]
   * @throws RuntimeError `VECTOR_LENGTH`, `NOT_FINITE`, `BAD_OPTION`, `UNKNOWN_ID` and `UNKNOWN_LABEL` of the filter,
   * `CLOSED`; the signal's reason
   * @example const { hits } = searcher.search(await model.embed([picture]), { k: 10, filter: { labels: ['cat'] } });
   */
  search(query: Float32Array, options: SearchOptions = {}): SearchResult {
    const { k = 10, distance = this.codebook.distance, filter, signal } = options;
    const { index } = this.#opened();
    checkQuery(query, { k, distance, D: this.codebook.D });
    const start = now();
    const narrowed = filter && this.#filters.filter(filter);
    if (index.count === 0) return { hits: [], ms: now() - start };
    const found = index.search(query, { k: Math.min(k, index.count), distance, filter: narrowed, signal });
    const hits = Array.from(found.ids, (row, i) => this.#hit(row, found.distances[i]));
    return { hits, ms: now() - start };
  }

  /** How the index is arranged, what it takes, and what the last search looked at. */
  explain(): Explanation {
    return this.#opened().index.explain();
  }

  /**
   * What a row's code stands for: the reconstruction C h, float32 [D]. It searches by an item when its picture isn't at hand.
   *
   * @throws RuntimeError `UNKNOWN_ID` for a row outside the gallery
   */
  vector(row: number): Float32Array {
    return decode(this.codebook, this.code(row));
  }

  /** The code of a row, M bytes. Throws RuntimeError `UNKNOWN_ID` for a row outside the gallery. */
  code(row: number): Uint8Array {
    this.#checkRow(row);
    return this.#opened().index.code(row)!;
  }

  /** Whether a row's item is there: removed ones are not. */
  has(row: number): boolean {
    return this.#opened().index.has(row);
  }

  /** The id of a row as text. Throws RuntimeError `UNKNOWN_ID` for a row outside the gallery. */
  id(row: number): string {
    this.#checkRow(row);
    return String(this.#opened().ids.at(row));
  }

  /** Names of a row's classes. Throws RuntimeError `UNKNOWN_ID` for a row outside the gallery. */
  labels(row: number): string[] {
    this.#checkRow(row);
    return this.#labelsOf(row);
  }

  /** The row of an id. Throws RuntimeError `UNKNOWN_ID` when no item has it. */
  row(id: string): number {
    const { ids } = this.#opened();
    const known = itemId(id, this.#gallery.idKind);
    const row = known === undefined ? undefined : ids.find(known);
    if (row === undefined) {
      throw new RuntimeError(
        'UNKNOWN_ID',
        `No item of this gallery has the id ${JSON.stringify(id)}; \`dqn inspect\` lists them.`,
      );
    }
    return row;
  }

  /** Gives the index's memory back; a second call does nothing. The gallery stays open. */
  close(): void {
    this.#open?.index.close();
    this.#open = undefined;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #opened(): Open {
    if (this.#open !== undefined) return this.#open;
    throw new RuntimeError('CLOSED', 'The searcher has been closed; open it again.');
  }

  #hit(row: number, distance: number): Hit {
    return { row, id: String(this.#opened().ids.at(row)), distance, labels: this.#labelsOf(row) };
  }

  #labelsOf(row: number): string[] {
    const { offsets, values } = this.#opened().labels;
    const { classes } = this.#gallery;
    return Array.from(values.subarray(offsets[row], offsets[row + 1]), (label) => classes[label]);
  }

  #checkRow(row: number): void {
    if (this.#opened().index.has(row)) return;
    const isGone = Number.isInteger(row) && row >= 0 && row < this.rows;
    throw new RuntimeError(
      'UNKNOWN_ID',
      isGone
        ? `The item in row ${row} was removed.`
        : `No row ${row} in a gallery of ${this.rows} rows; they count from 0.`,
    );
  }
}
