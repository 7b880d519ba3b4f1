/** @file POST /v1/items:bulk: a stream of items, JSON lines or a tar of images, with an answer for each. */

import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { setImmediate as othersTurn } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { type BulkEntry, lineEntries, tarEntries } from '../bulk/entries.ts';
import { LineThread } from '../bulk/line-thread.ts';
import { BulkWriter } from '../bulk/writer.ts';
import { problemOf, ServerError } from '../errors.ts';
import { unknownType } from '../http/bodies.ts';
import { untilGone } from '../http/deadline.ts';
import { bulkAnswerSchema } from '../schemas/items.ts';
import { type Context, problems } from './context.ts';

const JSON_LINES = /^application\/(x-ndjson|ndjson|jsonl|x-jsonlines|jsonlines)\b/;
const TAR = /^application\/(x-tar|tar)\b/;
const TAKEN = ['JSON lines (application/x-ndjson)', 'a tar archive of images (application/x-tar)'];

/** Milliseconds of work on a stream until others have a turn: what it has buffered would be worked off in one go. */
const TURN_MS = 3;

/** After so many milliseconds in which nothing came, what is there is written. */
const IDLE_MS = 50;

/** Answers that wait for a client who sends first and reads afterwards, in bytes: about a million. */
const UNREAD = 64 * 1024 * 1024;

/** After an early end the rest of the body is read and dropped for so long, so that the client gets to read the answer. */
const LINGER_MS = 5_000;

/** Registers it; its body is read as it comes, so it has parsers of its own. */
export async function bulkRoutes(app: FastifyInstance, context: Context): Promise<void> {
  app.removeAllContentTypeParsers();
  let thread: LineThread | undefined;
  const ofLines = (): LineThread => {
    thread ??= new LineThread(context.retriever.model.codebook);
    return thread;
  };
  app.addHook('onClose', () => thread?.close());
  for (const type of [JSON_LINES, TAR])
    app.addContentTypeParser(type, (_request, payload, done) => done(null, payload));
  app.post(
    '/v1/items::bulk',
    {
      config: { role: 'write', streams: true, takes: ['items', 'tar'] },
      errorHandler: (error, request) => {
        throw error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE' ? unknownType(request, TAKEN) : error;
      },
      schema: {
        operationId: 'putItems',
        summary: 'Add, replace and remove items by a stream',
        description:
          'A line of JSON is answered by a line of JSON when what it asks is durable; the last line sums up. In a tar, ' +
          'each image is an item whose id is its name; NAME.json beside NAME.jpg may hold its id, labels and metadata.',
        tags: ['items'],
        response: {
          200: {
            description: 'A line for each item.',
            content: { 'application/x-ndjson': { schema: bulkAnswerSchema } },
          },
          ...problems,
        },
      },
    },
    async (request, reply) => {
      const { limits, retriever } = context;
      // It says now what would be said for every item.
      if (retriever.store.stats().trouble?.code === 'READ_ONLY') await retriever.remove([]);
      if (request.body === undefined)
        throw new ServerError('BAD_REQUEST', `The body is empty; send ${TAKEN.join(', or ')}.`);
      const signal = untilGone(reply, context.stopping);
      const bytes = metered(request.body as IncomingMessage, signal, limits.bulk, limits.time);
      const isTar = TAR.test(request.headers['content-type'] ?? '');
      const entries = isTar ? tarEntries(bytes, signal, context) : lineEntries(bytes, ofLines(), signal, context);
      const out = new PassThrough({ highWaterMark: UNREAD });
      void answer(entries, out, signal, context, request.id).finally(() => drop(request.raw));
      return reply.type('application/x-ndjson').send(out);
    },
  );
}

async function answer(
  entries: AsyncGenerator<BulkEntry[]>,
  out: PassThrough,
  signal: AbortSignal,
  context: Context,
  requestId: string,
): Promise<void> {
  // The lines of a piece come one after the other, and go out together.
  let lines = '';
  const flush = (): void => {
    if (lines !== '' && !out.destroyed) out.write(lines);
    lines = '';
  };
  const writer = new BulkWriter(context.retriever, signal, (line) => {
    if (lines === '') queueMicrotask(flush);
    lines += `${JSON.stringify(line)}\n`;
  });
  let problem: unknown;
  let turn = performance.now();
  try {
    for await (const some of unlessIdle(entries, () => writer.hurry())) {
      for (const [i, entry] of some.entries()) {
        const waiting = writer.take(entry);
        if (waiting) await waiting;
        if (i % 16 > 0 || performance.now() - turn < TURN_MS) continue;
        await othersTurn();
        turn = performance.now();
      }
      if (out.writableNeedDrain) await drained(out, context.limits.time);
      signal.throwIfAborted();
    }
  } catch (error) {
    problem = error;
  }
  // What was read before the stream broke is written all the same.
  await writer.flush().catch((error: unknown) => {
    problem ??= error;
  });
  flush();
  const sum = { done: problem === undefined, ...writer.sum };
  if (!out.destroyed) {
    out.end(`${JSON.stringify(problem === undefined ? sum : { ...sum, problem: problemOf(problem, requestId) })}\n`);
  }
}

/** The same, and `idle` is called where nothing comes for a moment: a client may wait for its answers before it goes on. */
async function* unlessIdle<T>(source: AsyncGenerator<T>, idle: () => unknown): AsyncGenerator<T> {
  try {
    for (;;) {
      const next = source.next();
      const timer = setTimeout(idle, IDLE_MS);
      const { done, value } = await next.finally(() => clearTimeout(timer));
      if (done) return;
      yield value;
    }
  } finally {
    await source.return(undefined);
  }
}

/** The body's bytes: no more than `limit`, never silent for more than `idle` milliseconds, and an end when the signal says so. */
async function* metered(
  body: IncomingMessage,
  signal: AbortSignal,
  limit: number,
  idle: number,
): AsyncGenerator<Uint8Array> {
  // Between the two, because a body that is destroyed takes the connection with it, and the answer still has to go out.
  const through = new PassThrough();
  const end = (error: unknown): void => void through.destroy(error as Error);
  const abort = (): void => end(signal.reason);
  signal.addEventListener('abort', abort);
  body.once('error', end).pipe(through);
  const wait = () => setTimeout(() => end(new ServerError('TOO_SLOW', `Nothing came for ${idle / 1000} s.`)), idle);
  let timer = wait();
  let bytes = 0;
  try {
    for await (const chunk of through as AsyncIterable<Buffer>) {
      clearTimeout(timer);
      bytes += chunk.length;
      if (bytes > limit)
        throw new ServerError('TOO_LARGE', `The stream has more than ${limit} bytes; send it in parts.`);
      yield chunk;
      timer = wait();
    }
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
    // What is left of it is dropped.
    body.unpipe(through).resume();
  }
}

function drained(out: PassThrough, ms: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      const error = new ServerError('TOO_SLOW', `Answers weren't read for ${ms / 1000} s.`);
      out.destroy(error);
      reject(error);
    }, ms);
    const end = (): void => {
      clearTimeout(timer);
      resolve();
    };
    out.once('drain', end).once('close', end);
  });
}

function drop(body: IncomingMessage): void {
  if (body.readableEnded || body.destroyed) return;
  body.resume();
  const timer = setTimeout(() => body.destroy(), LINGER_MS);
  body.once('close', () => clearTimeout(timer)).once('end', () => clearTimeout(timer));
}
