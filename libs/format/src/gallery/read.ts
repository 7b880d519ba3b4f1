/**
 * @file A gallery, read by ranges: what it says of itself when it is opened, the rest when it is asked for.
 *
 * What only writers need is imported when it is asked for: a page that searches doesn't load it.
 */
import { FormatError } from '../errors.ts';
import type { ByteSource } from '../source.ts';
import { checkCodes, inOrder, joined, joinRemoved } from './codes.ts';
import { type Ids, readIds, readIdsOf, readLabels, readLabelsOf, readMetadataOf } from './columns.ts';
import { type GalleryIds, openIds } from './id-table.ts';
import type { GalleryItem, GalleryMeta, IndexImage, ItemId, ItemMetadata, LabelTable } from './meta.ts';
import { asUint32 } from './numbers.ts';
import { readState } from './open.ts';
import type { GalleryPatch } from './patch.ts';
import { type Piece, piecesOf, thumbnailName } from './pieces.ts';
import type { GalleryState, Segment, Stored } from './state.ts';
import { SectionReader } from './stored.ts';
import { readThumbnails } from './thumbnails.ts';

/**
 * Opens a gallery: reads and checks its directory, by one range (two where it is long, or was appended to).
 *
 * What is opened is the state of that moment, also while somebody adds to the file. Only a source that took its size
 * before a commit and its first bytes after it calls the file truncated: open it again.
 *
 * @param o.verify whether each part is checked against its checksum when it is read; true unless told
 * @throws FormatError `NOT_A_GALLERY`, `TRUNCATED`, `DAMAGED`, `NEWER_SCHEMA`, `BAD_CONTENT`
 */
export async function openGallery(
  source: ByteSource,
  o: { verify?: boolean | undefined; signal?: AbortSignal | undefined } = {},
): Promise<Gallery> {
  return new Gallery(source, await readState(source, o.signal), o.verify ?? true);
}

/** How to read an index image. */
export interface ImageOptions {
  /**
   * Gives the memory for all parts, called once: for `parts[i]` an array of `parts[i].bytes` bytes, which threads may
   * share. What an error leaves in it is not to be used. Memory of its own unless told.
   */
  readonly allocate?: ((parts: GalleryMeta['index']['parts']) => readonly Uint8Array[]) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Bytes read so far, of how many. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** What was appended since the index image was made. */
export interface Tail {
  /** The row of the first of them; the others follow. */
  readonly first: number;
  /** [meta.tail, M] row-major. */
  readonly codes: Uint8Array;
  /** Rows of the image and of the tail that are gone, ascending. */
  readonly removed: Uint32Array;
}

/**
 * An open gallery: one state of it, whatever is appended meanwhile. It owns its source: `close()` closes both.
 *
 * Whatever reads throws FormatError `TRUNCATED`, `DAMAGED` or `BAD_CONTENT` for a broken file and `CLOSED` after
 * `close()`; whatever is asked for rows throws `NO_SUCH_ROW` for others than 0 to `meta.rows` − 1. Rows that were removed
 * can still be read.
 */
export class Gallery {
  readonly meta: GalleryMeta;
  readonly #state: GalleryState;
  readonly #reader: SectionReader;
  #closed = false;

  /** By `openGallery`. */
  constructor(source: ByteSource, state: GalleryState, verify: boolean) {
    this.meta = state.meta;
    this.#state = state;
    this.#reader = new SectionReader(source, verify);
  }

  /**
   * The index image, for `openIndex` of `@dqn/pq`: all rows but the tail's, also those removed since (see `tail`).
   *
   * @example const image = await gallery.image({ allocate: (parts) => parts.map(({ bytes }) => arena.take(bytes)) });
   */
  async image(o: ImageOptions = {}): Promise<IndexImage> {
    this.#checkOpen();
    const { meta, parts } = this.#state;
    const { allocate, signal, onProgress } = o;
    if (allocate === undefined && onProgress === undefined) {
      const bytes = await Promise.all(parts.map((part) => this.#reader.whole(part, signal)));
      return { ...meta.index, parts: parts.map(({ name }, i) => ({ name, bytes: bytes[i] })) };
    }
    const targets = allocate?.(meta.index.parts) ?? parts.map(({ length }) => new Uint8Array(length));
    for (const [i, { name, length }] of parts.entries()) {
      if (targets[i]?.length !== length) {
        throw new FormatError(
          'BAD_INPUT',
          `There are ${targets[i]?.length ?? 0} bytes for part ${name} of the image; expected ${length}.`,
        );
      }
    }
    const total = parts.reduce((sum, { length }) => sum + length, 0);
    let done = 0;
    const onBytes = (bytes: number) => {
      done += bytes;
      onProgress?.(done, total);
    };
    const results = await Promise.allSettled(
      parts.map((part, i) => this.#reader.into(part, targets[i], { signal, onBytes })),
    );
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    return { ...meta.index, parts: parts.map(({ name }, i) => ({ name, bytes: targets[i] })) };
  }

  /** What was appended since the image was made, and the rows removed since. */
  async tail(signal?: AbortSignal): Promise<Tail> {
    this.#checkOpen();
    const [base, ...appended] = this.#state.segments;
    const [pieces, removed] = await Promise.all([
      Promise.all(appended.map(({ codes }) => this.#codesOf(codes!, signal))),
      this.#removed(appended, signal),
    ]);
    return { first: base.rows, codes: joined(pieces), removed };
  }

  /** All rows that are gone, ascending: those of `tail`, and those that were gone before the image was made. */
  async removed(signal?: AbortSignal): Promise<Uint32Array> {
    this.#checkOpen();
    return this.#removed(this.#state.segments, signal);
  }

  /**
   * The codes, [rows, M] row-major, of a gallery whose image is `flat` and of which nothing was removed. They may share
   * memory with the source.
   *
   * @throws FormatError `CODES_IN_INDEX` for any other: open its index with `openIndex` of `@dqn/pq`
   */
  async codes(signal?: AbortSignal): Promise<Uint8Array> {
    this.#checkOpen();
    const { index, rows, count, M } = this.meta;
    if (index.kind !== 'flat' || count !== rows) {
      throw new FormatError(
        'CODES_IN_INDEX',
        `The codes of this gallery are in an index of kind '${index.kind}'${count === rows ? '' : `, and ${rows - count} of its rows are gone`}: ` +
          'give image() and tail() to openIndex of @dqn/pq, whose items() has them.',
      );
    }
    const part = (name: string) => this.#state.parts.find((stored) => stored.name === name);
    const order = part('ids');
    const [base, ids] = await Promise.all([
      this.#codesOf(part('codes')!, signal),
      order && this.#reader.whole(order, signal),
    ]);
    const { codes: tail } = await this.tail(signal);
    return joined([ids === undefined ? base : inOrder(base, asUint32(ids), M), tail]);
  }

  /** The ids in the order of rows: strings or numbers, as `meta.idKind` says. */
  async ids(signal?: AbortSignal): Promise<Ids> {
    this.#checkOpen();
    const { idKind, rows } = this.meta;
    const { segments } = this.#state;
    const columns = await Promise.all(segments.map((segment) => readIds(this.#reader, segment, idKind, signal)));
    if (columns.length === 1) return columns[0];
    if (idKind === 'string') return (columns as string[][]).flat();
    const all = idKind === 'u32' ? new Uint32Array(rows) : new BigUint64Array(rows);
    for (const [i, { first }] of segments.entries()) all.set(columns[i] as never, first);
    return all;
  }

  /** The ids in the order of rows as text, whatever their kind. */
  async idTexts(signal?: AbortSignal): Promise<string[]> {
    return Array.from(await this.ids(signal), String);
  }

  /** All ids, to be looked at and looked up: as they stand in the file, where `ids` makes a string of each. */
  async openIds(signal?: AbortSignal): Promise<GalleryIds> {
    return openIds(this.#reader, this.#state, new Set(await this.removed(signal)), signal);
  }

  /** The ids of some rows, in their order, by ranges. */
  async idsOf(rows: readonly number[], signal?: AbortSignal): Promise<ItemId[]> {
    const { idKind } = this.meta;
    return this.#bySegment(rows, (segment, local) => readIdsOf(this.#reader, segment, idKind, local, signal));
  }

  /** The id of a row. */
  async id(row: number, signal?: AbortSignal): Promise<ItemId> {
    return (await this.idsOf([row], signal))[0];
  }

  /** The labels of each row, as indices into `meta.classes`. */
  async labels(signal?: AbortSignal): Promise<number[][]> {
    const { offsets, values } = await this.labelTable(signal);
    return Array.from({ length: this.meta.rows }, (_, row) => [...values.subarray(offsets[row], offsets[row + 1])]);
  }

  /** The same in two arrays, of 4 bytes a row and a label. */
  async labelTable(signal?: AbortSignal): Promise<LabelTable> {
    this.#checkOpen();
    return readLabels(this.#reader, this.#state.segments, this.meta.classes.length, signal);
  }

  /** The labels of some rows, in their order, by ranges. */
  async labelsOf(rows: readonly number[], signal?: AbortSignal): Promise<number[][]> {
    const labels = await this.#bySegment(rows, (segment, local) => readLabelsOf(this.#reader, segment, local, signal));
    const { classes } = this.meta;
    const wrong = labels.flat().find((label) => label >= classes.length);
    if (wrong === undefined) return labels;
    throw new FormatError('BAD_CONTENT', `An item has label ${wrong} of ${classes.length} classes.`);
  }

  /** The metadata of some rows, in their order, by ranges; undefined for an item without. */
  async metadata(rows: readonly number[], signal?: AbortSignal): Promise<(ItemMetadata | undefined)[]> {
    return this.#bySegment(rows, (segment, local) => readMetadataOf(this.#reader, segment, local, signal));
  }

  /** The encoded thumbnail of a row, or null where it has none. */
  async thumbnail(row: number, signal?: AbortSignal): Promise<Uint8Array | null> {
    return (await this.thumbnails([row], signal))[0];
  }

  /** The encoded thumbnails of some rows, in their order; those that stand close together are read by one range. */
  async thumbnails(rows: readonly number[], signal?: AbortSignal): Promise<(Uint8Array | null)[]> {
    return this.#bySegment(rows, (segment, local) => readThumbnails(this.#reader, segment, local, signal));
  }

  /** All sections but the thumbnails as pieces of about 1 MiB that are named by their content, for who keeps copies. */
  pieces(): readonly Piece[] {
    return piecesOf(this.#state);
  }

  /** What names the thumbnail of a row: the same for the same picture of a later state; undefined where there is none. */
  thumbnailName(row: number): string | undefined {
    return thumbnailName(this.#state, row);
  }

  /** All that is known of some rows, in their order; of all of them unless told. As `writeGallery` takes it. */
  async items(o: { rows?: readonly number[]; signal?: AbortSignal } = {}): Promise<GalleryItem[]> {
    const rows = o.rows ?? Array.from({ length: this.meta.rows }, (_, row) => row);
    const [ids, labels, thumbnails, metadata] = await Promise.all([
      this.idsOf(rows, o.signal),
      this.labelsOf(rows, o.signal),
      this.thumbnails(rows, o.signal),
      this.metadata(rows, o.signal),
    ]);
    return rows.map((_, i) => ({
      id: ids[i],
      labels: labels[i],
      thumbnail: thumbnails[i] ?? undefined,
      ...(metadata[i] && { metadata: metadata[i] }),
    }));
  }

  /**
   * The bytes of this gallery written anew, for `writeFileAtomic`: with an image that holds the tail, and without what
   * belonged to removed items. Rows keep their numbers. Whoever may be appending to the file has to be kept away; the
   * `compact` of a gallery's writer does that.
   *
   * @param image of all items that are there, called by their rows
   * @throws FormatError `BAD_INPUT` for an image of others
   */
  async compacted(image: IndexImage, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    const removed = await this.removed(signal);
    const { compactedChunks } = await import('./compact.ts');
    return compactedChunks(this.#reader, this.#state, { image, removed, signal });
  }

  /**
   * The bytes of this gallery written anew with some rows replaced, added and removed, for `writeFileAtomic`. The gallery
   * itself stays as it is.
   *
   * @throws FormatError `BAD_INPUT`
   */
  async patched(patch: GalleryPatch, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    this.#checkOpen();
    const { patchedChunks } = await import('./patch.ts');
    return patchedChunks(this.#reader, this.#state, patch, signal);
  }

  /**
   * Reads every section, whatever `verify` was, and checks it against its checksum and against sense.
   *
   * @throws FormatError `TRUNCATED`, `DAMAGED`, `BAD_CONTENT`, `DUPLICATE_ID`, `CLOSED`
   */
  async verify(signal?: AbortSignal): Promise<void> {
    this.#checkOpen();
    const { verifyAll } = await import('./verify.ts');
    await verifyAll(this.#reader.source, this.#state, signal);
  }

  /** Closes the gallery and its source. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#reader.source.close?.();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Asks each segment for its rows, and puts what they give in the order of `rows`. */
  async #bySegment<T>(
    rows: readonly number[],
    read: (segment: Segment, local: readonly number[]) => Promise<T[]>,
  ): Promise<T[]> {
    this.#checkOpen();
    const { segments, meta } = this.#state;
    const places = segments.map((): number[] => []);
    for (const [place, row] of rows.entries()) {
      if (!Number.isInteger(row) || row < 0 || row >= meta.rows) {
        throw new FormatError('NO_SUCH_ROW', `Row ${row} was asked for; the gallery has rows 0 to ${meta.rows - 1}.`);
      }
      places[segments.findLastIndex(({ first }) => first <= row)].push(place);
    }
    const found = new Array<T>(rows.length);
    await Promise.all(
      segments.map(async (segment, i) => {
        if (places[i].length === 0) return;
        const values = await read(
          segment,
          places[i].map((place) => rows[place] - segment.first),
        );
        for (const [j, place] of places[i].entries()) found[place] = values[j];
      }),
    );
    return found;
  }

  async #codesOf(stored: Stored, signal?: AbortSignal): Promise<Uint8Array> {
    const codes = await this.#reader.whole(stored, signal);
    checkCodes(codes, this.meta);
    return codes;
  }

  async #removed(segments: readonly Segment[], signal?: AbortSignal): Promise<Uint32Array> {
    const pieces = await Promise.all(
      segments.map(({ removed }) => (removed === undefined ? undefined : this.#reader.whole(removed, signal))),
    );
    return joinRemoved(pieces, segments);
  }

  #checkOpen(): void {
    if (this.#closed) throw new FormatError('CLOSED', 'The gallery has been closed. Open it again.');
  }
}
