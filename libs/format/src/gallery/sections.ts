/** @file Items and an image as sections of a file: their bytes, where they stand, their checksums. */
import { crc32 } from '../crc32.ts';
import type { Columns } from './content.ts';
import { ARRAY_BLOCK, aligned, blockBytes, INDEX_BYTES, TABLE_BLOCK } from './layout.ts';
import type { IndexImage } from './meta.ts';
import { asBytes } from './numbers.ts';
import type { BlockCheck, Ragged, Segment, Stored } from './state.ts';
import { packEntry } from './thumbnails.ts';

/** Bytes of one piece of text that is gathered. */
const PIECE_BYTES = 2 ** 20;

/** The bytes of a section, piece by piece. */
export type Pieces = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** A section and its bytes, which are gone over twice: for the checksums and for the file. */
export interface Planned<P extends Pieces = Pieces> {
  readonly stored: Stored;
  readonly pieces: () => P;
}

/** Sections one behind the other, each at a multiple of 64. */
export class SectionList<P extends Pieces = Pieces> {
  readonly planned: (Planned<P> & { stored: { offset: number } })[] = [];
  #end: number;

  /** @param start where the first section stands; it may be moved by `shift` */
  constructor(start: number) {
    this.#end = aligned(start);
  }

  /** Behind the last section and its padding. */
  get end(): number {
    return this.#end;
  }

  /** Puts a section behind the others. */
  place(name: string, length: number, check: BlockCheck | undefined, pieces: () => P): Stored {
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

/**
 * Adds bytes that are at hand.
 *
 * @param least smallest block that a checksum covers; undefined for no checksums
 */
function add(list: SectionList, name: string, pieces: () => Iterable<Uint8Array>, least: number | undefined): Stored {
  let length = 0;
  for (const piece of pieces()) length += piece.length;
  if (least === undefined) return list.place(name, length, undefined, pieces);
  const sums = new BlockSums(length, least);
  for (const piece of pieces()) sums.add(piece);
  return list.place(name, length, sums, pieces);
}

/**
 * Adds bytes that have to be fetched.
 *
 * @param length all of them
 * @param least as above
 */
export async function addStream(
  list: SectionList,
  name: string,
  length: number,
  pieces: () => Pieces,
  least: number | undefined,
): Promise<Stored> {
  if (least === undefined) return list.place(name, length, undefined, pieces);
  const sums = new BlockSums(length, least);
  for await (const piece of pieces()) sums.add(piece);
  return list.place(name, length, sums, pieces);
}

/** The CRC-32 of each block of bytes that come in pieces. */
class BlockSums implements BlockCheck {
  readonly blockBytes: number;
  readonly checksums: Uint32Array;
  #at = 0;

  constructor(length: number, least: number) {
    this.blockBytes = blockBytes(length, least);
    this.checksums = new Uint32Array(Math.ceil(length / this.blockBytes));
  }

  add(piece: Uint8Array): void {
    for (let from = 0; from < piece.length; ) {
      const block = Math.floor(this.#at / this.blockBytes);
      const part = piece.subarray(from, from + (block + 1) * this.blockBytes - this.#at);
      this.checksums[block] = crc32(part, this.checksums[block]);
      from += part.length;
      this.#at += part.length;
    }
  }
}

/** The parts of an image. */
export function addImage(list: SectionList, image: IndexImage): Stored[] {
  return image.parts.map(({ name, bytes }) => add(list, name, () => [bytes], ARRAY_BLOCK));
}

/**
 * A segment of items that have been checked.
 *
 * @param o.codes [count, M] row-major, of an append
 * @param o.removed rows that are gone, ascending
 * @param o.gone rows of which nothing is kept
 */
export function addSegment(
  list: SectionList,
  first: number,
  columns: Columns,
  o: { codes?: Uint8Array | undefined; removed: Uint32Array; gone?: ReadonlySet<number> },
): Segment {
  const { count, metadata } = columns;
  const gone: ReadonlySet<number> = o.gone ?? new Set();
  const of = <T>(read: ((row: number) => T) | undefined) =>
    gone.size === 0 || read === undefined ? read : (row: number) => (gone.has(row) ? undefined : read(row));
  const { codes, removed } = o;
  const segment = {
    first,
    rows: count,
    codes: codes && add(list, 'codes', () => [codes], ARRAY_BLOCK),
    removed: removed.length > 0 ? add(list, 'removed rows', () => [asBytes(removed)], ARRAY_BLOCK) : undefined,
    ids: addIds(list, first, columns, gone),
    labels: addLabels(list, count, of(columns.labels)),
    metadata: addTexts(list, 'metadata', count, of(metadata && ((row) => json(metadata(row))))),
  };
  return { ...segment, thumbnails: addThumbnails(list, count, of(columns.thumbnail)) };
}

function json(value: unknown): string | undefined {
  return value === undefined ? undefined : JSON.stringify(value);
}

/** Ids that are numbers in an array, or texts. */
export function addIds(
  list: SectionList,
  first: number,
  { ids, count }: Columns,
  gone: ReadonlySet<number>,
): Segment['ids'] {
  if (ids === undefined) return undefined;
  if (ids instanceof Uint32Array || ids instanceof BigUint64Array) {
    const isRows = ids instanceof Uint32Array && ids.every((id, row) => gone.has(row) || id === first + row);
    return isRows ? undefined : add(list, 'ids', () => [asBytes(ids)], TABLE_BLOCK);
  }
  const column = addTexts(list, 'ids', count, (row) => (gone.has(row) ? undefined : ids[row]));
  return column ?? addRagged(list, 'ids', new Float64Array(count + 1), () => []);
}

/** Texts of rows, or nothing where no row has one. */
function addTexts(
  list: SectionList,
  name: string,
  count: number,
  textOf: ((row: number) => string | undefined) | undefined,
): Ragged | undefined {
  if (textOf === undefined) return undefined;
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
  labelsOf: ((row: number) => ArrayLike<number> | undefined) | undefined,
): Ragged | undefined {
  if (labelsOf === undefined) return undefined;
  const offsets = new Float64Array(count + 1);
  for (let row = 0; row < count; row++) offsets[row + 1] = offsets[row] + (labelsOf(row)?.length ?? 0);
  if (offsets[count] === 0) return undefined;
  const values = new Uint32Array(offsets[count]);
  for (let row = 0; row < count; row++) values.set(labelsOf(row) ?? [], offsets[row]);
  return addRagged(list, 'labels', offsets, () => [asBytes(values)]);
}

/** Offsets as uint32, or as uint64 where one needs it. */
export function packOffsets(offsets: Float64Array): Uint8Array {
  const isShort = offsets[offsets.length - 1] < 2 ** 32;
  return asBytes(isShort ? Uint32Array.from(offsets) : BigUint64Array.from(offsets, BigInt));
}

function addRagged(list: SectionList, name: string, offsets: Float64Array, pieces: () => Iterable<Uint8Array>): Ragged {
  const packed = packOffsets(offsets);
  return {
    offsets: add(list, `${name} offsets`, () => [packed], TABLE_BLOCK),
    values: add(list, name, pieces, TABLE_BLOCK),
  };
}

/** The index of thumbnails and the thumbnails; nothing where no item has one. */
function addThumbnails(
  list: SectionList,
  count: number,
  thumbnailOf: ((row: number) => Uint8Array | undefined) | undefined,
): Segment['thumbnails'] {
  if (thumbnailOf === undefined) return undefined;
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
  function* pieces(read = thumbnailOf!) {
    for (let row = 0; row < count; row++) {
      const thumbnail = read(row);
      if (thumbnail !== undefined) yield thumbnail;
    }
  }
  return {
    index: add(list, 'thumbnail index', () => [index], TABLE_BLOCK),
    images: add(list, 'thumbnails', () => pieces(), undefined),
  };
}
