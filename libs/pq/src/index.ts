/**
 * @file Product quantization: learn a codebook, encode vectors as codes of M bytes, search the codes.
 *
 * What is here is the readable reference: `scan` looks at every code, and its answer is the definition. The fast exact
 * search (a multi-index over the first subspaces, SIMD lower bounds) has its place in `src/search/`, behind the same
 * answer: rows by (distance, row), distances added in float64 in the order of the subspaces.
 */
export {
  type Codebook,
  checkCodebook,
  codebookShape,
  type Distance,
  MAX_SUBSPACES,
} from './codebook.ts';
export { decode, encode } from './encode.ts';
export { type AbortSignalLike, type PqCode, PqError } from './errors.ts';
export { type EncodeOptions, encodeInThreads, learnCodebookInThreads } from './in-threads.ts';
export { type FaissIndex, readFaiss, writeFaiss } from './interchange/faiss.ts';
export { type NpyArray, type NpyArrays, type NpyType, readNpy, writeNpy } from './interchange/npy.ts';
export { type LearnOptions, type LearnProgress, type Learnt, learnCodebook } from './learn.ts';
export { type CreateOptions, createIndex, openIndex } from './live/create.ts';
export type { Explanation, LastQuery } from './live/explain.ts';
export type { CodebookLike } from './live/generation.ts';
export type { Ids } from './live/ids.ts';
export { LabelFilter } from './live/label-filter.ts';
export { createLabels, type LabelLists, Labels } from './live/labels.ts';
export type { Items } from './live/live-items.ts';
export { type IndexOptions, PqIndex } from './live/pq-index.ts';
export type { Queries, Query, QueryOptions, SearchOptions, WithinOptions } from './live/query.ts';
export type { Filter } from './live/recent.ts';
export type { Hits } from './live/workplace.ts';
export { createRandom, type Random } from './random.ts';
export { distances, type Found, type ScanOptions, scan } from './scan.ts';
export type { IndexImage, StructureKind, Visited } from './search/structure.ts';
export { createTables, lookupTable, type Tables } from './table.ts';
