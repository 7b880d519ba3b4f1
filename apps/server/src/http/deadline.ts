/** @file The time that a request may take, and the caller who hung up: one signal for both. */

import { setMaxListeners } from 'node:events';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { ServerError } from '../errors.ts';
import { whenOver } from './over.ts';

/**
 * Aborts when the caller hangs up before the reply is through, or when `ms` milliseconds have passed: with `CALLER_GONE`
 * or `TIMEOUT`. It costs a timer that goes with the reply.
 */
export function deadline(reply: FastifyReply, ms: number): AbortSignal {
  const controller = withManyListeners();
  const { raw } = reply;
  const timer = setTimeout(() => {
    controller.abort(new ServerError('TIMEOUT', `This took more than ${ms / 1000} s and was given up; ask for less.`));
  }, ms);
  whenOver(reply, () => {
    clearTimeout(timer);
    if (!raw.writableFinished) controller.abort(new ServerError('CALLER_GONE', 'The caller hung up.'));
  });
  return controller.signal;
}

/**
 * Aborts when the caller hangs up or the service stops, for what may take long. By hand: AbortSignal.any() would keep
 * something for each request as long as the service lives.
 */
export function untilGone(reply: FastifyReply, stopping: AbortSignal): AbortSignal {
  const controller = withManyListeners();
  const stop = (): void => controller.abort(stopping.reason);
  stopping.addEventListener('abort', stop);
  whenOver(reply, () => {
    stopping.removeEventListener('abort', stop);
    if (!reply.raw.writableFinished) controller.abort(new ServerError('CALLER_GONE', 'The caller hung up.'));
  });
  if (stopping.aborted) stop();
  return controller.signal;
}

/** Every query of a batch listens; that is no leak. */
function withManyListeners(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}

/** A body that isn't there after `ms` milliseconds is answered with `TOO_SLOW`, and its connection is closed. */
export function addBodyTimeout(app: FastifyInstance, ms: number): void {
  app.addHook('preParsing', (request, reply, payload, done) => {
    done(null, payload);
    if (request.routeOptions.config.streams || request.raw.complete) return;
    const { raw } = request;
    const timer = setTimeout(() => {
      if (reply.sent) return;
      reply.header('connection', 'close');
      reply.raw.once('finish', () => raw.destroy());
      reply.send(new ServerError('TOO_SLOW', `The body didn't arrive in ${ms / 1000} s.`));
    }, ms);
    raw.once('end', () => clearTimeout(timer)).once('close', () => clearTimeout(timer));
  });
}
