/** @file The artefacts of DQN: codebook.pb and galleries, read, written and verified, in Node and in the browser. */
export { type CodebookFile, readCodebook, type TrainingFacts, writeCodebook } from './codebook.ts';
export { crc32 } from './crc32.ts';
export { type FormatCode, FormatError } from './errors.ts';
export { type Frame, type FramesOf, frameBehind, frames, type ReadBytes } from './frame-scan.ts';
export {
  FRAME_BYTES,
  type FrameHead,
  frameBegin,
  frameCrc,
  MOST_FRAME_BYTES,
  packFrame,
  unpackHead,
} from './frames.ts';
export type { Ids } from './gallery/columns.ts';
export type { GalleryColumns, GalleryContent } from './gallery/content.ts';
export { type GalleryIds, hashId } from './gallery/id-table.ts';
export { MAGIC as GALLERY_MAGIC } from './gallery/layout.ts';
export type {
  GalleryItem,
  GalleryMeta,
  IdKind,
  ImageFacts,
  IndexImage,
  ItemId,
  ItemMetadata,
  LabelTable,
} from './gallery/meta.ts';
export type { GalleryPatch, PatchItem } from './gallery/patch.ts';
export type { Piece } from './gallery/pieces.ts';
export { planReads, type Read } from './gallery/plan.ts';
export { Gallery, type ImageOptions, openGallery, type Tail } from './gallery/read.ts';
export { galleryChunks, writeGallery } from './gallery/write.ts';
export { MODEL_FILES } from './model.ts';
export { sha256Hex } from './sha256.ts';
export { type ByteSource, bytesSource } from './source.ts';
export { verifyTogether } from './together.ts';
