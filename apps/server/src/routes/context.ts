/** @file What every route of the service has at hand. */

import type { FastifyReply } from 'fastify';
import { ServerError } from '../errors.ts';
import { deadline } from '../http/deadline.ts';
import { fetchImage } from '../http/fetch-image.ts';
import type { Limits } from '../http/limits.ts';
import type { Retriever } from '../retriever.ts';
import { problemSchema } from '../schemas/query.ts';
import type { ItemId } from '../store/store.ts';

/** The service's parts. */
export interface Context {
  readonly retriever: Retriever;
  readonly limits: Limits;
  /** Origins that images are fetched from. */
  readonly fetchFrom: readonly string[];
  /** Aborts when the service stops: streams end where they are. */
  readonly stopping: AbortSignal;
}

/** Where a picture or a vector comes from, in JSON: one of them. */
export interface Source {
  readonly vector?: readonly number[];
  readonly id?: ItemId;
  readonly image?: string;
  readonly url?: string;
}

/** Errors, in every route's replies. */
export const problems = {
  '4xx': { description: problemSchema.description, content: { 'application/problem+json': { schema: problemSchema } } },
  '5xx': { description: problemSchema.description, content: { 'application/problem+json': { schema: problemSchema } } },
} as const;

/** The signal of a request that isn't a stream. */
export function signalOf(reply: FastifyReply, { limits }: Context): AbortSignal {
  return deadline(reply, limits.time);
}

/** An embedding as the retriever takes it: float32 [D]. */
export function toVector(numbers: readonly number[], { retriever }: Context): Float32Array {
  const { dimensions } = retriever.model;
  if (numbers.length !== dimensions) {
    throw new ServerError(
      'BAD_QUERY',
      `A vector has ${numbers.length} numbers; embeddings of this model have ${dimensions}.`,
    );
  }
  const vector = new Float32Array(numbers);
  for (let i = 0; i < dimensions; i++) {
    if (Number.isFinite(vector[i])) continue;
    throw new ServerError('BAD_QUERY', `vector[${i}] is ${numbers[i]}, more than a float32 holds.`);
  }
  return vector;
}

/** The bytes of an image that came as base64 or by its URL. */
export async function toImage(source: Source, signal: AbortSignal, context: Context): Promise<Uint8Array> {
  if (source.image !== undefined) return Buffer.from(source.image, 'base64');
  return fetchImage(source.url!, { from: context.fetchFrom, limit: context.limits.body, signal });
}

/** Hexadecimal digits. */
export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}
