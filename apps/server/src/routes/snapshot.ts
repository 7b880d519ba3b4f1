/** @file GET /v1/snapshot: the gallery as it is now, as a file, while everything goes on. */

import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { ServerError } from '../errors.ts';
import { untilGone } from '../http/deadline.ts';
import { type Context, problems } from './context.ts';

/** Registers it. */
export async function snapshotRoutes(
  app: FastifyInstance,
  context: Context & { gallery?: string | undefined },
): Promise<void> {
  let isRunning = false;
  app.get(
    '/v1/snapshot',
    {
      // It takes room on the disk, so it isn't for everybody who may search.
      config: { role: 'write', streams: true },
      schema: {
        operationId: 'snapshot',
        summary: 'A gallery file of all items as they are now',
        description: 'A back-up: put it in the place of the gallery file, without its journal, and start the service.',
        tags: ['operations'],
        response: {
          200: {
            description: 'A gallery file.',
            content: { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } },
          },
          ...problems,
        },
      },
    },
    async (_request, reply) => {
      const { store } = context.retriever;
      if (isRunning) {
        throw new ServerError('OVERLOADED', 'Another snapshot is being written; one at a time.', { retryAfter: 10 });
      }
      isRunning = true;
      // Beside the gallery there is a disk that was chosen for it.
      const beside = context.gallery === undefined ? join(tmpdir(), 'dqn.gallery') : resolve(context.gallery);
      const path = `${beside}.snapshot-${randomBytes(6).toString('hex')}`;
      let file: FileHandle;
      try {
        await store.snapshot(path, { signal: untilGone(reply, context.stopping) });
        file = await open(path);
      } finally {
        isRunning = false;
        // An open file can be read to its end without its name; nothing is left behind.
        await rm(path, { force: true });
      }
      const { size } = await file.stat();
      return reply
        .type('application/octet-stream')
        .header('content-length', size)
        .header('content-disposition', 'attachment; filename="snapshot.gallery"')
        .send(file.createReadStream());
    },
  );
}
