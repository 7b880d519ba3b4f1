/** @file A gallery cut into pieces that are named by what is in them, so that a copy can be kept and brought up to date. */
import { crc32 } from '../crc32.ts';
import { sha256, sha256Hex, toHex } from '../sha256.ts';
import { aligned } from './layout.ts';
import { asBytes } from './numbers.ts';
import type { GalleryState, Stored } from './state.ts';

/** What is kept in one piece: some seconds of a slow connection. */
const PIECE_BYTES = 2 ** 20;

/** Some bytes of the file, under checksums. */
export interface Piece {
  readonly offset: number;
  readonly length: number;
  /** The same for the same bytes, wherever they stand, and another for others. */
  readonly name: string;
  /** Whether these are its bytes. */
  holds(bytes: Uint8Array): boolean;
}

/** The pieces of all sections but the thumbnails, in the order of the file. What stands between them isn't read. */
export function piecesOf({ parts, segments }: GalleryState): Piece[] {
  const stored = new Set<Stored>(parts);
  for (const { codes, removed, ids, labels, metadata, thumbnails } of segments) {
    for (const column of [ids, labels, metadata]) {
      if (column === undefined) continue;
      if ('offsets' in column) stored.add(column.offsets).add(column.values);
      else stored.add('joined' in column ? column.joined : column);
    }
    for (const one of [codes, removed, thumbnails?.index]) if (one !== undefined) stored.add(one);
  }
  return [...stored].flatMap(cut).sort((a, b) => a.offset - b.offset);
}

/** Names the thumbnail of a row by what it is; undefined where the row's segment has none. */
export function thumbnailName({ segments }: GalleryState, row: number): string | undefined {
  const segment = segments.findLast(({ first }) => first <= row);
  const index = segment?.thumbnails?.index;
  if (segment === undefined || index === undefined) return undefined;
  // The index holds the checksums of the pictures, so its own say which they are.
  return `${nameOf(index)}-${row - segment.first}`;
}

function cut({ offset, length, check }: Stored): Piece[] {
  if (length === 0 || check === undefined) return [];
  if ('sha256' in check) {
    const name = toHex(check.sha256);
    return [{ offset, length: aligned(length), name, holds: (bytes) => sha256Hex(bytes) === name }];
  }
  const { blockBytes, checksums } = check;
  const blocks = Math.max(1, PIECE_BYTES / blockBytes);
  return Array.from({ length: Math.ceil(checksums.length / blocks) }, (_, i) => {
    const own = checksums.subarray(i * blocks, (i + 1) * blocks);
    const from = i * blocks * blockBytes;
    const bytesOfPiece = Math.min(own.length * blockBytes, length - from);
    return {
      offset: offset + from,
      length: bytesOfPiece,
      get name() {
        return digest(own, blockBytes, bytesOfPiece);
      },
      holds: (bytes) =>
        bytes.length === bytesOfPiece &&
        own.every((sum, block) => crc32(bytes.subarray(block * blockBytes, (block + 1) * blockBytes)) === sum),
    };
  });
}

function nameOf({ length, check }: Stored): string {
  if (check === undefined) return '';
  return 'sha256' in check ? toHex(check.sha256) : digest(check.checksums, check.blockBytes, length);
}

function digest(checksums: Uint32Array, blockBytes: number, length: number): string {
  const frame = new TextEncoder().encode(`${blockBytes} ${length}`);
  return toHex(sha256(frame, asBytes(checksums)));
}
