/** @file Image retrieval on a server: a library, and an HTTP service around it. */

export type { AppOptions } from './app.ts';
export { createApp } from './app.ts';
export type { ErrorBody, ServerCode } from './errors.ts';
export { httpError, ServerError } from './errors.ts';
export type { Choice, Provider, Refusal } from './providers.ts';
export { describeChoice, PROVIDERS, providersToTry } from './providers.ts';
export type { Answer, AnswerOptions, Query, RetrieverInfo, RetrieverOptions, Times } from './retriever.ts';
export { createRetriever, Retriever } from './retriever.ts';
export type { RunningServer, ServeOptions } from './serve.ts';
export { startServer } from './serve.ts';
export type { ThreadSession, ThreadStart } from './session-thread.ts';
export { openSessionThread } from './session-thread.ts';
