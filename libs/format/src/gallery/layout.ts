/** @file How a gallery file is laid out, for its writer and its reader. FORMAT.md tells the whole. */

/** The schema version written, and the latest one read. */
export const SCHEMA_VERSION = 2;
/** How every gallery begins: \x89DQNG\r\n\x1a. */
export const MAGIC = Uint8Array.of(0x89, 0x44, 0x51, 0x4e, 0x47, 0x0d, 0x0a, 0x1a);
/** Bytes an item in the index of thumbnails: offset, length, CRC-32. */
export const INDEX_BYTES = 16;
/** More rows than uint32 numbers can count are no gallery. */
export const MOST_ROWS = 2 ** 32 - 1;
/** Bytes of the first read: nearly always all that has to be known. */
export const FIRST_READ = 16_384;
const ALIGNMENT = 64;

/** The next multiple of 64. */
export function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

/** The zeros behind a part of so many bytes. */
export function padding(bytes: number): Uint8Array {
  return new Uint8Array(aligned(bytes) - bytes);
}

/** Blocks no smaller than this: tables, of which a few entries are wanted, and arrays that are read whole. */
export const TABLE_BLOCK = 16_384;
export const ARRAY_BLOCK = 262_144;
/** Checksums a section rather has not: 16 KiB of them. */
const MOST_BLOCKS = 4096;

/** How many bytes of a section one checksum covers: a power of two, so large that the directory stays small. */
export function blockBytes(length: number, least: number): number {
  let bytes = least;
  while (bytes * MOST_BLOCKS < length && bytes < 2 ** 30) bytes *= 2;
  return bytes;
}
