/**
 * @file A gallery written anew with some rows replaced, added and removed: what a journal holds goes into the file.
 *
 * What stays passes through in pieces, as it stands in the file: texts aren't decoded, thumbnails aren't held.
 */
import { crc32 } from '../crc32.ts';
import { FormatError } from '../errors.ts';
import { readIds, shapeOf } from './columns.ts';
import { bad, type Columns, imageOf } from './content.ts';
import { encodeDirectory } from './directory.ts';
import { ARRAY_BLOCK, aligned, INDEX_BYTES, TABLE_BLOCK } from './layout.ts';
import type { IndexImage, ItemId } from './meta.ts';
import { asBytes } from './numbers.ts';
import { type OpenRagged, openRagged } from './ragged.ts';
import { addIds, addImage, addStream, packOffsets, SectionList } from './sections.ts';
import { type GalleryState, isNumbers, type Ragged, type Segment } from './state.ts';
import type { SectionReader } from './stored.ts';
import { SUPERBLOCK_BYTES } from './superblock.ts';
import { packEntry, unpackEntry } from './thumbnails.ts';
import { frontOf, sectionChunks } from './write.ts';

/** What a row is to hold. */
export interface PatchItem {
  /** Of the gallery's kind. */
  readonly id: ItemId;
  /** Indices into the patch's classes. */
  readonly labels: ArrayLike<number>;
  /** A JSON object as UTF-8; empty for none. */
  readonly metadata: Uint8Array;
  /** Bytes; 0 for none. */
  readonly thumbnailLength: number;
  /** The same bytes each time it is called. */
  readonly thumbnail: () => Promise<Uint8Array>;
}

/** How a gallery changes. */
export interface GalleryPatch {
  /** Of the new gallery; no fewer than there are. */
  readonly rows: number;
  /** All rows that are gone, ascending; a row that is replaced isn't among them. */
  readonly removed: Uint32Array;
  /** Rows that are replaced or new; every new one is here or in `removed`. */
  readonly items: ReadonlyMap<number, PatchItem>;
  /** Of all items that are there afterwards, called by their rows. */
  readonly image: IndexImage;
  /** The gallery's, and behind them those that are new. */
  readonly classes: readonly string[];
  readonly thumbnailType: string;
}

/** What is gone through, row by row. */
interface Walk {
  readonly reader: SectionReader;
  readonly segments: readonly Segment[];
  readonly baseRows: number;
  readonly patch: GalleryPatch;
  readonly gone: ReadonlySet<number>;
  readonly signal: AbortSignal | undefined;
}

/** Rows whose content comes from one place: a segment's, or one of the patch. */
type Run = { readonly segment: number; readonly from: number; readonly to: number } | { readonly row: number };

/**
 * The bytes of the new file, piece by piece. What is held are tables, 8 to 16 bytes a row each.
 *
 * @throws FormatError `BAD_INPUT` for an image of other items; `TRUNCATED`, `DAMAGED`, `BAD_CONTENT`
 */
export async function patchedChunks(
  reader: SectionReader,
  { meta, segments }: GalleryState,
  patch: GalleryPatch,
  signal?: AbortSignal,
): Promise<AsyncIterable<Uint8Array>> {
  const { rows, removed, image, classes, thumbnailType } = patch;
  if (rows < meta.rows || meta.classes.some((name, i) => classes[i] !== name)) {
    throw bad(`It has ${meta.rows} rows and ${meta.classes.length} classes, of which none may be missing.`);
  }
  imageOf({ ...meta, items: [], image, removed }, rows);
  const walk: Walk = { reader, segments, baseRows: meta.rows, patch, gone: new Set(removed), signal };
  const list = new SectionList(SUPERBLOCK_BYTES);
  const parts = addImage(list, image);
  const all: Segment = {
    first: 0,
    rows,
    codes: undefined,
    removed:
      removed.length > 0
        ? await addStream(list, 'removed rows', 4 * removed.length, () => [asBytes(removed)], ARRAY_BLOCK)
        : undefined,
    ids: meta.idKind === 'string' ? await addColumn(list, walk, 'ids') : await addNumbers(list, walk, meta.idKind),
    labels: await addColumn(list, walk, 'labels'),
    metadata: await addColumn(list, walk, 'metadata'),
    thumbnails: await addThumbnails(list, walk),
  };
  const encode = () => encodeDirectory({ meta: { ...meta, classes, thumbnailType }, image, parts, segments: [all] });
  list.shift(aligned(encode().length));
  const directory = encode();
  async function* chunks() {
    yield* frontOf(directory, list.end, meta.generation + 1);
    yield* sectionChunks(list.planned);
  }
  return chunks();
}

/** All rows of which something is kept, in order. */
function* runs({ segments, baseRows, patch, gone }: Walk): Generator<Run> {
  for (const [segment, { first, rows }] of segments.entries()) {
    let from = first;
    for (let row = first; row < first + rows; row++) {
      const isPatched = patch.items.has(row);
      if (!isPatched && !gone.has(row)) continue;
      if (row > from) yield { segment, from, to: row };
      if (isPatched && !gone.has(row)) yield { row };
      from = row + 1;
    }
    if (first + rows > from) yield { segment, from, to: first + rows };
  }
  for (let row = baseRows; row < patch.rows; row++) {
    if (gone.has(row)) continue;
    if (!patch.items.has(row)) throw bad(`Row ${row} is new, and nothing is said of it.`);
    yield { row };
  }
}

async function addNumbers(
  list: SectionList,
  { reader, segments, patch, gone, signal }: Walk,
  kind: 'u32' | 'u64',
): Promise<Segment['ids']> {
  const ids = kind === 'u32' ? new Uint32Array(patch.rows) : new BigUint64Array(patch.rows);
  for (const segment of segments) ids.set((await readIds(reader, segment, kind, signal)) as never, segment.first);
  for (const [row, { id }] of patch.items) ids[row] = id as never;
  return addIds(list, 0, { ids, count: patch.rows } as Columns, gone);
}

const encoder = new TextEncoder();

/** Ids that are texts, labels or metadata. */
async function addColumn(
  list: SectionList,
  walk: Walk,
  what: 'ids' | 'labels' | 'metadata',
): Promise<Ragged | undefined> {
  const { reader, segments, patch, signal } = walk;
  const { width } = shapeOf(what, patch.rows);
  const bytesOf = ({ id, labels, metadata }: PatchItem): Uint8Array => {
    if (what === 'metadata') return metadata;
    return what === 'ids' ? encoder.encode(String(id)) : asBytes(Uint32Array.from(labels));
  };
  const columns: (OpenRagged | undefined)[] = [];
  for (const segment of segments) {
    const column = segment[what];
    if (column !== undefined && isNumbers(column)) throw new Error('numbers are no texts');
    columns.push(column && (await openRagged(reader, column, shapeOf(what, segment.rows), signal)));
  }
  const offsets = new Float64Array(patch.rows + 1);
  let row = 0;
  let end = 0;
  /** Rows that nothing is kept of have no length. */
  const upTo = (next: number) => {
    while (row < next) offsets[++row] = end;
  };
  for (const run of runs(walk)) {
    if ('row' in run) {
      upTo(run.row);
      end += bytesOf(patch.items.get(run.row)!).length / width;
      upTo(run.row + 1);
      continue;
    }
    upTo(run.from);
    const from = columns[run.segment]?.offsets;
    const { first } = segments[run.segment];
    for (let at = run.from - first; at < run.to - first; at++) {
      if (from !== undefined) end += from[at + 1] - from[at];
      offsets[++row] = end;
    }
  }
  upTo(patch.rows);
  if (end === 0 && what !== 'ids') return undefined;
  async function* pieces() {
    const cursors = columns.map((column, i) => column && new Cursor(column.pieces(0, segments[i].rows)));
    for (const run of runs(walk)) {
      if ('row' in run) {
        const bytes = bytesOf(patch.items.get(run.row)!);
        if (bytes.length > 0) yield bytes;
        continue;
      }
      const from = columns[run.segment]?.offsets;
      if (from === undefined) continue;
      const { first } = segments[run.segment];
      yield* cursors[run.segment]!.take(from[run.from - first] * width, from[run.to - first] * width);
    }
  }
  const packed = packOffsets(offsets);
  return {
    offsets: await addStream(list, `${what} offsets`, packed.length, () => [packed], TABLE_BLOCK),
    values: await addStream(list, what, end * width, pieces, TABLE_BLOCK),
  };
}

/** Goes through a column once, front to back: many short runs would read its blocks time and again. */
class Cursor {
  readonly #pieces: AsyncIterator<Uint8Array> | Iterator<Uint8Array>;
  #piece: Uint8Array = new Uint8Array(0);
  /** Where `#piece` begins. */
  #at = 0;

  constructor(pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) {
    this.#pieces = Symbol.asyncIterator in pieces ? pieces[Symbol.asyncIterator]() : pieces[Symbol.iterator]();
  }

  /** The bytes from `from` to `to` − 1; each range lies behind the one before. */
  async *take(from: number, to: number): AsyncGenerator<Uint8Array> {
    let next = from;
    while (next < to) {
      const end = this.#at + this.#piece.length;
      if (next >= end) {
        this.#at = end;
        const { value, done } = await this.#pieces.next();
        if (done) throw new FormatError('BAD_CONTENT', `A column ends at byte ${end}, before ${to}.`);
        this.#piece = value;
        continue;
      }
      const part = this.#piece.subarray(next - this.#at, to - this.#at);
      yield part;
      next += part.length;
    }
  }
}

async function addThumbnails(list: SectionList, walk: Walk): Promise<Segment['thumbnails']> {
  const { reader, segments, patch, signal } = walk;
  const olds: (Uint8Array | undefined)[] = [];
  for (const { thumbnails } of segments) olds.push(thumbnails && (await reader.whole(thumbnails.index, signal)));
  if (olds.every((old) => old === undefined) && allWithout(patch)) return undefined;
  const index = new Uint8Array(INDEX_BYTES * patch.rows);
  const view = new DataView(index.buffer);
  /** Ranges of old sections, and rows of the patch, in order. */
  const parts: ({ segment: number; range: { offset: number; length: number } } | { row: number })[] = [];
  let length = 0;
  for (const run of runs(walk)) {
    if ('row' in run) {
      const item = patch.items.get(run.row)!;
      if (item.thumbnailLength === 0) continue;
      const bytes = await item.thumbnail();
      packEntry(view, INDEX_BYTES * run.row, { offset: length, length: bytes.length, crc: crc32(bytes) });
      parts.push({ row: run.row });
      length += bytes.length;
      continue;
    }
    const old = olds[run.segment];
    if (old === undefined) continue;
    const { first, thumbnails } = segments[run.segment];
    for (let row = run.from; row < run.to; row++) {
      const entry = unpackEntry(old.subarray(INDEX_BYTES * (row - first), INDEX_BYTES * (row - first + 1)));
      if (entry.length === 0) continue;
      if (entry.offset + entry.length > thumbnails!.images.length) {
        throw new FormatError('BAD_CONTENT', `The thumbnail of row ${row} doesn't fit its section.`);
      }
      packEntry(view, INDEX_BYTES * row, { ...entry, offset: length });
      length += entry.length;
      const last = parts.at(-1);
      const follows =
        last !== undefined &&
        'range' in last &&
        last.segment === run.segment &&
        last.range.offset + last.range.length === entry.offset;
      if (follows) last.range.length += entry.length;
      else parts.push({ segment: run.segment, range: { offset: entry.offset, length: entry.length } });
    }
  }
  if (length === 0) return undefined;
  async function* pieces() {
    for (const part of parts) {
      if ('row' in part) yield await patch.items.get(part.row)!.thumbnail();
      else yield* reader.pieces(segments[part.segment].thumbnails!.images, part.range, signal);
    }
  }
  return {
    index: await addStream(list, 'thumbnail index', index.length, () => [index], TABLE_BLOCK),
    images: await addStream(list, 'thumbnails', length, pieces, undefined),
  };
}

function allWithout({ items }: GalleryPatch): boolean {
  for (const { thumbnailLength } of items.values()) if (thumbnailLength > 0) return false;
  return true;
}
