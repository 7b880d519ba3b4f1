/** @file What a reader knows of a gallery once it is open, the same for every schema version. */
import type { GalleryMeta } from './meta.ts';

/** Bytes in the file, and how they are checked. */
export interface Stored {
  /** For messages. */
  readonly name: string;
  /** Of its first byte in the file. */
  readonly offset: number;
  /** Bytes, without padding. */
  readonly length: number;
  readonly check: BlockCheck | WholeCheck | undefined;
}

/** A CRC-32 a block: any range can be checked. */
export interface BlockCheck {
  readonly blockBytes: number;
  readonly checksums: Uint32Array;
}

/** Schema version 1: one SHA-256 over a section and its padding. */
export interface WholeCheck {
  readonly sha256: Uint8Array;
}

/** Rows of different length: offsets [rows + 1] into values, or, in version 1, one section of lengths and values. */
export type Ragged =
  | { readonly offsets: Stored; readonly values: Stored }
  | { readonly joined: Stored; readonly width: number };

/** Items that came together: the base, or one commit of an append. Its parts are undefined where no item has any. */
export interface Segment {
  /** Its first row. */
  readonly first: number;
  readonly rows: number;
  /** [rows, M] row-major; the base's are the image's. */
  readonly codes: Stored | undefined;
  /** uint32, ascending. */
  readonly removed: Stored | undefined;
  /** Undefined where each id is its row's number. */
  readonly ids: Ragged | Stored | undefined;
  readonly labels: Ragged | undefined;
  readonly metadata: Ragged | undefined;
  readonly thumbnails: { readonly index: Stored; readonly images: Stored } | undefined;
}

/** All that is known. */
export interface GalleryState {
  readonly meta: GalleryMeta;
  /** In the order of `meta.image.parts`. */
  readonly parts: readonly Stored[];
  readonly segments: readonly Segment[];
  /** Bytes of the file that belong to this state. */
  readonly fileLength: number;
}

/** Whether an id column is one of numbers. */
export function isNumbers(ids: Ragged | Stored): ids is Stored {
  return 'check' in ids;
}
