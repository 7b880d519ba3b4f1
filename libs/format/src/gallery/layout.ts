/** @file How a gallery file is laid out, for its writer and its reader. FORMAT.md tells the whole. */
import { dqn } from '../generated/gallery.js';

/** The schema version written, and the latest one read. */
export const SCHEMA_VERSION = 1;
/** How every gallery begins: \x89DQNG\r\n\x1a. */
export const MAGIC = Uint8Array.of(0x89, 0x44, 0x51, 0x4e, 0x47, 0x0d, 0x0a, 0x1a);
/** Bytes in front of the header: magic, schema version, header length, checksum. */
export const PREFIX_BYTES = 48;
/** Where the checksum stands in them; it covers what is in front of it and the header. */
export const CHECKSUM_AT = 16;
/** Bytes an item in the index of thumbnails: offset, length, CRC-32. */
export const INDEX_BYTES = 16;
const ALIGNMENT = 64;

/** The sections, by the names used in messages. */
export const SECTIONS = {
  codes: dqn.gallery.Kind.KIND_CODES,
  ids: dqn.gallery.Kind.KIND_IDS,
  labels: dqn.gallery.Kind.KIND_LABELS,
  'thumbnail index': dqn.gallery.Kind.KIND_THUMBNAIL_INDEX,
  thumbnails: dqn.gallery.Kind.KIND_THUMBNAILS,
} as const;

/** The name of a section. */
export type SectionName = keyof typeof SECTIONS;

export const { GalleryHeader } = dqn.gallery;

/** The next multiple of 64. */
export function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

/** The zeros behind a part of so many bytes. */
export function padding(bytes: number): Uint8Array {
  return new Uint8Array(aligned(bytes) - bytes);
}
