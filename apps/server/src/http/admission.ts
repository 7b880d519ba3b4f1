/**
 * @file How much is let in at a time: what can't be answered soon is turned away before its body is read.
 *
 * Pictures have a queue of their own inside the retriever. This one bounds what every request takes: memory for its body,
 * and a turn of the one thread that serves. How late that thread is, is seen by a timer that fires late.
 */

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ServerError } from '../errors.ts';
import { whenOver } from './over.ts';

/** The bounds. */
export interface AdmissionOptions {
  /** Requests at a time. */
  readonly requests: number;
  /** Bytes of bodies at a time; a body that doesn't tell its length counts as `bodyLimit`. */
  readonly bytes: number;
  readonly bodyLimit: number;
  /** Milliseconds that the serving thread may be behind. */
  readonly lag: number;
  /** Told of each request that is turned away. */
  readonly onShed: (reason: 'in-flight' | 'lag') => void;
}

/** How full it is. */
export interface Admission {
  readonly requests: number;
  /** Milliseconds that the serving thread is behind. */
  readonly lag: number;
}

const TICK_MS = 50;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Always let in: what must answer when nothing else does. */
    always?: boolean;
    /** The body is read as it comes, and of it no more than an item is held, up to the limit of a body. */
    streams?: boolean;
  }
}

/** Turns requests away by the bounds, with `OVERLOADED`. */
export function addAdmission(app: FastifyInstance, options: AdmissionOptions): Admission {
  let requests = 0;
  let bytes = 0;
  let lag = 0;
  let before = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    const late = Math.max(0, now - last - TICK_MS);
    // Twice in a row: one long turn is no overload.
    lag = Math.min(late, before);
    before = late;
    last = now;
  }, TICK_MS).unref();
  app.addHook('onClose', async () => clearInterval(timer));

  const shed = (reason: 'in-flight' | 'lag', why: string): ServerError => {
    options.onShed(reason);
    return new ServerError('OVERLOADED', `${why}; try again in a second.`, { retryAfter: 1 });
  };
  const admit = (request: FastifyRequest, reply: FastifyReply): void => {
    if (request.is404 || request.routeOptions.config.always) return;
    if (lag > options.lag) throw shed('lag', `The server is ${Math.round(lag)} ms behind`);
    if (requests >= options.requests) throw shed('in-flight', `${requests} requests are being answered`);
    const size = bodySize(request, options.bodyLimit);
    if (bytes + size > options.bytes && bytes > 0) throw shed('in-flight', `Bodies of ${bytes} bytes are being read`);
    requests++;
    bytes += size;
    whenOver(reply, () => {
      requests--;
      bytes -= size;
    });
  };
  app.addHook('onRequest', (request, reply, done) => {
    admit(request, reply);
    done();
  });
  return {
    get requests() {
      return requests;
    },
    get lag() {
      return lag;
    },
  };
}

function bodySize(request: FastifyRequest, limit: number): number {
  if (request.method === 'GET' || request.method === 'HEAD') return 0;
  const length = Number(request.headers['content-length']);
  if (Number.isSafeInteger(length) && length >= 0) return Math.min(length, limit);
  return request.headers['transfer-encoding'] === undefined ? 0 : limit;
}
