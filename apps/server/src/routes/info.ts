/** @file What is served, whether it lives, and the gallery's thumbnails. */

import type { FastifyInstance } from 'fastify';
import { ServerError } from '../errors.ts';
import type { Retriever } from '../retriever.ts';
import { errorSchema, healthSchema } from '../schemas.ts';

/** Registers GET /v1/info, /healthz and /v1/thumbnails/{row}. */
export async function infoRoutes(app: FastifyInstance, { retriever }: { retriever: Retriever }): Promise<void> {
  app.get('/healthz', { schema: { response: { 200: healthSchema } } }, async () => ({ status: 'ok' }));

  app.get('/v1/info', async () => retriever.info());

  app.get<{ Params: { row: number } }>(
    '/v1/thumbnails/:row',
    {
      schema: {
        params: { type: 'object', required: ['row'], properties: { row: { type: 'integer', minimum: 0 } } },
        response: { '4xx': errorSchema },
      },
    },
    async (request, reply) => {
      const { row } = request.params;
      const { gallery, searcher } = retriever;
      const { thumbnailType } = gallery.meta;
      if (!searcher.has(row)) {
        throw new ServerError('NOT_FOUND', `No item in row ${row}; the gallery has rows 0 to ${searcher.rows - 1}.`);
      }
      const bytes = await gallery.thumbnail(row);
      if (!bytes) throw new ServerError('NOT_FOUND', `Row ${row} has no thumbnail.`);
      return reply
        .type(thumbnailType || 'application/octet-stream')
        .header('cache-control', 'no-cache')
        .send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    },
  );
}
