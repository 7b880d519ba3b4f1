/** @file POST /v1/search: an image, a vector or an item's id → hits. */

import type { Distance } from '@dqn/pq';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ServerError } from '../errors.ts';
import type { AnswerOptions, Query, Retriever } from '../retriever.ts';
import { answerSchema, errorSchema, jsonQuerySchema, optionsSchema } from '../schemas.ts';

interface SearchRouteOptions {
  readonly retriever: Retriever;
  readonly maxK: number;
}

interface JsonQuery {
  readonly vector?: number[];
  readonly id?: string;
  readonly k?: number;
  readonly distance?: Distance;
}

interface Asked {
  readonly query: Query;
  readonly options: AnswerOptions;
}

/** Registers the search. */
export async function searchRoutes(app: FastifyInstance, { retriever, maxK }: SearchRouteOptions): Promise<void> {
  app.removeContentTypeParser('text/plain');
  // Image bodies are kept as bytes; JSON and multipart have their own parsers.
  app.addContentTypeParser(/^(image\/|application\/octet-stream)/, { parseAs: 'buffer' }, (_request, body, done) => {
    done(null, body);
  });
  app.post<{ Querystring: AnswerOptions; Body: unknown }>(
    '/v1/search',
    {
      schema: {
        querystring: { type: 'object', additionalProperties: false, properties: optionsSchema(maxK) },
        body: { content: { 'application/json': { schema: jsonQuerySchema(maxK) } } },
        response: { 200: answerSchema, '4xx': errorSchema, '5xx': errorSchema },
      },
      preValidation: async (request) => refuseOtherThanNumbers(request.body),
      errorHandler: (error, request) => {
        throw error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE' ? unknownType(request) : error;
      },
    },
    async (request) => {
      const start = performance.now();
      const { query, options } = await readQuery(request, maxK);
      const merged = { ...request.query, ...options };
      const { hits, distance, code, times } = await retriever.search(query, merged);
      return {
        hits,
        k: merged.k ?? 10,
        distance,
        code: Buffer.from(code).toString('hex'),
        times: { ...times, total: performance.now() - start },
        provider: retriever.choice.provider,
      };
    },
  );
}

function unknownType(request: FastifyRequest): ServerError {
  const type = request.headers['content-type']?.slice(0, 100);
  return new ServerError(
    'UNSUPPORTED_MEDIA',
    `${type ? `The content type ${JSON.stringify(type)}` : 'A body without a content type'} isn't taken; send an image ` +
      'as the body (image/*), a form with an image (multipart/form-data), or JSON with a vector or an id (application/json).',
  );
}

/** The schema's types are lenient, as the query string needs; but null is what JSON makes of NaN, and no zero. */
function refuseOtherThanNumbers(body: unknown): void {
  const vector = (body as JsonQuery | null | undefined)?.vector;
  if (!Array.isArray(vector)) return;
  const at = vector.findIndex((value) => typeof value !== 'number');
  if (at < 0) return;
  throw new ServerError(
    'BAD_REQUEST',
    `vector[${at}] is ${JSON.stringify(vector[at])}; every entry has to be a number.`,
  );
}

async function readQuery(request: FastifyRequest, maxK: number): Promise<Asked> {
  const { body } = request;
  if (request.isMultipart()) return readMultipart(request, maxK);
  if (body instanceof Uint8Array) {
    if (body.length === 0) throw new ServerError('NO_PICTURE', 'The body is empty; send the bytes of an image file.');
    return { query: body, options: {} };
  }
  if (typeof body !== 'object' || body === null) {
    throw new ServerError(
      'NO_PICTURE',
      'The body is empty; send an image (image/* or multipart/form-data), or JSON with a vector or an id.',
    );
  }
  const { vector, id, k, distance } = body as JsonQuery;
  const options = { ...(k !== undefined && { k }), ...(distance !== undefined && { distance }) };
  return { query: vector ? Float32Array.from(vector) : { id: id! }, options };
}

/** The first file of the form is the picture; fields named k and distance count wherever they stand. */
async function readMultipart(request: FastifyRequest, maxK: number): Promise<Asked> {
  let picture: Buffer | undefined;
  const options: { k?: number; distance?: Distance } = {};
  try {
    for await (const part of request.parts()) {
      if (part.type === 'file') picture = await part.toBuffer();
      else if (part.fieldname === 'k') options.k = readK(String(part.value), maxK);
      else if (part.fieldname === 'distance') options.distance = readDistance(String(part.value));
    }
  } catch (error) {
    // The parser's own errors, of a form that is cut short or a client that left, carry no status.
    if (error instanceof ServerError || (error as { statusCode?: unknown }).statusCode !== undefined) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new ServerError('BAD_REQUEST', `The form can't be read: ${reason}.`, { cause: error });
  }
  if (!picture?.length) {
    throw new ServerError('NO_PICTURE', 'The form holds no picture; send one file, for example as the field "image".');
  }
  return { query: picture, options };
}

function readK(text: string, maxK: number): number {
  const k = Number(text);
  if (text.trim() !== '' && Number.isInteger(k) && k >= 1 && k <= maxK) return k;
  throw new ServerError('BAD_REQUEST', `k = ${JSON.stringify(text)} is not a whole number from 1 to ${maxK}.`);
}

function readDistance(text: string): Distance {
  if (text === 'aqd' || text === 'ip' || text === 'sqd') return text;
  throw new ServerError('BAD_REQUEST', `No distance is called ${JSON.stringify(text)}; there are aqd, ip, sqd.`);
}
