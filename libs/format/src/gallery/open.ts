/** @file Finds out what a gallery holds: everything but the items, by one range or two. */
import { FormatError } from '../errors.ts';
import { sameBytes, sha256, toHex } from '../sha256.ts';
import { type ByteSource, readRange } from '../source.ts';
import { decodeDirectory } from './directory.ts';
import { FIRST_READ, MAGIC, SCHEMA_VERSION } from './layout.ts';
import type { GalleryState } from './state.ts';
import { readSuperblock } from './superblock.ts';

/**
 * Reads and checks what a gallery says of itself, of any schema version.
 *
 * @throws FormatError `NOT_A_GALLERY`, `TRUNCATED`, `DAMAGED`, `NEWER_SCHEMA`, `BAD_CONTENT`
 */
export async function readState(source: ByteSource, signal?: AbortSignal): Promise<GalleryState> {
  const first = await readRange(source, 0, Math.min(source.size, FIRST_READ), 'The header', signal);
  if (!sameBytes(first.subarray(0, MAGIC.length), MAGIC.subarray(0, first.length))) {
    throw new FormatError(
      'NOT_A_GALLERY',
      "The bytes don't begin as a gallery does. Is it another file, or a web page?",
    );
  }
  if (first.length < 12) {
    throw new FormatError('TRUNCATED', `The gallery ends after ${first.length} bytes: it is truncated. Copy it again.`);
  }
  const version = new DataView(first.buffer, first.byteOffset, first.length).getUint32(8, true);
  if (version === 1) {
    const { readVersion1 } = await import('./version1.ts');
    return readVersion1(source, first, signal);
  }
  if (version === 2) return readVersion2(source, first, signal);
  if (version === 0) throw new FormatError('DAMAGED', 'The gallery says schema version 0; expected at least 1.');
  throw new FormatError(
    'NEWER_SCHEMA',
    `The gallery has schema version ${version}; this program reads up to ${SCHEMA_VERSION}. Update it, or copy the ` +
      'gallery again if no such version is known.',
  );
}

async function readVersion2(source: ByteSource, first: Uint8Array, signal?: AbortSignal): Promise<GalleryState> {
  const slot = readSuperblock(first, source.size);
  const { directoryOffset: offset, directoryLength: length, directorySha256: expected } = slot;
  const end = offset + length;
  const bytes =
    end <= first.length
      ? first.subarray(offset, end)
      : await readRange(source, offset, length, 'The directory', signal);
  const found = sha256(bytes);
  if (!sameBytes(found, expected)) {
    throw new FormatError(
      'DAMAGED',
      `The gallery's directory should have SHA-256 ${toHex(expected)}, but has ${toHex(found)}: the file is damaged. ` +
        'Copy or index it again.',
    );
  }
  return decodeDirectory(bytes, slot.generation, slot.fileLength);
}
