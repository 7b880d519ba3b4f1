/** @file The HTTP service, without a port: routes, limits, headers, errors. */

import multipart from '@fastify/multipart';
import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import { httpError, ServerError } from './errors.ts';
import type { Retriever } from './retriever.ts';
import { fileRoutes } from './routes/files.ts';
import { infoRoutes } from './routes/info.ts';
import { searchRoutes } from './routes/search.ts';

/** What the service serves. */
export interface AppOptions {
  readonly retriever: Retriever;
  /** The model folder, served under /model/ to pages that search by themselves. */
  readonly model: string;
  /** The gallery file, served at /gallery by ranges. */
  readonly gallery: string;
  /** The built page; default: the one of this repository. `null` serves none. */
  readonly webRoot?: string | null;
  /** Largest body in bytes; default 20 MiB. */
  readonly bodyLimit?: number;
  /** Largest k; default 1000. */
  readonly maxK?: number;
  /** Told of errors that are the server's own; default: a line on stderr. */
  readonly onError?: (error: unknown) => void;
}

/** 20 MiB: above the largest photograph that a phone takes. */
const BODY_LIMIT = 20 * 1024 * 1024;

/** Who sends more slowly than this is cut off, so that idle bodies don't hold connections for ever. */
const REQUEST_TIMEOUT_MS = 120_000;

/**
 * Builds the service; startServer listens with it, tests call its `inject`.
 *
 * @example const reply = await (await createApp(options)).inject('/v1/info');
 */
export async function createApp(options: AppOptions): Promise<FastifyInstance> {
  const { bodyLimit = BODY_LIMIT, maxK = 1000, onError = logError } = options;
  const app = fastify({
    bodyLimit,
    forceCloseConnections: 'idle',
    requestTimeout: REQUEST_TIMEOUT_MS,
    ajv: { customOptions: { removeAdditional: false, allErrors: false } },
    frameworkErrors: (error, _request, reply) => tellError(error, reply),
  });
  const tellError = (error: unknown, reply: FastifyReply) => {
    const { status, body } = httpError(error);
    if (status >= 500) onError(error);
    return reply.status(status).send(body);
  };
  app.setErrorHandler((error, _request, reply) => tellError(error, reply));
  app.setNotFoundHandler((request) => {
    throw new ServerError('NOT_FOUND', `There is nothing at ${request.method} ${request.url.split('?')[0]}.`);
  });
  app.addHook('onRequest', async (_request, reply) => {
    reply.headers(SECURITY);
  });
  // Without it a connection that was busy when the service closed would stay open, and close() would wait for it.
  let closing = false;
  app.addHook('preClose', async () => {
    closing = true;
  });
  app.addHook('onSend', async (_request, reply) => {
    if (closing) reply.header('connection', 'close');
  });
  await app.register(multipart, { limits: { fileSize: bodyLimit, files: 1, fields: 8, parts: 9 } });
  await app.register(infoRoutes, options);
  await app.register(searchRoutes, { ...options, maxK });
  await app.register(fileRoutes, options);
  return app;
}

/**
 * The first two let a page use threads in wasm; the third allows what the page needs (wasm, workers, pictures from
 * blobs) and nothing from elsewhere.
 */
const SECURITY = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'content-security-policy': [
    "default-src 'self'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "img-src 'self' blob: data:",
    "connect-src 'self' blob: data: https:",
    "object-src 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;

function logError(error: unknown): void {
  console.error(error);
}
