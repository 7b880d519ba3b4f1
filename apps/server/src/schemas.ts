/** @file The service's contract as JSON schemas: requests are refused by them, replies are written by them. */

/** Body of every error. */
export const errorSchema = {
  type: 'object',
  required: ['code', 'message'],
  properties: { code: { type: 'string' }, message: { type: 'string' } },
} as const;

/** `?k=&distance=`, also as fields beside a multipart picture. */
export function optionsSchema(maxK: number) {
  return {
    k: { type: 'integer', minimum: 1, maximum: maxK },
    distance: { type: 'string', enum: ['aqd', 'ip', 'sqd'] },
  } as const;
}

/** JSON body of a search: a vector or the id of an item. */
export function jsonQuerySchema(maxK: number) {
  return {
    type: 'object',
    additionalProperties: false,
    properties: {
      ...optionsSchema(maxK),
      vector: { type: 'array', items: { type: 'number' }, minItems: 1, maxItems: 65536 },
      id: { type: 'string', minLength: 1, maxLength: 4096 },
    },
    oneOf: [{ required: ['vector'] }, { required: ['id'] }],
  } as const;
}

const hitSchema = {
  type: 'object',
  required: ['row', 'id', 'distance', 'labels'],
  properties: {
    row: { type: 'integer' },
    id: { type: 'string' },
    distance: { type: 'number' },
    labels: { type: 'array', items: { type: 'string' } },
  },
} as const;

/** Reply of a search. `code`: the query's code as hex; `times`: milliseconds. */
export const answerSchema = {
  type: 'object',
  required: ['hits', 'k', 'distance', 'code', 'times', 'provider'],
  properties: {
    hits: { type: 'array', items: hitSchema },
    k: { type: 'integer' },
    distance: { type: 'string' },
    code: { type: 'string' },
    provider: { type: 'string' },
    times: {
      type: 'object',
      properties: Object.fromEntries(
        ['decode', 'preprocess', 'network', 'search', 'total'].map((stage) => [stage, { type: 'number' }]),
      ),
    },
  },
} as const;

/** Reply of /healthz. */
export const healthSchema = {
  type: 'object',
  required: ['status'],
  properties: { status: { type: 'string' } },
} as const;
