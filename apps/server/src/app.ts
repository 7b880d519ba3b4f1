/**
 * @file The HTTP service, without a port: what is around its routes.
 *
 * Hooks that every request passes call `done`: a promise for each would take a tenth of the time of a search.
 */

import { readFileSync } from 'node:fs';
import { STATUS_CODES } from 'node:http';
import { Server, type Socket } from 'node:net';
import { setImmediate, setTimeout } from 'node:timers/promises';
import cors from '@fastify/cors';
import multipart from '@fastify/multipart';
import rateLimit from '@fastify/rate-limit';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest, LogController } from 'fastify';
import type { Logger } from 'pino';
import { explain, problemOf, ServerError, STATUS } from './errors.ts';
import { addAdmission } from './http/admission.ts';
import { addBodyParsers } from './http/bodies.ts';
import { addBodyTimeout } from './http/deadline.ts';
import { addGuard } from './http/guard.ts';
import type { KeyEntry } from './http/keys.ts';
import { LIMITS, type Limits } from './http/limits.ts';
import { createLog, logRequests, requestIds } from './http/log.ts';
import { knownMethods } from './http/methods.ts';
import { createMetrics, type Metrics } from './http/metrics.ts';
import { addOpenApi } from './http/openapi.ts';
import { addServiceMetrics } from './http/service-metrics.ts';
import type { Tracing } from './http/trace.ts';
import { addValidation } from './http/validate.ts';
import type { Retriever } from './retriever.ts';
import { bulkRoutes } from './routes/bulk.ts';
import { encodeRoutes } from './routes/encode.ts';
import { fileRoutes } from './routes/files.ts';
import { infoRoutes, type Readiness } from './routes/info.ts';
import { itemRoutes } from './routes/items.ts';
import { searchRoutes } from './routes/search.ts';
import { snapshotRoutes } from './routes/snapshot.ts';

/** What the service serves, and to whom. */
export interface AppOptions {
  readonly retriever: Retriever;
  /** The model folder, served under /model/ to pages that search by themselves. */
  readonly model: string;
  /** The gallery file, served at /gallery by ranges; none where a database keeps the gallery. */
  readonly gallery?: string | undefined;
  /** The built page; default: the one of this repository. `null` serves none. */
  readonly webRoot?: string | null;
  readonly limits?: Partial<Limits>;
  /** API keys; without any nobody is asked for one. */
  readonly keys?: readonly KeyEntry[];
  /** Requests a second for each key, or each address; 0 (default): any number. */
  readonly rateLimit?: number;
  /** Origins whose pages may call the service; default: none but its own. */
  readonly cors?: readonly string[];
  /** Origins that images are fetched from; default: none. */
  readonly fetchFrom?: readonly string[];
  /** Those that the retriever's `observe` counts in, too. */
  readonly metrics?: Metrics;
  /** Default: errors on stderr. */
  readonly log?: Logger;
  readonly tracing?: Tracing | undefined;
}

/** Bodies in memory at a time, bytes. */
const BODIES = 512 * 1024 * 1024;

const VERSION = (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string })
  .version;

/**
 * Builds the service; startServer listens with it, tests call its `inject`.
 *
 * @example const reply = await (await createApp(options)).inject('/v1/info');
 */
export async function createApp(options: AppOptions): Promise<FastifyInstance> {
  const { retriever, keys = [], fetchFrom = [], metrics = createMetrics() } = options;
  const limits: Limits = { ...LIMITS, ...options.limits };
  const app = fastify({
    loggerInstance: options.log ?? createLog('error'),
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: requestIds(),
    // A logger of its own for each request would cost more than what it ever says; whoever logs gives the id.
    childLoggerFactory: (logger) => logger,
    bodyLimit: limits.body,
    forceCloseConnections: 'idle',
    // Who sends on a connection that is about to be closed is answered like everybody: addHeaders ends it.
    return503OnClosing: false,
    // Streams may take long; what else has a body has a time of its own.
    requestTimeout: 0,
    // Nothing comes and nothing goes: somebody who doesn't read, say.
    connectionTimeout: 2 * limits.time,
    routerOptions: { maxParamLength: 4096 },
    frameworkErrors: (error, request, reply) => tellError(error, request, reply),
    clientErrorHandler: tellBrokenRequest,
  }) as unknown as FastifyInstance;
  const stopping = new AbortController();
  const context = { retriever, limits, fetchFrom, stopping: stopping.signal };
  const methodsOf = knownMethods(app);
  const nothingThere = (request: FastifyRequest, reply: FastifyReply): ServerError => {
    const path = request.url.split('?', 1)[0];
    const methods = methodsOf(path);
    if (methods.length === 0) return new ServerError('NOT_FOUND', `There is nothing at ${request.method} ${path}.`);
    reply.header('allow', methods.join(', '));
    const asked = `${path} is asked by ${methods.join(', ')}, not by ${request.method}.`;
    return new ServerError('METHOD_NOT_ALLOWED', asked);
  };
  // What is wrong with a body is no matter where there is nothing that reads it.
  app.setErrorHandler((error, request, reply) =>
    tellError(request.is404 ? nothingThere(request, reply) : error, request, reply),
  );
  app.setNotFoundHandler((request, reply) => {
    throw nothingThere(request, reply);
  });

  addHeaders(app, stopping);
  metrics.watch(app);
  logRequests(app);
  options.tracing?.watch(app);
  addValidation(app);
  addBodyParsers(app);
  if (options.cors && options.cors.length > 0) {
    await app.register(cors, {
      origin: [...options.cors],
      methods: ['GET', 'POST', 'PUT', 'DELETE'],
      allowedHeaders: ['authorization', 'content-type', 'x-request-id'],
      exposedHeaders: ['retry-after', 'x-request-id'],
      maxAge: 600,
    });
  }
  addGuard(app, keys);
  const admission = addAdmission(app, {
    requests: limits.requests,
    bytes: BODIES,
    bodyLimit: limits.body,
    lag: limits.lag,
    onShed: metrics.shed,
  });
  addBodyTimeout(app, limits.time);
  if (options.rateLimit) await limitRates(app, options.rateLimit, metrics);
  await app.register(multipart, {
    limits: { fileSize: limits.body, files: limits.batch, fields: 64, parts: limits.batch + 64, fieldSize: 65_536 },
  });
  await addOpenApi(app, VERSION, keys.length > 0);

  const readiness = watchReadiness(app, retriever, stopping.signal);
  addServiceMetrics(metrics, retriever, { admission, readiness, version: VERSION });
  await app.register(infoRoutes, { ...context, readiness, metrics, version: VERSION });
  await app.register(searchRoutes, context);
  await app.register(encodeRoutes, context);
  await app.register(itemRoutes, context);
  await app.register(bulkRoutes, context);
  await app.register(snapshotRoutes, { ...context, gallery: options.gallery });
  await app.register(fileRoutes, options);
  return app;
}

/** Requests that are none, or come too slowly: Node's parser tells of them before there is a request. */
function tellBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const [code, detail] =
    error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
      ? (['TOO_SLOW', "The headers didn't arrive in time."] as const)
      : error.code === 'HPE_HEADER_OVERFLOW'
        ? (['HEADERS_TOO_LARGE', 'Path, query string and headers have more than 16 KiB; send it in the body.'] as const)
        : (['BAD_REQUEST', 'This is no HTTP request.'] as const);
  const body = JSON.stringify(problemOf(new ServerError(code, detail)));
  const status = `${STATUS[code]} ${STATUS_CODES[STATUS[code]]}`;
  const headers = `content-type: application/problem+json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close`;
  if (socket.writable) socket.write(`HTTP/1.1 ${status}\r\n${headers}\r\n\r\n${body}`);
  socket.destroy(error);
}

function tellError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { status, retryAfter } = explain(error);
  if (status >= 500 && status !== 503) request.log.error({ reqId: request.id, err: error }, 'failed');
  if (retryAfter !== undefined) reply.header('retry-after', retryAfter);
  return reply.status(status).type('application/problem+json').send(problemOf(error, request.id));
}

/** Ready: it listens, the network is warm, nothing is wrong, and it isn't stopping. */
function watchReadiness(app: FastifyInstance, retriever: Retriever, stopping: AbortSignal): () => Readiness {
  let isWarm = false;
  app.addHook('onListen', async () => {
    try {
      await retriever.warm({ signal: stopping });
      isWarm = true;
    } catch (error) {
      if (!stopping.aborted) app.log.error({ err: error }, 'the network did not run');
    }
  });
  return () => {
    const problems = [...retriever.health().problems];
    if (stopping.aborted) problems.push({ code: 'STOPPING', message: 'The service is stopping.' });
    else if (!isWarm) problems.push({ code: 'WARMING', message: "The network hasn't run yet." });
    return { ready: problems.length === 0, problems };
  };
}

async function limitRates(app: FastifyInstance, max: number, metrics: Metrics): Promise<void> {
  await app.register(rateLimit, {
    max,
    timeWindow: 1000,
    keyGenerator: (request) => request.caller?.name ?? request.ip,
    // A page comes with many files, which are no work.
    allowList: (request) => !request.url.startsWith('/v1/'),
    errorResponseBuilder: () =>
      new ServerError('RATE_LIMITED', `More than ${max} requests a second; send the next one in a second.`, {
        retryAfter: 1,
      }),
    onExceeded: () => metrics.shed('rate'),
  });
}

function addHeaders(app: FastifyInstance, stopping: AbortController): void {
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(request.url.startsWith('/v1/') ? PLAIN : SECURITY);
    done();
  });
  app.addHook('preClose', async () => {
    stopping.abort(new ServerError('CLOSED', 'The service is stopping.'));
    if (!app.server.listening) return;
    // A request that is on its way when its connection is closed is lost. So no connection is taken any more, but those
    // that are open stay for a while, and each is told by its next reply. http's own close() would end those that are idle.
    Server.prototype.close.call(app.server);
    await setTimeout(FAREWELL_MS);
    // What has arrived is read first.
    await setImmediate();
  });
  // Without it a connection that was busy when the service closed would stay open, and close() would wait for it.
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (stopping.signal.aborted) reply.header('connection', 'close');
    done(null, payload);
  });
}

/** Milliseconds between the first sign that the service stops and the end of connections that are idle. */
export const FAREWELL_MS = 200;

/** What answers of the interface need: they are data, and never a page. */
const PLAIN = {
  'cross-origin-resource-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
} as const;

/**
 * As apps/web/build/headers.ts has them for the page, which a test there holds equal. The first two let it use threads in
 * wasm; the third allows what it needs (wasm, workers, pictures from blobs), nothing from elsewhere and nothing to elsewhere.
 */
const SECURITY = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'content-security-policy': [
    "default-src 'self'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "worker-src 'self' blob:",
    "img-src 'self' blob: data:",
    "media-src 'self' blob:",
    "connect-src 'self' blob: data:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'permissions-policy': 'camera=(self), microphone=(), geolocation=()',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;
