/**
 * @file Finds the nearest items of a gallery, exactly.
 *
 * The query stays a float vector, the items are codes: one look-up table per query, then a scan (AQD). The table and
 * the scan are @dqn/pq's.
 */

import { type CodebookFile, type Gallery, verifyTogether } from '@dqn/format';
import { type AbortSignalLike, type Distance, decode, lookupTable, scan } from '@dqn/pq';
import { RuntimeError } from './errors.ts';
import { now } from './platform.ts';

/** One found item. */
export interface Hit {
  /** Position in the gallery, from 0. */
  readonly row: number;
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
  /** Keeps only rows for which it returns true. */
  readonly filter?: (row: number) => boolean;
  readonly signal?: AbortSignalLike;
}

/** Hits in ascending distance, equal distances by row. */
export interface SearchResult {
  readonly hits: readonly Hit[];
  /** Milliseconds for the table, the scan and the hits' names. */
  readonly ms: number;
}

/** What ties a searcher to its model; an open Model fits. */
export interface SearchCodebook {
  readonly codebook: CodebookFile;
  readonly codebookSha256: string;
}

/** The distances that a search can be asked for. */
export const DISTANCES: readonly Distance[] = ['aqd', 'ip', 'sqd'];

/** A gallery in memory, ready to be searched. */
export class Searcher {
  readonly codebook: CodebookFile;
  /** Items in the gallery. */
  readonly count: number;
  /** uint8 [count, M], row-major. */
  readonly codes: Uint8Array;
  readonly #ids: readonly string[];
  readonly #labels: readonly (readonly number[])[];
  readonly #classes: readonly string[];
  #rowOfId: Map<string, number> | undefined;

  private constructor(o: {
    codebook: CodebookFile;
    gallery: Gallery;
    codes: Uint8Array;
    ids: string[];
    labels: number[][];
  }) {
    this.codebook = o.codebook;
    this.count = o.gallery.meta.count;
    this.codes = o.codes;
    this.#ids = o.ids;
    this.#labels = o.labels;
    this.#classes = o.gallery.meta.classes;
  }

  /**
   * Reads a gallery's codes, ids and labels; thumbnails stay where they are.
   *
   * @throws FormatError `CODEBOOK_MISMATCH` for a gallery of another codebook (both hashes named), or for damaged bytes
   */
  static async open(gallery: Gallery, of: SearchCodebook): Promise<Searcher> {
    const { codebook, codebookSha256 } = of;
    verifyTogether({ codebook, codebookSha256, gallery: gallery.meta });
    const [codes, ids, labels] = await Promise.all([gallery.codes(), gallery.idTexts(), gallery.labels()]);
    return new Searcher({ codebook, gallery, codes, ids, labels });
  }

  /**
   * The k nearest items.
   *
   * @param query float32 [D]
   * @throws RuntimeError `VECTOR_LENGTH`, `NOT_FINITE`, `BAD_OPTION`
   * @example const { hits } = searcher.search(await model.embed([picture]), { k: 10 });
   */
  search(query: Float32Array, options: SearchOptions = {}): SearchResult {
    const { k = 10, distance = this.codebook.distance, filter, signal } = options;
    this.#check(query, k, distance);
    const start = now();
    const { M, K } = this.codebook;
    const table = lookupTable(this.codebook, query, distance);
    const found = scan(this.codes, table, {
      M,
      K,
      k: Math.min(k, Math.max(this.count, 1)),
      ...(filter && { filter }),
      ...(signal && { signal }),
    });
    const hits = Array.from(found.rows, (row, i) => this.#hit(row, found.distances[i]));
    return { hits, ms: now() - start };
  }

  /**
   * What a row's code stands for: the reconstruction C h, float32 [D]. It searches by an item when its picture isn't at hand.
   *
   * @throws RuntimeError `UNKNOWN_ID` for a row outside the gallery
   */
  vector(row: number): Float32Array {
    this.#checkRow(row);
    const { M } = this.codebook;
    return decode(this.codebook, this.codes.subarray(row * M, (row + 1) * M));
  }

  /** The id of a row. Throws RuntimeError `UNKNOWN_ID` for a row outside the gallery. */
  id(row: number): string {
    this.#checkRow(row);
    return this.#ids[row];
  }

  /** Names of a row's classes. Throws RuntimeError `UNKNOWN_ID` for a row outside the gallery. */
  labels(row: number): string[] {
    this.#checkRow(row);
    return (this.#labels[row] ?? []).map((label) => this.#classes[label] ?? String(label));
  }

  /** The row of an id. Throws RuntimeError `UNKNOWN_ID` when no item has it. */
  row(id: string): number {
    this.#rowOfId ??= new Map(this.#ids.map((name, row) => [name, row]));
    const row = this.#rowOfId.get(id);
    if (row === undefined) {
      throw new RuntimeError(
        'UNKNOWN_ID',
        `No item of this gallery has the id ${JSON.stringify(id)}; \`dqn inspect\` lists them.`,
      );
    }
    return row;
  }

  #hit(row: number, distance: number): Hit {
    return { row, id: this.#ids[row], distance, labels: this.labels(row) };
  }

  #checkRow(row: number): void {
    if (!Number.isInteger(row) || row < 0 || row >= this.count) {
      throw new RuntimeError('UNKNOWN_ID', `No row ${row} in a gallery of ${this.count} items; rows count from 0.`);
    }
  }

  #check(query: Float32Array, k: number, distance: Distance): void {
    const { D } = this.codebook;
    if (query.length !== D) {
      throw new RuntimeError(
        'VECTOR_LENGTH',
        `A query of ${query.length} numbers can't search embeddings of ${D}; give ${D} numbers.`,
      );
    }
    const bad = query.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) {
      throw new RuntimeError(
        'NOT_FINITE',
        `The query holds ${query[bad]} at position ${bad}; every number must be finite.`,
      );
    }
    if (!Number.isInteger(k) || k < 1) {
      throw new RuntimeError('BAD_OPTION', `k = ${k} is not a number of hits; ask for 1 or more.`);
    }
    if (!DISTANCES.includes(distance)) {
      throw new RuntimeError(
        'BAD_OPTION',
        `No distance is called ${JSON.stringify(distance)}; there are ${DISTANCES.join(', ')}.`,
      );
    }
  }
}
