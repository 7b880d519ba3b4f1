/** @file Columns whose rows differ in length: ids that are strings, labels, metadata. */
import { FormatError } from '../errors.ts';
import { asUint32, asUint64 } from './numbers.ts';
import type { Ragged } from './state.ts';
import type { SectionReader } from './stored.ts';

/** A whole column. Row r has values `offsets[r]` to `offsets[r + 1] − 1`, each of `width` bytes. */
export interface RaggedColumn {
  /** [rows + 1] */
  readonly offsets: Uint32Array | Float64Array;
  readonly bytes: Uint8Array;
}

/** What a column is called in messages, how many rows it has, and how many bytes a value. */
export interface RaggedShape {
  readonly what: string;
  readonly rows: number;
  readonly width: number;
}

/**
 * A whole column, by a range or two.
 *
 * @throws FormatError `TRUNCATED`, `DAMAGED`, `BAD_CONTENT`
 */
export async function readRagged(
  reader: SectionReader,
  column: Ragged,
  shape: RaggedShape,
  signal?: AbortSignal,
): Promise<RaggedColumn> {
  if ('joined' in column) return split(await reader.whole(column.joined, signal), shape);
  const [packed, bytes] = await Promise.all([
    reader.whole(column.offsets, signal),
    reader.whole(column.values, signal),
  ]);
  const offsets = unpackOffsets(packed, shape.rows + 1);
  checkOffsets(offsets, bytes.length, shape);
  return { offsets, bytes };
}

/**
 * The bytes of some rows, in their order, by ranges.
 *
 * @param rows counted from the column's first
 * @throws FormatError `TRUNCATED`, `DAMAGED`, `BAD_CONTENT`
 */
export async function readRaggedRows(
  reader: SectionReader,
  column: Ragged,
  shape: RaggedShape,
  rows: readonly number[],
  signal?: AbortSignal,
): Promise<Uint8Array[]> {
  const { width } = shape;
  if ('joined' in column) {
    const whole = { offset: 0, length: column.joined.length };
    const [joined] = await reader.ranges(column.joined, [whole], { keep: true, signal });
    const { offsets, bytes } = split(joined, shape);
    return rows.map((row) => bytes.subarray(offsets[row] * width, offsets[row + 1] * width));
  }
  const size = column.offsets.length / (shape.rows + 1);
  const entries = rows.map((row) => ({ offset: row * size, length: 2 * size }));
  const pairs = await reader.ranges(column.offsets, entries, { keep: true, signal });
  const wanted = pairs.map((pair, i) => {
    const [from, to] = unpackOffsets(pair, 2);
    if (from > to || to * width > column.values.length) throw outside(shape, rows[i]);
    return { offset: from * width, length: (to - from) * width };
  });
  return reader.ranges(column.values, wanted, { signal });
}

/** A column of which the values are yet to be read. */
export interface OpenRagged {
  /** [rows + 1] */
  readonly offsets: Uint32Array | Float64Array;
  /** The bytes of rows `from` to `to` − 1, in pieces. */
  readonly pieces: (from: number, to: number) => AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/**
 * Reads the offsets of a column, to go through its values piece by piece.
 *
 * @throws FormatError `TRUNCATED`, `DAMAGED`, `BAD_CONTENT`
 */
export async function openRagged(
  reader: SectionReader,
  column: Ragged,
  shape: RaggedShape,
  signal?: AbortSignal,
): Promise<OpenRagged> {
  const { width } = shape;
  if ('joined' in column) {
    const { offsets, bytes } = split(await reader.whole(column.joined, signal), shape);
    return { offsets, pieces: (from, to) => [bytes.subarray(offsets[from] * width, offsets[to] * width)] };
  }
  const { values } = column;
  const offsets = unpackOffsets(await reader.whole(column.offsets, signal), shape.rows + 1);
  checkOffsets(offsets, values.length, shape);
  return {
    offsets,
    pieces: (from, to) =>
      reader.pieces(values, { offset: offsets[from] * width, length: (offsets[to] - offsets[from]) * width }, signal),
  };
}

/** Version 1: lengths as uint32, and the values behind them. */
function split(joined: Uint8Array, shape: RaggedShape): RaggedColumn {
  const lengths = asUint32(joined.subarray(0, 4 * shape.rows));
  const offsets = new Float64Array(shape.rows + 1);
  for (let row = 0; row < shape.rows; row++) offsets[row + 1] = offsets[row] + lengths[row];
  const bytes = joined.subarray(4 * shape.rows);
  if (offsets[shape.rows] * shape.width !== bytes.length) throw outside(shape, shape.rows);
  return { offsets, bytes };
}

/** Offsets as uint32 or as uint64, which the number of bytes tells. */
function unpackOffsets(bytes: Uint8Array, count: number): Uint32Array | Float64Array {
  return bytes.length === 4 * count ? asUint32(bytes) : Float64Array.from(asUint64(bytes), Number);
}

/** @throws FormatError `BAD_CONTENT` unless offsets ascend from 0 to the end */
function checkOffsets(offsets: Uint32Array | Float64Array, bytes: number, shape: RaggedShape): void {
  if (offsets[0] !== 0 || offsets[shape.rows] * shape.width !== bytes) throw outside(shape, shape.rows);
  for (let row = 0; row < shape.rows; row++) if (offsets[row] > offsets[row + 1]) throw outside(shape, row);
}

function outside({ what }: RaggedShape, row: number): FormatError {
  return new FormatError('BAD_CONTENT', `The ${what} of the gallery don't fit their section (row ${row}).`);
}
