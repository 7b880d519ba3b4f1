/** @file Queries and hits as JSON schemas: requests are refused by them, replies are written by them, OpenAPI is made of them. */

import type { Limits } from '../http/limits.ts';

/** What every item is called. */
export const idSchema = {
  description: 'A text or, in a gallery whose ids are numbers, a whole number (beyond 2^53 as decimal text).',
  type: ['string', 'integer'],
  minLength: 1,
  maxLength: 1024,
  minimum: 0,
} as const;

export const vectorSchema = {
  description: 'An embedding: D numbers.',
  type: 'array',
  items: { type: 'number' },
  minItems: 1,
  maxItems: 65_536,
} as const;

export const imageSchema = {
  description: 'The bytes of an image file, base64.',
  type: 'string',
  contentEncoding: 'base64',
  minLength: 4,
} as const;

export const urlSchema = {
  description: 'Where an image file is; only origins that the server was told of are asked.',
  type: 'string',
  format: 'uri',
  minLength: 8,
  maxLength: 4096,
} as const;

export const codeSchema = { description: 'M subcodes as hexadecimal digits.', type: 'string' } as const;

export const labelsSchema = {
  description: 'Names of classes.',
  type: 'array',
  items: { type: 'string', minLength: 1, maxLength: 256 },
  maxItems: 1000,
} as const;

export const metadataSchema = {
  description: 'A JSON object; members of its first level can be filtered by.',
  type: 'object',
  additionalProperties: true,
} as const;

const scalar = { type: ['string', 'number', 'boolean', 'null'] } as const;
const bound = { type: ['string', 'number'] } as const;

export const filterSchema = {
  description: 'Which items may be found; of several parts an item has to pass each.',
  type: 'object',
  additionalProperties: false,
  properties: {
    labels: { ...labelsSchema, description: 'Items with at least one of these labels.' },
    ids: { description: 'Items with these ids.', type: 'array', items: idSchema, maxItems: 10_000 },
    metadata: {
      description: 'By name: what the member equals, a list of which it equals one, or a range.',
      type: 'object',
      maxProperties: 64,
      additionalProperties: {
        anyOf: [
          scalar,
          { type: 'array', items: scalar, maxItems: 1000 },
          {
            type: 'object',
            additionalProperties: false,
            minProperties: 1,
            properties: { gt: bound, gte: bound, lt: bound, lte: bound },
          },
        ],
      },
    },
  },
} as const;

/** How to search; the same for every kind of query. */
export function optionProperties({ k }: Limits) {
  return {
    k: { description: 'Hits wanted.', type: 'integer', minimum: 1, maximum: k, default: 10 },
    offset: { description: 'Hits left out before them.', type: 'integer', minimum: 0, maximum: 10_000, default: 0 },
    distance: {
      description: 'Default: the one that the codebook was learnt for. ip is the negated inner product.',
      type: 'string',
      enum: ['aqd', 'ip', 'sqd'],
    },
    include: {
      description: "metadata: hits bring theirs; code: the answer brings the query's own.",
      type: 'array',
      items: { type: 'string', enum: ['metadata', 'code'] },
      maxItems: 2,
    },
    partial: {
      description:
        'Of a gallery on several servers: what the others have, where some do not answer. The answer says which in missing.',
      type: 'boolean',
      default: false,
    },
  } as const;
}

/** The same in a query string, where a filter is JSON. */
export function querystringSchema(limits: Limits) {
  return {
    type: 'object',
    additionalProperties: false,
    properties: {
      ...optionProperties(limits),
      filter: { description: 'A filter as JSON; a longer one goes into a JSON body.', type: 'string', maxLength: 8192 },
    },
  } as const;
}

const sources = { vector: vectorSchema, id: idSchema, image: imageSchema, url: urlSchema } as const;

/** A query by itself. */
export const querySchema = {
  description: 'One of: an embedding, the id of an item, an image, the URL of one.',
  type: 'object',
  additionalProperties: false,
  properties: sources,
  oneOf: Object.keys(sources).map((name) => ({ required: [name] })),
} as const;

/** A search as JSON. */
export function searchBodySchema(limits: Limits) {
  return {
    ...querySchema,
    properties: { ...sources, ...optionProperties(limits), filter: filterSchema },
    examples: [{ id: 'cat-1', k: 5 }],
  } as const;
}

/** Many searches as JSON. */
export function batchBodySchema(limits: Limits) {
  return {
    type: 'object',
    additionalProperties: false,
    required: ['queries'],
    properties: {
      queries: { type: 'array', items: querySchema, minItems: 1, maxItems: limits.batch },
      ...optionProperties(limits),
      filter: filterSchema,
    },
    examples: [{ queries: [{ id: 'cat-1' }, { id: 'cat-2' }], k: 5 }],
  } as const;
}

const hitSchema = {
  type: 'object',
  required: ['id', 'distance', 'labels'],
  properties: {
    id: idSchema,
    distance: { description: 'Smaller is nearer.', type: 'number' },
    labels: labelsSchema,
    metadata: metadataSchema,
  },
} as const;

const hits = { description: 'Nearest first.', type: 'array', items: hitSchema } as const;

const timesSchema = {
  description: 'Milliseconds by stage; 0 for what the query did not need.',
  type: 'object',
  required: ['total'],
  properties: Object.fromEntries(
    ['queue', 'decode', 'preprocess', 'infer', 'search', 'total'].map((stage) => [stage, { type: 'number' }]),
  ),
} as const;

const answered = {
  k: { type: 'integer' },
  offset: { type: 'integer' },
  distance: { type: 'string', enum: ['aqd', 'ip', 'sqd'] },
  provider: { description: 'What runs the network: cuda, webgpu, cpu.', type: 'string' },
  missing: {
    description: 'Where partial results were asked for: servers that did not answer, none where the answer is whole.',
    type: 'array',
    items: { type: 'string' },
  },
  times: timesSchema,
} as const;

/** The answer of a search. */
export const answerSchema = {
  description: 'The nearest items.',
  type: 'object',
  required: ['hits', 'k', 'offset', 'distance', 'times', 'provider'],
  properties: {
    hits,
    code: { ...codeSchema, description: "The query's own code, as hexadecimal digits." },
    ...answered,
  },
} as const;

/** RFC 9457. */
export const problemSchema = {
  description: 'Problem details (RFC 9457).',
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'code'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { description: 'One of a fixed set, such as BAD_REQUEST or OVERLOADED.', type: 'string' },
    requestId: { type: 'string' },
  },
} as const;

/** The answers of many searches, in their order. */
export const batchAnswerSchema = {
  description: 'For each query its hits, or what was wrong with it.',
  type: 'object',
  required: ['results', 'k', 'offset', 'distance', 'times', 'provider'],
  properties: {
    results: {
      type: 'array',
      items: { type: 'object', properties: { hits, code: codeSchema, problem: problemSchema } },
    },
    ...answered,
  },
} as const;

/** What an encoding gives. */
export const encodedSchema = {
  description: 'For each picture its code, or what was wrong with it.',
  type: 'object',
  required: ['results', 'provider'],
  properties: {
    results: {
      type: 'array',
      items: { type: 'object', properties: { code: codeSchema, vector: vectorSchema, problem: problemSchema } },
    },
    provider: answered.provider,
  },
} as const;

const encodeInclude = {
  description: 'vector: results bring the embeddings, too.',
  type: 'array',
  items: { type: 'string', enum: ['vector'] },
  maxItems: 1,
} as const;

/** Beside an image that is to be encoded. */
export const encodeQuerystring = {
  type: 'object',
  additionalProperties: false,
  properties: { include: encodeInclude },
} as const;

/** Images to be encoded, as JSON. */
export function encodeBodySchema(limits: Limits) {
  const { vector, image, url } = sources;
  return {
    type: 'object',
    additionalProperties: false,
    required: ['queries'],
    properties: {
      queries: {
        type: 'array',
        minItems: 1,
        maxItems: limits.batch,
        items: {
          description: 'One of: an embedding, an image, the URL of one.',
          type: 'object',
          additionalProperties: false,
          properties: { vector, image, url },
          oneOf: ['vector', 'image', 'url'].map((name) => ({ required: [name] })),
        },
      },
      include: encodeInclude,
    },
    examples: [{ queries: [{ url: 'https://example.org/cat.jpg' }], include: ['vector'] }],
  } as const;
}
