/** @file Items as JSON schemas. */

import {
  codeSchema,
  idSchema,
  imageSchema,
  labelsSchema,
  metadataSchema,
  problemSchema,
  urlSchema,
  vectorSchema,
} from './query.ts';

const about = {
  labels: labelsSchema,
  metadata: metadataSchema,
} as const;

const sources = {
  vector: vectorSchema,
  code: { ...codeSchema, minLength: 2, maxLength: 512, pattern: '^([0-9a-fA-F]{2})+$' },
  image: imageSchema,
  url: urlSchema,
} as const;

const thumbnail = {
  description: 'The bytes of a small image file, base64, to show it by; of a picture one is made unless this is false.',
  anyOf: [{ type: 'boolean' }, { type: 'string', contentEncoding: 'base64', minLength: 4, maxLength: 1_048_576 }],
} as const;

const oneSource = Object.keys(sources).map((name) => ({ required: [name] }));

/** An item as it is put at its path. */
export const itemBodySchema = {
  description: 'One of vector, code, image and url, and what is known of it.',
  type: 'object',
  additionalProperties: false,
  properties: { ...sources, ...about, thumbnail },
  oneOf: oneSource,
  examples: [{ url: 'https://example.org/cat.jpg', labels: ['cat'], metadata: { year: 2024 } }],
} as const;

/** A line of a stream of items: an item, or one to be removed. */
export const itemLineSchema = {
  description: 'An item with its id, or {"id", "remove": true}.',
  type: 'object',
  additionalProperties: false,
  required: ['id'],
  properties: { id: idSchema, ...sources, ...about, thumbnail, remove: { const: true } },
  oneOf: [...oneSource, { required: ['remove'] }],
  examples: [{ id: 'cat-1', url: 'https://example.org/cat.jpg', labels: ['cat'] }],
} as const;

/** The id in a path. */
export const idParams = {
  type: 'object',
  required: ['id'],
  properties: {
    id: { description: 'The id, percent-encoded.', type: 'string', minLength: 1, maxLength: 1024 },
  },
} as const;

/** What may stand beside a picture that is the body. */
export const itemQuerystring = {
  type: 'object',
  additionalProperties: false,
  properties: {
    labels: labelsSchema,
    metadata: { description: 'A JSON object; a longer one goes into a JSON body.', type: 'string', maxLength: 8192 },
    thumbnail: { description: 'Whether a small picture is kept to show it by.', type: 'boolean', default: true },
  },
} as const;

/** An item as it is kept. */
export const itemSchema = {
  description: 'An item.',
  type: 'object',
  required: ['id', 'labels', 'code'],
  properties: { id: idSchema, code: codeSchema, ...about },
} as const;

/** The answer to a put. */
export const putSchema = {
  description: 'Durable: it is on the disk.',
  type: 'object',
  required: ['id', 'created'],
  properties: { id: idSchema, created: { description: 'false: it replaced one.', type: 'boolean' } },
} as const;

/** A JSON file beside an image of a tar. */
export const sidecarSchema = {
  type: 'object',
  additionalProperties: false,
  properties: { id: { ...idSchema, description: "Default: the picture's name." }, ...about },
} as const;

/** A line of the answer to a stream. */
export const bulkAnswerSchema = {
  description: 'A line for each entry when it is durable; the last line has `done` and the sums.',
  type: 'object',
  properties: {
    index: { description: 'Position in the stream, from 0.', type: 'integer' },
    id: idSchema,
    status: { type: 'string', enum: ['created', 'replaced', 'removed', 'absent', 'failed'] },
    problem: problemSchema,
    done: { description: 'false: the stream broke, and problem says why.', type: 'boolean' },
    created: { type: 'integer' },
    replaced: { type: 'integer' },
    removed: { type: 'integer' },
    absent: { type: 'integer' },
    failed: { type: 'integer' },
  },
} as const;
