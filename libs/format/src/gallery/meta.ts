/** @file What a gallery holds. */

/** What an item is called: all strings, all numbers (0 to 2^32 − 1) or all bigints (0 to 2^64 − 1). */
export type ItemId = string | number | bigint;

/** Whatever else is known of an item: an object that JSON can hold. */
export type ItemMetadata = { readonly [name: string]: unknown };

/** One item of a gallery. */
export interface GalleryItem {
  /** Unique in the gallery; a string is not empty. */
  readonly id: ItemId;
  /** Indices into `classes`. */
  readonly labels: readonly number[];
  /** An encoded image, of the gallery's `thumbnailType`. */
  readonly thumbnail?: Uint8Array | undefined;
  readonly metadata?: ItemMetadata | undefined;
}

/** How ids are kept. */
export type IdKind = 'string' | 'u32' | 'u64';

/** Labels of many rows in two arrays: those of row r are `values[offsets[r]]` to `values[offsets[r + 1] − 1]`. */
export interface LabelTable {
  /** [rows + 1], ascending from 0. */
  readonly offsets: Uint32Array;
  /** Indices into `classes`. */
  readonly values: Uint32Array;
}

/**
 * An index of `@dqn/pq` as bytes, as its `image()` gives it and its `openIndex` takes it. Its items are called by their
 * rows in the gallery.
 */
export interface IndexImage {
  /** `flat` has a part `codes`, [count, M] row-major, and `ids` (uint32 rows) unless they are 0 … count − 1. */
  readonly kind: string;
  /** Of this kind's layout, from 1. */
  readonly version: number;
  readonly M: number;
  readonly K: number;
  /** Items. */
  readonly count: number;
  /** Small numbers that the layout needs. */
  readonly facts: Readonly<Record<string, number>>;
  /** Little-endian arrays. */
  readonly parts: readonly { readonly name: string; readonly bytes: Uint8Array }[];
}

/** An index image before it is read: `bytes` are numbers of bytes. */
export interface ImageFacts extends Omit<IndexImage, 'parts'> {
  readonly parts: readonly { readonly name: string; readonly bytes: number }[];
}

/** What a gallery says of itself before any item is read. */
export interface GalleryMeta {
  readonly schemaVersion: 1 | 2;
  /** Number of its state: 1 for a gallery just written, more with each commit of an append and when it is compacted. */
  readonly generation: number;
  /** SHA-256 of the codebook.pb whose codes these are, 64 hexadecimal digits. */
  readonly codebookSha256: string;
  /** Subspaces: bytes a code. */
  readonly M: number;
  /** Codewords a subspace. */
  readonly K: number;
  /** Rows ever added; they are numbered from 0 and keep their numbers. */
  readonly rows: number;
  /** Items: rows without those that were removed. */
  readonly count: number;
  /** Rows that were appended since the index image was made. */
  readonly tail: number;
  readonly idKind: IdKind;
  /** Names of the classes that labels index. */
  readonly classes: readonly string[];
  /** Media type of the thumbnails, such as `image/webp`; empty where there are none. */
  readonly thumbnailType: string;
  /** How the weights of the network that made the codes are stored: `f32`, `f16`, `i8`; empty where nobody said. */
  readonly weights: string;
  /** The index image, which `image()` reads. */
  readonly index: ImageFacts;
}
