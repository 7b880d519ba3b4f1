/** @file Image retrieval on a server: a library, and an HTTP service around it. */

export type { AppOptions } from './app.ts';
export { createApp } from './app.ts';
export { retrieverOptions, serveOptions } from './config/apply.ts';
export type { Config, ConfigSources, Source } from './config/read.ts';
export { readConfig } from './config/read.ts';
export type { Setting, Settings } from './config/settings.ts';
export { flagOf, SETTINGS, SETTINGS_SCHEMA, variableOf } from './config/settings.ts';
export type { RetrieverOptions } from './create-retriever.ts';
export { createRetriever } from './create-retriever.ts';
export { openApiDocument } from './document.ts';
export type { ServerCode } from './errors.ts';
export { problemOf, ServerError } from './errors.ts';
export type { KeyEntry, Role } from './http/keys.ts';
export { createKey, readKeys } from './http/keys.ts';
export type { Limits } from './http/limits.ts';
export { LIMITS } from './http/limits.ts';
export type { LogLevel } from './http/log.ts';
export { createLog, LOG_LEVELS } from './http/log.ts';
export type { Metrics, Shed } from './http/metrics.ts';
export { createMetrics } from './http/metrics.ts';
export type { Tracing } from './http/trace.ts';
export { createTracing } from './http/trace.ts';
export type { EmbeddedImage, Image, ImageLimits, Times } from './inference/images.ts';
export type { Observation, Observe, ShedReason, Stage, ThreadRole } from './inference/observe.ts';
export { STAGES } from './inference/observe.ts';
export type { NewItem } from './items.ts';
export { THUMBNAIL_EDGE } from './items.ts';
export type { Choice, Provider, Refusal } from './providers.ts';
export { describeChoice, PROVIDERS, providersToTry } from './providers.ts';
export type { AddOptions, Answer, AnswerOptions, Include, Query, RetrieverInfo } from './retriever.ts';
export { Retriever } from './retriever.ts';
export type { RunningServer, ServeOptions } from './serve.ts';
export { startServer } from './serve.ts';
export { isStoreUrl } from './store/clickhouse/address.ts';
export type { OpenClickHouseOptions } from './store/clickhouse/open.ts';
export { openClickHouseStore } from './store/clickhouse/open.ts';
export type { ClickHouseStore } from './store/clickhouse/store.ts';
export type { StoreEvent } from './store/events.ts';
export type { LocalStore, OpenStoreOptions } from './store/local.ts';
export { openStore } from './store/local.ts';
export type {
  FoundItem,
  GalleryStore,
  ItemFilter,
  ItemId,
  Metadata,
  Range,
  Scalar,
  StoreCheck,
  StoredItem,
  StoreHit,
  StoreSearch,
  StoreStats,
  WriteTrouble,
} from './store/store.ts';
