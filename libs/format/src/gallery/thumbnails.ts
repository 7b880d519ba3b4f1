/** @file Thumbnails: an index of where they are, and each checked by its own CRC-32. */
import { crc32 } from '../crc32.ts';
import { FormatError } from '../errors.ts';
import { readRange } from '../source.ts';
import { INDEX_BYTES } from './layout.ts';
import { planReads } from './plan.ts';
import type { Segment } from './state.ts';
import type { SectionReader } from './stored.ts';

/** Where a thumbnail is in its section. */
export interface ThumbnailEntry {
  readonly offset: number;
  /** Bytes; 0: the item has none. */
  readonly length: number;
  readonly crc: number;
}

/**
 * The thumbnails of some of a segment's rows; those that stand close together are read by one range.
 *
 * @param rows counted from the segment's first
 * @throws FormatError `TRUNCATED`, `DAMAGED`, `BAD_CONTENT`
 */
export async function readThumbnails(
  reader: SectionReader,
  { thumbnails, first }: Segment,
  rows: readonly number[],
  signal?: AbortSignal,
): Promise<(Uint8Array | null)[]> {
  const found: (Uint8Array | null)[] = rows.map(() => null);
  if (thumbnails === undefined) return found;
  const places = rows.map((row) => ({ offset: row * INDEX_BYTES, length: INDEX_BYTES }));
  const packed = await reader.ranges(thumbnails.index, places, { keep: true, signal });
  const { offset: start, length: size, name } = thumbnails.images;
  const wanted = packed.map((bytes, i) => {
    const entry = unpackEntry(bytes);
    if (entry.offset + entry.length <= size) return entry;
    throw new FormatError('BAD_CONTENT', `The thumbnail of row ${first + rows[i]} doesn't fit its section.`);
  });
  await Promise.all(
    planReads(wanted).map(async ({ offset, length, members }) => {
      const bytes = await reader.inTurn(() =>
        readRange(reader.source, start + offset, length, `Section ${name}`, signal),
      );
      for (const i of members) {
        const from = wanted[i].offset - offset;
        // A copy: a picture that is kept shouldn't keep its neighbours.
        const thumbnail = bytes.slice(from, from + wanted[i].length);
        if (reader.verify && crc32(thumbnail) !== wanted[i].crc) {
          throw new FormatError(
            'DAMAGED',
            `The thumbnail of row ${first + rows[i]} is damaged. Copy the gallery again.`,
          );
        }
        found[i] = thumbnail;
      }
    }),
  );
  return found;
}

/** One entry of the index: uint64 offset, uint32 length, uint32 CRC-32. */
export function unpackEntry(bytes: Uint8Array): ThumbnailEntry {
  const view = new DataView(bytes.buffer, bytes.byteOffset, INDEX_BYTES);
  return { offset: Number(view.getBigUint64(0, true)), length: view.getUint32(8, true), crc: view.getUint32(12, true) };
}

/** The bytes of an entry, written at `at`. */
export function packEntry(view: DataView, at: number, { offset, length, crc }: ThumbnailEntry): void {
  view.setBigUint64(at, BigInt(offset), true);
  view.setUint32(at + 8, length, true);
  view.setUint32(at + 12, crc, true);
}
