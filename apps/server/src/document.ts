/** @file The OpenAPI document by itself: for clients that are made from it, and for people without a server at hand. */

import { createApp } from './app.ts';
import { createLog } from './http/log.ts';
import type { Retriever } from './retriever.ts';

/** What an app asks before there is a request. */
const NOTHING = {
  info: () => ({ model: { sha256: '' }, runtime: { provider: '' }, gallery: null }),
} as unknown as Retriever;

/** The document of a service with the limits that hold unless told. */
export async function openApiDocument(): Promise<object> {
  const app = await createApp({
    retriever: NOTHING,
    model: '.',
    gallery: '.',
    webRoot: null,
    log: createLog('silent'),
  });
  await app.ready();
  const document = app.swagger();
  await app.close();
  return document;
}
