/** @file Several segments as one: to compact a gallery, and to keep a tail of many small appends readable. */
import { FormatError } from '../errors.ts';
import { readIds, shapeOf } from './columns.ts';
import type { Columns } from './content.ts';
import { ARRAY_BLOCK, INDEX_BYTES, TABLE_BLOCK } from './layout.ts';
import type { IdKind } from './meta.ts';
import { asBytes } from './numbers.ts';
import { type OpenRagged, openRagged } from './ragged.ts';
import { addIds, addStream, packOffsets, type SectionList } from './sections.ts';
import { isNumbers, type Ragged, type Segment } from './state.ts';
import type { Range, SectionReader } from './stored.ts';
import { packEntry, unpackEntry } from './thumbnails.ts';

/** What to merge, and how. */
export interface MergeOptions {
  readonly reader: SectionReader;
  /** One behind the other. */
  readonly segments: readonly Segment[];
  readonly idKind: IdKind;
  /** Whether the codes go with them: not into a base, whose codes are its image's. */
  readonly codes: boolean;
  /** For the new segment's list, ascending. */
  readonly removed: Uint32Array;
  /** Rows of which nothing is kept. */
  readonly gone: ReadonlySet<number>;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Adds the content of some segments as one. Texts and thumbnails pass through in pieces; what is held is their tables, 8 to
 * 16 bytes a row each.
 *
 * @throws FormatError `TRUNCATED`, `DAMAGED`, `BAD_CONTENT`
 */
export async function addMerged(list: SectionList, o: MergeOptions): Promise<Segment> {
  const { reader, segments, removed, signal } = o;
  const first = segments[0].first;
  const rows = segments.reduce((sum, segment) => sum + segment.rows, 0);
  const codes = segments.flatMap((segment) => (o.codes && segment.codes ? [segment.codes] : []));
  const inTurn = async function* () {
    for (const stored of codes) yield* reader.pieces(stored, undefined, signal);
  };
  const length = codes.reduce((sum, stored) => sum + stored.length, 0);
  return {
    first,
    rows,
    codes: o.codes ? await addStream(list, 'codes', length, inTurn, ARRAY_BLOCK) : undefined,
    removed:
      removed.length > 0
        ? await addStream(list, 'removed rows', 4 * removed.length, () => [asBytes(removed)], ARRAY_BLOCK)
        : undefined,
    ids: o.idKind === 'string' ? await addColumn(list, o, 'ids') : await addNumbers(list, o, first, rows),
    labels: await addColumn(list, o, 'labels'),
    metadata: await addColumn(list, o, 'metadata'),
    thumbnails: await addThumbnails(list, o, rows),
  };
}

async function addNumbers(list: SectionList, o: MergeOptions, first: number, rows: number): Promise<Segment['ids']> {
  if (o.segments.every((segment) => segment.ids === undefined)) return undefined;
  const ids = o.idKind === 'u32' ? new Uint32Array(rows) : new BigUint64Array(rows);
  for (const segment of o.segments) {
    ids.set((await readIds(o.reader, segment, o.idKind, o.signal)) as never, segment.first - first);
  }
  const gone = new Set([...o.gone].map((row) => row - first));
  return addIds(list, first, { ids, count: rows } as Columns, gone);
}

/** Ids that are texts, labels or metadata. */
async function addColumn(
  list: SectionList,
  o: MergeOptions,
  what: 'ids' | 'labels' | 'metadata',
): Promise<Ragged | undefined> {
  const columns: (OpenRagged | undefined)[] = [];
  for (const segment of o.segments) {
    const column = segment[what];
    if (column !== undefined && isNumbers(column)) throw new Error('numbers are no texts');
    columns.push(column && (await openRagged(o.reader, column, shapeOf(what, segment.rows), o.signal)));
  }
  if (columns.every((column) => column === undefined)) return undefined;
  const rows = o.segments.reduce((sum, segment) => sum + segment.rows, 0);
  const offsets = new Float64Array(rows + 1);
  let at = 0;
  for (const [i, segment] of o.segments.entries()) {
    const from = columns[i]?.offsets;
    for (let row = 0; row < segment.rows; row++, at++) {
      const isKept = from !== undefined && !o.gone.has(segment.first + row);
      offsets[at + 1] = offsets[at] + (isKept ? from[row + 1] - from[row] : 0);
    }
  }
  async function* pieces() {
    for (const [i, segment] of o.segments.entries()) {
      const column = columns[i];
      if (column === undefined) continue;
      for (const [from, to] of keptRuns(segment, o.gone)) yield* column.pieces(from, to);
    }
  }
  const { width } = shapeOf(what, rows);
  const packed = packOffsets(offsets);
  return {
    offsets: await addStream(list, `${what} offsets`, packed.length, () => [packed], TABLE_BLOCK),
    values: await addStream(list, what, offsets[rows] * width, pieces, TABLE_BLOCK),
  };
}

async function addThumbnails(list: SectionList, o: MergeOptions, rows: number): Promise<Segment['thumbnails']> {
  const index = new Uint8Array(INDEX_BYTES * rows);
  const view = new DataView(index.buffer);
  const runs: { segment: Segment; range: { offset: number; length: number } }[] = [];
  let length = 0;
  let at = 0;
  for (const segment of o.segments) {
    const old = segment.thumbnails && (await o.reader.whole(segment.thumbnails.index, o.signal));
    for (let row = 0; row < segment.rows; row++, at += INDEX_BYTES) {
      if (old === undefined || o.gone.has(segment.first + row)) continue;
      const entry = unpackEntry(old.subarray(INDEX_BYTES * row, INDEX_BYTES * (row + 1)));
      if (entry.length === 0) continue;
      if (entry.offset + entry.length > segment.thumbnails!.images.length) {
        throw new FormatError('BAD_CONTENT', `The thumbnail of row ${segment.first + row} doesn't fit its section.`);
      }
      packEntry(view, at, { ...entry, offset: length });
      length += entry.length;
      const last = runs.at(-1);
      if (last?.segment === segment && last.range.offset + last.range.length === entry.offset) {
        last.range.length += entry.length;
      } else {
        runs.push({ segment, range: { offset: entry.offset, length: entry.length } });
      }
    }
  }
  if (length === 0) return undefined;
  async function* pieces() {
    for (const { segment, range } of runs) {
      yield* o.reader.pieces(segment.thumbnails!.images, range satisfies Range, o.signal);
    }
  }
  return {
    index: await addStream(list, 'thumbnail index', index.length, () => [index], TABLE_BLOCK),
    images: await addStream(list, 'thumbnails', length, pieces, undefined),
  };
}

/** Runs of a segment's rows that are kept, counted from its first: [from, to). */
function* keptRuns({ first, rows }: Segment, gone: ReadonlySet<number>): Generator<[number, number]> {
  let from = 0;
  for (let row = 0; row <= rows; row++) {
    if (row < rows && !gone.has(first + row)) continue;
    if (row > from) yield [from, row];
    from = row + 1;
  }
}
