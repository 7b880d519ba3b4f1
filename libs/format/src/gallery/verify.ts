/** @file The check of a whole gallery: every section, and whether what it says can be. */
import { FormatError } from '../errors.ts';
import type { ByteSource } from '../source.ts';
import { checkCodes, joinRemoved } from './codes.ts';
import { readIds, readLabels, readMetadataOf } from './columns.ts';
import type { ItemId } from './meta.ts';
import { asUint32 } from './numbers.ts';
import type { GalleryState, Stored } from './state.ts';
import { SectionReader } from './stored.ts';
import { readThumbnails } from './thumbnails.ts';

/** Rows looked at in one turn. */
const ROWS_A_TURN = 4096;

/**
 * Reads everything once.
 *
 * @throws FormatError `TRUNCATED`, `DAMAGED`, `BAD_CONTENT`, `DUPLICATE_ID`
 */
export async function verifyAll(source: ByteSource, state: GalleryState, signal?: AbortSignal): Promise<void> {
  const reader = new SectionReader(source, true);
  const { meta, parts, segments } = state;
  const codes = segments.map((segment) => segment.codes);
  if (meta.index.kind === 'flat') codes.push(parts.find((part) => part.name === 'codes'));
  for (const stored of new Set([...parts, ...codes])) {
    if (stored === undefined) continue;
    const areCodes = codes.includes(stored);
    for await (const piece of reader.pieces(stored, undefined, signal)) if (areCodes) checkCodes(piece, meta);
  }
  const removed = await Promise.all(
    segments.map((segment) => segment.removed && reader.whole(segment.removed, signal)),
  );
  await checkIds(reader, state, joinRemoved(removed, segments), signal);
  await readLabels(reader, segments, meta.classes.length, signal);
  for (const segment of segments) {
    const { thumbnails, metadata } = segment;
    // Of version 1 the whole section has a checksum, which covers the padding, too.
    if (thumbnails?.images.check !== undefined) await reader.whole(thumbnails.images, signal);
    for (let row = 0; row < segment.rows; row += ROWS_A_TURN) {
      const rows = Array.from({ length: Math.min(ROWS_A_TURN, segment.rows - row) }, (_, i) => row + i);
      if (thumbnails !== undefined) await readThumbnails(reader, segment, rows, signal);
      if (metadata !== undefined) await readMetadataOf(reader, segment, rows, signal);
    }
  }
  await checkFlatRows(reader, state, removed[0], signal);
}

/** Every item has an id, and none has another's. */
async function checkIds(
  reader: SectionReader,
  { meta, segments }: GalleryState,
  removed: Uint32Array,
  signal?: AbortSignal,
): Promise<void> {
  const gone = new Set(removed);
  const seen = new Set<ItemId>();
  for (const segment of segments) {
    const ids = await readIds(reader, segment, meta.idKind, signal);
    for (let i = 0; i < ids.length; i++) {
      if (gone.has(segment.first + i)) continue;
      const size = seen.size;
      if (ids[i] === '') throw new FormatError('BAD_CONTENT', `The id of row ${segment.first + i} is empty.`);
      if (seen.add(ids[i]).size > size) continue;
      throw new FormatError('DUPLICATE_ID', `The id ${JSON.stringify(String(ids[i]))} occurs twice. Index it again.`);
    }
  }
}

/** A flat image names each row that isn't gone once; without names it is of the first rows. */
async function checkFlatRows(
  reader: SectionReader,
  { meta, parts, segments }: GalleryState,
  removed: Uint8Array | undefined,
  signal?: AbortSignal,
): Promise<void> {
  if (meta.index.kind !== 'flat') return;
  const [base] = segments;
  const partOf = (name: string): Stored | undefined => parts.find((part) => part.name === name);
  const names = partOf('ids');
  const count = (partOf('codes')?.length ?? 0) / meta.M;
  const order = names ? asUint32(await reader.whole(names, signal)) : Uint32Array.from({ length: count }, (_, i) => i);
  const seen = new Uint8Array(base.rows);
  for (const row of removed ? asUint32(removed) : []) seen[row] = 1;
  for (const row of order) {
    if (seen[row] !== 0) throw misplaced(row);
    seen[row] = 1;
  }
  const missing = seen.indexOf(0);
  if (missing >= 0) throw misplaced(missing);
}

function misplaced(row: number): FormatError {
  return new FormatError('BAD_CONTENT', `The flat image doesn't fit its rows (row ${row}). Index it again.`);
}
