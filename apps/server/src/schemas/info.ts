/** @file What the service says of itself, as JSON schemas. */

/** Reply of /healthz. */
export const healthSchema = {
  description: 'It answers.',
  type: 'object',
  required: ['status'],
  properties: { status: { type: 'string' } },
} as const;

/** Reply of /readyz. */
export const readySchema = {
  description: 'What works, and what does not.',
  type: 'object',
  required: ['status', 'problems'],
  properties: {
    status: { type: 'string', enum: ['ready', 'not ready'] },
    problems: {
      type: 'array',
      items: {
        type: 'object',
        required: ['code', 'message'],
        properties: { code: { type: 'string' }, message: { type: 'string' } },
      },
    },
  },
} as const;

const open = { type: 'object', additionalProperties: true } as const;

/** Reply of /v1/info. */
export const infoSchema = {
  description: 'What is served.',
  type: 'object',
  required: ['version', 'model', 'codebook', 'gallery', 'runtime', 'limits'],
  properties: {
    version: { type: 'string' },
    model: {
      type: 'object',
      required: ['sha256', 'size', 'dimensions'],
      properties: {
        sha256: { type: 'string' },
        size: { description: 'Pixels on a side of what the network sees.', type: 'integer' },
        dimensions: { description: 'D: numbers of an embedding.', type: 'integer' },
      },
    },
    codebook: {
      type: 'object',
      required: ['sha256', 'M', 'K', 'bits', 'distance', 'classes'],
      properties: {
        sha256: { type: 'string' },
        M: { description: 'Bytes of a code.', type: 'integer' },
        K: { description: 'Codewords of a subspace.', type: 'integer' },
        bits: { type: 'number' },
        distance: { type: 'string' },
        classes: { type: 'array', items: { type: 'string' } },
        training: open,
      },
    },
    gallery: {
      description: 'null: none is open.',
      type: ['object', 'null'],
      additionalProperties: true,
      required: ['count'],
      properties: {
        count: { description: 'Items.', type: 'integer' },
        classes: { type: 'array', items: { type: 'string' } },
        thumbnailType: { type: 'string' },
      },
    },
    runtime: {
      type: 'object',
      additionalProperties: true,
      required: ['provider'],
      properties: { provider: { description: 'cuda, webgpu or cpu.', type: 'string' } },
    },
    limits: {
      type: 'object',
      required: ['body', 'bulk', 'batch', 'k', 'requests', 'time'],
      properties: {
        body: { description: 'Bytes of a body.', type: 'number' },
        bulk: { description: 'Bytes of a stream of items.', type: 'number' },
        batch: { description: 'Queries or pictures a request.', type: 'integer' },
        k: { description: 'Hits a query.', type: 'integer' },
        requests: { description: 'Requests at a time.', type: 'integer' },
        time: { description: 'Milliseconds a request.', type: 'number' },
      },
    },
  },
} as const;
