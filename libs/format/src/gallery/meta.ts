/** @file What a gallery holds. */

/** One item of a gallery. */
export interface GalleryItem {
  /** Unique in the gallery, not empty. */
  readonly id: string;
  /** Indices into `classes`. */
  readonly labels: readonly number[];
  /** An encoded image, of the gallery's `thumbnailType`. */
  readonly thumbnail?: Uint8Array | undefined;
}

/** What a gallery says of itself before any item is read. */
export interface GalleryMeta {
  readonly schemaVersion: 1;
  /** SHA-256 of the codebook.pb whose codes these are, 64 hexadecimal digits. */
  readonly codebookSha256: string;
  /** Subspaces: bytes a code. */
  readonly M: number;
  /** Codewords a subspace. */
  readonly K: number;
  /** Items. */
  readonly count: number;
  /** Names of the classes that labels index. */
  readonly classes: readonly string[];
  /** Media type of the thumbnails, such as `image/webp`; empty where there are none. */
  readonly thumbnailType: string;
}
