/** @file Items and an image as sections of a file: their bytes, where they stand, their checksums. */
import { crc32 } from '../crc32.ts';
import type { Columns } from './content.ts';
import { ARRAY_BLOCK, aligned, blockBytes, INDEX_BYTES, TABLE_BLOCK } from './layout.ts';
import type { IndexImage } from './meta.ts';
import { asBytes } from './numbers.ts';
import type { Ragged, Segment, Stored } from './state.ts';
import { packEntry } from './thumbnails.ts';

/** Bytes of one piece of text that is gathered. */
const PIECE_BYTES = 2 ** 20;

/** A section and its bytes, which are gone over twice: for the checksums and for the file. */
export interface Planned {
  readonly stored: Stored;
  readonly pieces: () => Iterable<Uint8Array>;
}

/** Sections one behind the other, each at a multiple of 64. */
export class SectionList {
  readonly planned: (Planned & { stored: { offset: number } })[] = [];
  #end: number;

  /** @param start where the first section stands; it may be moved by `shift` */
  constructor(start = 0) {
    this.#end = aligned(start);
  }

  /** Behind the last section and its padding. */
  get end(): number {
    return this.#end;
  }

  /**
   * Adds a section.
   *
   * @param least smallest block that a checksum covers; undefined for none
   */
  add(name: string, pieces: () => Iterable<Uint8Array>, least: number | undefined): Stored {
    let length = 0;
    for (const piece of pieces()) length += piece.length;
    const block = least && blockBytes(length, least);
    const check = block ? { blockBytes: block, checksums: checksums(pieces(), block, length) } : undefined;
    const stored = { name, offset: this.#end, length, check };
    this.planned.push({ stored, pieces });
    this.#end += aligned(length);
    return stored;
  }

  /** Moves all sections. */
  shift(by: number): void {
    for (const { stored } of this.planned) stored.offset += by;
    this.#end += by;
  }
}

/** The parts of an image. */
export function addImage(list: SectionList, image: IndexImage): Stored[] {
  return image.parts.map(({ name, bytes }) => list.add(name, () => [bytes], ARRAY_BLOCK));
}

/**
 * A segment of items that have been checked.
 *
 * @param o.codes [count, M] row-major, of an append
 * @param o.removed rows that are gone, ascending; of a base they have no content
 */
export function addSegment(
  list: SectionList,
  first: number,
  columns: Columns,
  o: { codes?: Uint8Array | undefined; removed: Uint32Array },
): Segment {
  const { count } = columns;
  const gone = new Set(first === 0 ? o.removed : []);
  const of =
    <T>(read: (row: number) => T) =>
    (row: number) =>
      gone.has(row) ? undefined : read(row);
  const { codes, removed } = o;
  const segment = {
    first,
    rows: count,
    codes: codes && list.add('codes', () => [codes], ARRAY_BLOCK),
    removed: removed.length > 0 ? list.add('removed rows', () => [asBytes(removed)], ARRAY_BLOCK) : undefined,
    ids: addIds(list, first, columns, gone),
    labels: addLabels(list, count, of(columns.labels)),
    metadata: addTexts(
      list,
      'metadata',
      count,
      of((row) => json(columns.metadata(row))),
    ),
  };
  return { ...segment, thumbnails: addThumbnails(list, count, of(columns.thumbnail)) };
}

function json(value: unknown): string | undefined {
  return value === undefined ? undefined : JSON.stringify(value);
}

function addIds(list: SectionList, first: number, { ids, count }: Columns, gone: ReadonlySet<number>): Segment['ids'] {
  if (ids === undefined) return undefined;
  if (ids instanceof Uint32Array || ids instanceof BigUint64Array) {
    const isRows = ids instanceof Uint32Array && ids.every((id, row) => gone.has(row) || id === first + row);
    return isRows ? undefined : list.add('ids', () => [asBytes(ids)], TABLE_BLOCK);
  }
  const column = addTexts(list, 'ids', count, (row) => (gone.has(row) ? undefined : ids[row]));
  return column ?? addRagged(list, 'ids', new Float64Array(count + 1), () => []);
}

/** Texts of rows, or nothing where no row has one. */
function addTexts(
  list: SectionList,
  name: string,
  count: number,
  textOf: (row: number) => string | undefined,
): Ragged | undefined {
  const encoder = new TextEncoder();
  const offsets = new Float64Array(count + 1);
  const pieces: Uint8Array[] = [];
  let piece = new Uint8Array(0);
  let filled = 0;
  for (let row = 0; row < count; row++) {
    const text = textOf(row) ?? '';
    // UTF-8 has at most three bytes for a unit of UTF-16.
    if (piece.length - filled < 3 * text.length) {
      pieces.push(piece.subarray(0, filled));
      piece = new Uint8Array(Math.max(PIECE_BYTES, 3 * text.length));
      filled = 0;
    }
    const { written } = encoder.encodeInto(text, piece.subarray(filled));
    filled += written;
    offsets[row + 1] = offsets[row] + written;
  }
  pieces.push(piece.slice(0, filled));
  return offsets[count] === 0 ? undefined : addRagged(list, name, offsets, () => pieces);
}

function addLabels(
  list: SectionList,
  count: number,
  labelsOf: (row: number) => ArrayLike<number> | undefined,
): Ragged | undefined {
  const offsets = new Float64Array(count + 1);
  for (let row = 0; row < count; row++) offsets[row + 1] = offsets[row] + (labelsOf(row)?.length ?? 0);
  if (offsets[count] === 0) return undefined;
  const values = new Uint32Array(offsets[count]);
  for (let row = 0; row < count; row++) values.set(labelsOf(row) ?? [], offsets[row]);
  return addRagged(list, 'labels', offsets, () => [asBytes(values)]);
}

function addRagged(list: SectionList, name: string, offsets: Float64Array, pieces: () => Iterable<Uint8Array>): Ragged {
  const isShort = offsets[offsets.length - 1] < 2 ** 32;
  const packed = asBytes(isShort ? Uint32Array.from(offsets) : BigUint64Array.from(offsets, BigInt));
  return {
    offsets: list.add(`${name} offsets`, () => [packed], TABLE_BLOCK),
    values: list.add(name, pieces, TABLE_BLOCK),
  };
}

/** The index of thumbnails and the thumbnails; nothing where no item has one. */
function addThumbnails(
  list: SectionList,
  count: number,
  thumbnailOf: (row: number) => Uint8Array | undefined,
): Segment['thumbnails'] {
  const index = new Uint8Array(INDEX_BYTES * count);
  const view = new DataView(index.buffer);
  let length = 0;
  for (let row = 0; row < count; row++) {
    const thumbnail = thumbnailOf(row);
    if (thumbnail === undefined) continue;
    packEntry(view, INDEX_BYTES * row, { offset: length, length: thumbnail.length, crc: crc32(thumbnail) });
    length += thumbnail.length;
  }
  if (length === 0) return undefined;
  function* pieces() {
    for (let row = 0; row < count; row++) {
      const thumbnail = thumbnailOf(row);
      if (thumbnail !== undefined) yield thumbnail;
    }
  }
  return {
    index: list.add('thumbnail index', () => [index], TABLE_BLOCK),
    images: list.add('thumbnails', pieces, undefined),
  };
}

/** The CRC-32 of each block. */
function checksums(pieces: Iterable<Uint8Array>, block: number, length: number): Uint32Array {
  const sums = new Uint32Array(Math.ceil(length / block));
  let at = 0;
  for (const piece of pieces) {
    for (let from = 0; from < piece.length; ) {
      const number = Math.floor(at / block);
      const part = piece.subarray(from, from + (number + 1) * block - at);
      sums[number] = crc32(part, sums[number]);
      from += part.length;
      at += part.length;
    }
  }
  return sums;
}
