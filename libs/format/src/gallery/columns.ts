/** @file What a gallery knows of its items: ids, labels, metadata. Whole, or of some rows by ranges. */
import { FormatError } from '../errors.ts';
import type { IdKind, ItemId, ItemMetadata, LabelTable } from './meta.ts';
import { asUint32, asUint64 } from './numbers.ts';
import { type RaggedShape, readRagged, readRaggedRows } from './ragged.ts';
import { isNumbers, type Segment } from './state.ts';
import type { SectionReader } from './stored.ts';

/** Ids of many rows. */
export type Ids = readonly string[] | Uint32Array | BigUint64Array;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The ids of a segment's rows.
 *
 * @throws FormatError `TRUNCATED`, `DAMAGED`, `BAD_CONTENT`
 */
export async function readIds(
  reader: SectionReader,
  { ids, rows, first }: Segment,
  kind: IdKind,
  signal?: AbortSignal,
): Promise<Ids> {
  if (ids === undefined) return Uint32Array.from({ length: rows }, (_, row) => first + row);
  if (isNumbers(ids)) {
    const bytes = await reader.whole(ids, signal);
    return kind === 'u32' ? asUint32(bytes) : asUint64(bytes);
  }
  const { offsets, bytes } = await readRagged(reader, ids, shapeOf('ids', rows), signal);
  return Array.from({ length: rows }, (_, row) => decode(bytes.subarray(offsets[row], offsets[row + 1]), first + row));
}

/**
 * The ids of some of a segment's rows, by ranges.
 *
 * @param rows counted from the segment's first
 */
export async function readIdsOf(
  reader: SectionReader,
  { ids, rows: count, first }: Segment,
  kind: IdKind,
  rows: readonly number[],
  signal?: AbortSignal,
): Promise<ItemId[]> {
  if (ids === undefined) return rows.map((row) => first + row);
  if (isNumbers(ids)) {
    const size = kind === 'u32' ? 4 : 8;
    const wanted = rows.map((row) => ({ offset: row * size, length: size }));
    const found = await reader.ranges(ids, wanted, { keep: true, signal });
    return found.map((bytes) => (kind === 'u32' ? asUint32(bytes)[0] : asUint64(bytes)[0]));
  }
  const texts = await readRaggedRows(reader, ids, shapeOf('ids', count), rows, signal);
  return texts.map((bytes, i) => decode(bytes, first + rows[i]));
}

/**
 * The labels of all segments' rows in two arrays.
 *
 * @throws FormatError `TRUNCATED`, `DAMAGED`, `BAD_CONTENT`
 */
export async function readLabels(
  reader: SectionReader,
  segments: readonly Segment[],
  classes: number,
  signal?: AbortSignal,
): Promise<LabelTable> {
  const columns = await Promise.all(
    segments.map((segment) => {
      if (segment.labels === undefined) return undefined;
      return readRagged(reader, segment.labels, shapeOf('labels', segment.rows), signal);
    }),
  );
  const rows = segments.reduce((sum, segment) => sum + segment.rows, 0);
  const total = columns.reduce((sum, column) => sum + (column?.bytes.length ?? 0) / 4, 0);
  const offsets = new Uint32Array(rows + 1);
  const values = new Uint32Array(total);
  let at = 0;
  for (const [i, { first, rows: count }] of segments.entries()) {
    const column = columns[i];
    if (column === undefined) {
      offsets.fill(at, first + 1, first + count + 1);
      continue;
    }
    values.set(asUint32(column.bytes), at);
    for (let row = 1; row <= count; row++) offsets[first + row] = at + column.offsets[row];
    at = offsets[first + count];
  }
  let wrong = 0;
  while (wrong < total && values[wrong] < classes) wrong++;
  if (wrong < total) {
    const row = offsets.findIndex((offset) => offset > wrong) - 1;
    throw new FormatError('BAD_CONTENT', `Row ${row} has label ${values[wrong]} of ${classes} classes.`);
  }
  return { offsets, values };
}

/**
 * The labels of some of a segment's rows, by ranges.
 *
 * @param rows counted from the segment's first
 */
export async function readLabelsOf(
  reader: SectionReader,
  { labels, rows: count }: Segment,
  rows: readonly number[],
  signal?: AbortSignal,
): Promise<number[][]> {
  if (labels === undefined) return rows.map(() => []);
  const found = await readRaggedRows(reader, labels, shapeOf('labels', count), rows, signal);
  return found.map((bytes) => [...asUint32(bytes)]);
}

/**
 * The metadata of some of a segment's rows, by ranges; undefined for an item without.
 *
 * @param rows counted from the segment's first
 */
export async function readMetadataOf(
  reader: SectionReader,
  { metadata, rows: count, first }: Segment,
  rows: readonly number[],
  signal?: AbortSignal,
): Promise<(ItemMetadata | undefined)[]> {
  if (metadata === undefined) return rows.map(() => undefined);
  const found = await readRaggedRows(reader, metadata, shapeOf('metadata', count), rows, signal);
  return found.map((bytes, i) => (bytes.length === 0 ? undefined : parse(bytes, first + rows[i])));
}

function parse(bytes: Uint8Array, row: number): ItemMetadata {
  try {
    const value: unknown = JSON.parse(decoder.decode(bytes));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as ItemMetadata;
  } catch (cause) {
    throw new FormatError('BAD_CONTENT', `The metadata of row ${row} aren't JSON.`, { cause });
  }
  throw new FormatError('BAD_CONTENT', `The metadata of row ${row} are no object.`);
}

/** The text of an id. @throws FormatError `BAD_CONTENT` unless it is UTF-8 */
export function decode(bytes: Uint8Array, row: number): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new FormatError('BAD_CONTENT', `The id of row ${row} isn't UTF-8.`, { cause });
  }
}

/** What a column is called, and how large a value of it is. */
export function shapeOf(what: 'ids' | 'labels' | 'metadata', rows: number): RaggedShape {
  return { what, rows, width: what === 'labels' ? 4 : 1 };
}
