/** @file A typed client of the retrieval server, for Node and web pages. */

export type {
  About,
  Answer,
  BatchAnswer,
  BatchQuery,
  CallOptions,
  Encoded,
  EncodeQuery,
  ImageFile,
  Info,
  Item,
  ItemBody,
  ItemLine,
  ItemOutcome,
  SearchOptions,
  SearchQuery,
} from './client.ts';
export { Client, createClient } from './client.ts';
export { ClientError } from './errors.ts';
export type { OneOf, Operations, Problem } from './generated/api.ts';
export type { ClientOptions } from './http.ts';
