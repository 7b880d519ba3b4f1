/** @file POST /v1/encode: images → codes, for whoever keeps them elsewhere. */

import { encode } from '@dqn/pq';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { bringsImage, IMAGE_OR_JSON, readForm, unknownType } from '../http/bodies.ts';
import { encodeBodySchema, encodedSchema, encodeQuerystring } from '../schemas/query.ts';
import { type Context, hex, problems, type Source, signalOf, toImage, toVector } from './context.ts';
import { imageBody, isProblem, jsonBody, settle } from './search.ts';

/** Registers it. */
export async function encodeRoutes(app: FastifyInstance, context: Context): Promise<void> {
  const { retriever, limits } = context;
  app.post<{ Querystring: { include?: readonly 'vector'[] } }>(
    '/v1/encode',
    {
      config: { takes: ['image', 'form'] },
      preParsing: async (request: FastifyRequest) => {
        if (bringsImage(request)) retriever.checkRoom();
      },
      errorHandler: (error: { code?: string }, request: FastifyRequest) => {
        throw error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE' ? unknownType(request, IMAGE_OR_JSON) : error;
      },
      schema: {
        operationId: 'encode',
        summary: 'The codes of images or vectors, and if asked the embeddings',
        tags: ['search'],
        querystring: encodeQuerystring,
        body: { content: { 'application/json': { schema: encodeBodySchema(limits) } } },
        response: { 200: encodedSchema, ...problems },
      },
    },
    async (request, reply) => {
      const signal = signalOf(reply, context);
      let include = request.query.include ?? [];
      let vectors: Promise<Float32Array>[];
      const embed = (image: Uint8Array): Promise<Float32Array> => retriever.embed([image], { signal });
      if (request.isMultipart()) vectors = (await readForm(request, limits)).images.map(embed);
      else if (request.body instanceof Uint8Array) {
        // One image that is the body is a request that fails as a whole.
        const vector = await embed(imageBody(request.body));
        vectors = [Promise.resolve(vector)];
      } else {
        const body = jsonBody<{ queries: Source[]; include?: readonly 'vector'[] }>(request);
        include = body.include ?? include;
        vectors = body.queries.map(async (source) =>
          source.vector ? toVector(source.vector, context) : embed(await toImage(source, signal, context)),
        );
      }
      const results = (await settle(vectors)).map((vector) =>
        isProblem(vector)
          ? { problem: vector }
          : {
              code: hex(encode(retriever.model.codebook, vector)),
              ...(include.includes('vector') && { vector: Array.from(vector) }),
            },
      );
      return { results, provider: retriever.choice.provider };
    },
  );
}
