/** @file POST /v1/search and /v1/search:batch: images, vectors and ids of items → hits. */

import type { Distance } from '@dqn/pq';
import type { FastifyInstance, FastifyRequest, preParsingHookHandler } from 'fastify';
import { explain, type Problem, problemOf, ServerError } from '../errors.ts';
import { bringsImage, type Form, IMAGE_OR_JSON, oneImage, readForm, unknownType } from '../http/bodies.ts';
import { checker, parseJson } from '../http/validate.ts';
import type { Answer, AnswerOptions, Include, Query } from '../retriever.ts';
import {
  answerSchema,
  batchAnswerSchema,
  batchBodySchema,
  filterSchema,
  querystringSchema,
  searchBodySchema,
} from '../schemas/query.ts';
import type { ItemFilter } from '../store/store.ts';
import { type Context, hex, problems, type Source, signalOf, toImage, toVector } from './context.ts';

interface Options {
  readonly k?: number;
  readonly offset?: number;
  readonly distance?: Distance;
  readonly include?: readonly Include[];
  readonly filter?: ItemFilter;
  readonly partial?: boolean;
}

type TextOptions = Omit<Options, 'filter'> & { readonly filter?: string };

/** Registers both. */
export async function searchRoutes(app: FastifyInstance, context: Context): Promise<void> {
  const { retriever, limits } = context;
  const querystring = querystringSchema(limits);
  const checkFields = checker<TextOptions>(querystring, 'The form', 'text');
  const checkFilter = checker<ItemFilter>(filterSchema, 'filter', 'json');
  const fromText = ({ filter, ...rest }: TextOptions): Options =>
    filter === undefined ? rest : { ...rest, filter: checkFilter(parseJson(filter, 'filter')) };
  const fromForm = ({ fields }: Form): Options => fromText(checkFields(fields));
  const answered = (options: Options, start: number) => ({
    k: options.k ?? 10,
    offset: options.offset ?? 0,
    distance: options.distance ?? retriever.model.codebook.distance,
    provider: retriever.choice.provider,
    total: performance.now() - start,
  });
  const routeOptions = {
    preParsing: ((request, _reply, payload, done) => {
      if (bringsImage(request)) retriever.checkRoom();
      done(null, payload);
    }) satisfies preParsingHookHandler,
    errorHandler: (error: { code?: string }, request: FastifyRequest) => {
      throw error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE' ? unknownType(request, IMAGE_OR_JSON) : error;
    },
  };

  app.post<{ Querystring: TextOptions }>(
    '/v1/search',
    {
      ...routeOptions,
      config: { takes: ['image', 'form'] },
      schema: {
        operationId: 'search',
        summary: 'Find the items nearest to an image, a vector or an item',
        tags: ['search'],
        querystring,
        body: { content: { 'application/json': { schema: searchBodySchema(limits) } } },
        response: { 200: answerSchema, ...problems },
      },
    },
    async (request, reply) => {
      const start = performance.now();
      let query: Query;
      let options = fromText(request.query);
      // A vector is answered in this turn: there is nothing to give up, and a signal costs as much as a search.
      let signal: AbortSignal | undefined;
      if (request.isMultipart()) {
        signal = signalOf(reply, context);
        const form = await readForm(request, limits);
        query = oneImage(form);
        options = { ...options, ...fromForm(form) };
      } else if (request.body instanceof Uint8Array) {
        signal = signalOf(reply, context);
        query = imageBody(request.body);
      } else {
        const { vector, id, image, url, ...rest } = jsonBody<Source & Options>(request);
        if (vector) query = toVector(vector, context);
        else {
          signal = signalOf(reply, context);
          query = await toQuery({ id, image, url } as Source, signal, context);
        }
        options = { ...options, ...rest };
      }
      const missing = listener(options);
      const { hits, code, times } = await retriever.search(query, { ...options, ...missing, signal });
      const { total, ...rest } = answered(options, start);
      return { hits, ...(code && { code: hex(code) }), ...missing?.found(), ...rest, times: { ...times, total } };
    },
  );

  app.post<{ Querystring: TextOptions }>(
    '/v1/search::batch',
    {
      ...routeOptions,
      config: { takes: ['form'] },
      schema: {
        operationId: 'searchBatch',
        summary: 'Many searches with the same options',
        tags: ['search'],
        querystring,
        body: { content: { 'application/json': { schema: batchBodySchema(limits) } } },
        response: { 200: batchAnswerSchema, ...problems },
      },
    },
    async (request, reply) => {
      const start = performance.now();
      const signal = signalOf(reply, context);
      let sources: (() => Promise<Query>)[];
      let options = fromText(request.query);
      if (request.isMultipart()) {
        const form = await readForm(request, limits);
        sources = form.images.map((image) => async () => image);
        options = { ...options, ...fromForm(form) };
      } else {
        const { queries, ...rest } = jsonBody<Options & { queries: Source[] }>(request);
        sources = queries.map((source) => () => toQuery(source, signal, context));
        options = { ...options, ...rest };
      }
      const missing = listener(options);
      const answers = await searchEach(sources, { ...options, ...missing, signal } as AnswerOptions, context);
      const { total, ...rest } = answered(options, start);
      return {
        results: answers.map((answer) =>
          'hits' in answer
            ? { hits: answer.hits, ...(answer.code && { code: hex(answer.code) }) }
            : { problem: answer },
        ),
        ...missing?.found(),
        ...rest,
        times: { search: answers.reduce((sum, one) => sum + ('times' in one ? one.times.search : 0), 0), total },
      };
    },
  );
}

/** Hears of servers that don't answer, where partial results will do; without it they are an error. */
function listener({ partial }: Options) {
  if (!partial) return undefined;
  const silent = new Set<string>();
  return {
    onMissing(shards: readonly string[]): void {
      for (const shard of shards) silent.add(shard);
    },
    found: () => ({ missing: [...silent] }),
  };
}

/** Each by itself what it gives or what was wrong with it; vectors together. What is no query's own fault fails all. */
async function searchEach(
  sources: readonly (() => Promise<Query>)[],
  options: AnswerOptions,
  { retriever }: Context,
): Promise<(Answer | Problem)[]> {
  const queries = await settle(sources.map((source) => source()));
  const vectors = queries.filter((query) => query instanceof Float32Array);
  const answers = retriever.searchMany(vectors, options);
  // Somebody listens to it from the beginning, also when another query fails first.
  answers.catch(() => {});
  let next = 0;
  return settle(
    queries.map(async (query) => {
      if (query instanceof Float32Array) {
        const at = next++;
        return (await answers)[at];
      }
      return isProblem(query) ? query : retriever.search(query, options);
    }),
  );
}

/** What is wrong with all queries if it is with one. */
const SHARED: ReadonlySet<string> = new Set(['BAD_FILTER', 'UNKNOWN_LABEL', 'NO_GALLERY', 'READ_ONLY']);

/** The values, and the problems of those whose caller can do something about them. */
export async function settle<T>(promises: readonly Promise<T>[]): Promise<(T | Problem)[]> {
  const settled = await Promise.allSettled(promises);
  return settled.map((one) => {
    if (one.status === 'fulfilled') return one.value;
    const { status, code } = explain(one.reason);
    if (status >= 500 || status === 429 || status === 499 || SHARED.has(code)) throw one.reason;
    return problemOf(one.reason);
  });
}

/** Whether it is what `settle` puts in the place of a value. */
export function isProblem(value: unknown): value is Problem {
  return typeof value === 'object' && value !== null && 'title' in value && 'status' in value;
}

async function toQuery(source: Source, signal: AbortSignal, context: Context): Promise<Query> {
  if (source.vector !== undefined) return toVector(source.vector, context);
  if (source.id !== undefined) return { id: source.id };
  return toImage(source, signal, context);
}

/** An image that is the body. */
export function imageBody(body: Uint8Array): Uint8Array {
  if (body.length > 0) return body;
  throw new ServerError('NO_PICTURE', 'The body is empty; send the bytes of an image file.');
}

/** A body that the schema has passed; without a content type it wasn't looked at. */
export function jsonBody<T>(request: FastifyRequest): T {
  if (typeof request.body === 'object' && request.body !== null) return request.body as T;
  throw new ServerError('NO_PICTURE', `The body is empty; send ${IMAGE_OR_JSON.join(', or ')}.`);
}
