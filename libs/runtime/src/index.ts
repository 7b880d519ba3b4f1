/** @file Pixels → embedding → code → hits, over any ONNX Runtime session. */

export type { BatchOptions, EmbeddedBatch, EncodedPictures, PictureSource } from './batches.ts';
export { embedBatches, encodeAll } from './batches.ts';
export type { RuntimeCode } from './errors.ts';
export { RuntimeError } from './errors.ts';
export type { FilterItems, SearchFilter } from './filter.ts';
export { Filters } from './filter.ts';
export type { EmbedOptions, ModelBytes, OpenModelOptions } from './model.ts';
export { Model, openModel } from './model.ts';
export { type OpenIndexOptions, openGalleryIndex } from './open-index.ts';
export type { Picture } from './picture.ts';
export { checkPicture } from './picture.ts';
export { checkQuery, DISTANCES, itemId } from './query.ts';
export type { Hit, SearchCodebook, SearchOptions, SearchResult } from './searcher.ts';
export { Searcher } from './searcher.ts';
export type { SessionFactory, SessionLike, SessionRole, TensorClass, TensorLike, ValueInfo } from './session.ts';
export { oneAtATime } from './session.ts';
