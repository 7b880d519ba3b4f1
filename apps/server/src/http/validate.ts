/** @file How schemas are checked: strict in bodies, by the text's meaning in paths and query strings. */

import { Ajv, type AnySchema, type ErrorObject } from 'ajv';
import type { FastifyInstance } from 'fastify';
import { ServerError } from '../errors.ts';

const OPTIONS = {
  allErrors: false,
  strict: false,
  removeAdditional: false,
  verbose: true,
  // The schemas are our own: holding them against the schema of schemas would take half a second of each start.
  ...{ meta: false, validateSchema: false },
  formats: { uri: true },
} as const;

/** A body has types, so `"1"` is no number there and null no zero. */
const bodies = (): Ajv => new Ajv({ ...OPTIONS, coerceTypes: false });

/** A path, a query string and a form hold nothing but text. */
const texts = (): Ajv => new Ajv({ ...OPTIONS, coerceTypes: 'array' });

/** Checks the requests of a service by the schemas of its routes. */
export function addValidation(app: FastifyInstance): void {
  const [ofBodies, ofTexts] = [bodies(), texts()];
  app.setValidatorCompiler(({ schema, httpPart }) =>
    (httpPart === 'body' ? ofBodies : ofTexts).compile(schema as AnySchema),
  );
  app.setSchemaErrorFormatter((errors, part) => {
    return Object.assign(new Error(describe(mainOf(errors as ErrorObject[]), part)), {
      statusCode: 400,
      code: 'FST_ERR_VALIDATION',
    });
  });
}

/**
 * A check of something that came by another way than a body: throws ServerError `BAD_REQUEST`. Of `text` the values are read
 * from text.
 */
export function checker<T>(schema: object, what: string, from: 'text' | 'json'): (value: unknown) => T {
  const validate = (from === 'text' ? texts() : bodies()).compile(schema);
  return (value) => {
    if (validate(value)) return value as T;
    throw new ServerError('BAD_REQUEST', describe(mainOf(validate.errors!), what));
  };
}

/** Parses JSON that stands in a field or a query string. */
export function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ServerError('BAD_REQUEST', `${what} is no JSON: ${reason}.`, { cause });
  }
}

/** Deeper than people nest, and far from where recursion ends. */
const DEPTH = 64;

/** Refuses JSON that is nested too deeply: ServerError `BAD_REQUEST`. */
export function checkDepth(value: unknown, what: string): void {
  let level = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > DEPTH) throw new ServerError('BAD_REQUEST', `${what} is nested more than ${DEPTH} levels deep.`);
    level = level.flatMap((one) => (typeof one === 'object' && one !== null ? Object.values(one) : []));
  }
}

/** Of alternatives that all failed, that they did: the first one's own error would hide the others. */
function mainOf(errors: readonly ErrorObject[]): ErrorObject {
  return errors.find(({ keyword }) => keyword === 'oneOf') ?? errors[0];
}

/** One sentence: where, and what was expected. */
export function describe({ keyword, message, instancePath, params, schema }: ErrorObject, part: string): string {
  const where = [part === 'querystring' ? 'The query string' : part, ...instancePath.split('/').slice(1)].join('.');
  const { allowedValues, additionalProperty } = params as { allowedValues?: unknown[]; additionalProperty?: string };
  if (additionalProperty !== undefined) {
    return `${where} has ${JSON.stringify(additionalProperty.slice(0, 100))}, which nothing reads.`;
  }
  if (allowedValues) return `${where} must be one of ${allowedValues.join(', ')}.`;
  if (keyword === 'oneOf') {
    const names = (schema as { required?: string[] }[]).flatMap(({ required = [] }) => required);
    if (names.length > 0) return `${where} must have exactly one of ${names.join(', ')}.`;
  }
  return `${where} ${message ?? 'is wrong'}.`;
}
