/** @file The artefacts of DQN: codebook.pb and galleries, read, written and verified, in Node and in the browser. */
export { type CodebookFile, readCodebook, type TrainingFacts, writeCodebook } from './codebook.ts';
export { type FormatCode, FormatError } from './errors.ts';
export type { GalleryItem, GalleryMeta } from './gallery/meta.ts';
export { Gallery, openGallery } from './gallery/read.ts';
export { type GalleryContent, galleryChunks, writeGallery } from './gallery/write.ts';
export { MODEL_FILES } from './model.ts';
export { sha256Hex } from './sha256.ts';
export { type ByteSource, bytesSource } from './source.ts';
export { verifyTogether } from './together.ts';
