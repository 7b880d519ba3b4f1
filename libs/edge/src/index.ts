/** @file Image retrieval inside a web page. */

export type { Distance, Explanation } from '@dqn/pq';
export type { EncodedPictures, Hit, SearchFilter } from '@dqn/runtime';
export type { EdgeAnswer, EdgeTimes, ItemQuery } from './engine.ts';
export type { EdgeCode } from './errors.ts';
export { EdgeError } from './errors.ts';
export type { EdgePicture, EdgeQuery, EdgeSearchOptions, OwnCallOptions, OwnPicture } from './given.ts';
export type { EdgeInfo, StorageInfo } from './info.ts';
export { forget } from './load/store.ts';
export type { OpenOptions } from './open.ts';
export { openRetriever } from './open.ts';
export type { EdgeFilter } from './own/split.ts';
export type { Added, OwnProgress, OwnState, OwnTrouble, Rejected } from './own/state.ts';
export type { EdgeProgress, OnProgress } from './progress.ts';
export type { EdgeProvider } from './provider.ts';
export { EdgeRetriever } from './retriever.ts';
export type { EdgeHit, EdgeItem } from './searched.ts';
