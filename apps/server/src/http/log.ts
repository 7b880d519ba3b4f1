/** @file The log: one JSON line a request, with the id that its reply carries. */

import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { destination, type Logger, pino } from 'pino';

/** From nothing to everything. */
export const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const;

/** One of them: `warn` leaves the requests out that went well. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/**
 * JSON lines on stderr: standard output belongs to the command. Written in the background; `flush` before the process ends.
 */
export function createLog(level: LogLevel): Logger {
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    destination({ fd: 2, sync: false, minLength: 0 }),
  );
}

const OUTSIDE_ID = /^[\w.-]{1,64}$/;

/** Ids for requests: the caller's own `x-request-id` where it is harmless, else a new one. */
export function requestIds(): (request: IncomingMessage) => string {
  const process = randomBytes(6).toString('hex');
  let n = 0;
  return ({ headers }) => {
    const outside = headers['x-request-id'];
    return typeof outside === 'string' && OUTSIDE_ID.test(outside) ? outside : `${process}-${(n++).toString(36)}`;
  };
}

/** Writes a line for each request when its reply is through, and gives the reply its id. Health checks are for `debug`. */
export function logRequests(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    done();
  });
  app.addHook('onResponse', (request, reply, done) => {
    done();
    const { statusCode } = reply;
    const level =
      statusCode >= 500 && statusCode !== 503 ? 'error' : request.routeOptions.config.always ? 'debug' : 'info';
    if (!(request.log as Logger).isLevelEnabled(level)) return;
    request.log[level](
      {
        reqId: request.id,
        method: request.method,
        path: request.url.split('?', 1)[0].slice(0, 200),
        status: statusCode,
        ms: Math.round(reply.elapsedTime * 100) / 100,
        from: request.ip,
        ...(request.caller && { key: request.caller.name }),
      },
      'request',
    );
  });
}
