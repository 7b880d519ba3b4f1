/** @file /v1/items/{id}: one item, put, got, removed, and its thumbnail. */

import { THUMBNAIL_TYPE } from '@dqn/data';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ServerError } from '../errors.ts';
import { bringsImage, IMAGE_OR_JSON, oneImage, readForm, unknownType } from '../http/bodies.ts';
import { checkDepth, checker, parseJson } from '../http/validate.ts';
import type { NewItem } from '../items.ts';
import { idParams, itemBodySchema, itemQuerystring, itemSchema, putSchema } from '../schemas/items.ts';
import type { Metadata } from '../store/store.ts';
import { type Context, hex, problems, type Source, signalOf, toImage, toVector } from './context.ts';
import { imageBody, jsonBody } from './search.ts';

interface Params {
  readonly id: string;
}

/** What may stand beside a picture, in a query string or a form. */
interface TextAbout {
  readonly labels?: readonly string[];
  readonly metadata?: string;
  readonly thumbnail?: boolean;
}

/** An item in JSON. */
export interface JsonItem extends Source {
  readonly code?: string;
  readonly labels?: readonly string[];
  readonly metadata?: Metadata;
  readonly thumbnail?: boolean | string;
}

/** Registers them. */
export async function itemRoutes(app: FastifyInstance, context: Context): Promise<void> {
  const { retriever, limits } = context;
  const checkFields = checker<TextAbout>(itemQuerystring, 'The form', 'text');
  const none = (id: string): ServerError =>
    new ServerError('NOT_FOUND', `No item of this gallery has the id ${JSON.stringify(id)}.`);

  app.put<{ Params: Params; Querystring: TextAbout }>(
    '/v1/items/:id',
    {
      config: { role: 'write', takes: ['image', 'form'] },
      preParsing: async (request: FastifyRequest) => {
        if (bringsImage(request)) retriever.checkRoom();
      },
      errorHandler: (error: { code?: string }, request: FastifyRequest) => {
        throw error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE' ? unknownType(request, IMAGE_OR_JSON) : error;
      },
      schema: {
        operationId: 'putItem',
        summary: 'Add an item, or replace the one that has this id',
        tags: ['items'],
        params: idParams,
        querystring: itemQuerystring,
        body: { content: { 'application/json': { schema: itemBodySchema } } },
        response: { 200: putSchema, 201: putSchema, ...problems },
      },
    },
    async (request, reply) => {
      const signal = signalOf(reply, context);
      const { id } = request.params;
      let item: NewItem;
      if (request.isMultipart()) {
        const form = await readForm(request, limits);
        const about = { ...request.query, ...checkFields(form.fields) };
        item = { id, image: oneImage(form), ...fromText(about, context) };
        if (form.thumbnail) item = { ...item, thumbnail: form.thumbnail };
      } else if (request.body instanceof Uint8Array) {
        item = { id, image: imageBody(request.body), ...fromText(request.query, context) };
      } else item = await toItem(id, jsonBody<JsonItem>(request), signal, context);
      const [created] = await retriever.add([item], { signal });
      return reply.status(created ? 201 : 200).send({ id, created });
    },
  );

  app.get<{ Params: Params }>(
    '/v1/items/:id',
    {
      schema: {
        operationId: 'getItem',
        summary: 'An item',
        tags: ['items'],
        params: idParams,
        response: { 200: itemSchema, ...problems },
      },
    },
    async ({ params: { id } }, reply) => {
      const item = await retriever.get(id, { signal: signalOf(reply, context) });
      if (!item) throw none(id);
      return { ...item, code: hex(item.code) };
    },
  );

  app.delete<{ Params: Params }>(
    '/v1/items/:id',
    {
      config: { role: 'write' },
      schema: {
        operationId: 'removeItem',
        summary: 'Remove an item',
        tags: ['items'],
        params: idParams,
        response: { 204: { description: 'It is gone, on the disk, too.', type: 'null' }, ...problems },
      },
    },
    async ({ params: { id } }, reply) => {
      const [wasThere] = await retriever.remove([id], { signal: signalOf(reply, context) });
      if (!wasThere) throw none(id);
      return reply.status(204).send();
    },
  );

  app.get<{ Params: Params }>(
    '/v1/items/:id/thumbnail',
    {
      schema: {
        operationId: 'getThumbnail',
        summary: 'A small picture of an item',
        tags: ['items'],
        params: idParams,
        response: {
          200: {
            description: 'An image file.',
            content: { 'image/*': { schema: { type: 'string', format: 'binary' } } },
          },
          ...problems,
        },
      },
    },
    async ({ params: { id } }, reply) => {
      const { store } = retriever;
      const bytes = await store.thumbnail(id, { signal: signalOf(reply, context) });
      if (!bytes) throw new ServerError('NOT_FOUND', `No item has the id ${JSON.stringify(id)} and a thumbnail.`);
      return reply
        .type(store.stats().thumbnailType || 'application/octet-stream')
        .header('cache-control', 'no-cache')
        .send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    },
  );
}

function fromText({ labels, metadata, thumbnail = true }: TextAbout, context: Context): Omit<NewItem, 'id'> {
  return {
    ...(labels && { labels }),
    ...(metadata !== undefined && { metadata: toMetadata(parseJson(metadata, 'metadata')) }),
    ...(thumbnail && canMakeThumbnail(context) && { thumbnail: 'make' }),
  };
}

/** An item that came as JSON; `bytes`: its picture, where that came by itself. */
export async function toItem(
  id: NewItem['id'],
  { vector, code, image, url, labels, metadata, thumbnail }: JsonItem,
  signal: AbortSignal,
  context: Context,
  bytes?: Uint8Array,
): Promise<NewItem> {
  const isPicture = image !== undefined || url !== undefined || bytes !== undefined;
  const given = typeof thumbnail === 'string' ? Buffer.from(thumbnail, 'base64') : thumbnail;
  const small = thumbnailOf(given, isPicture, context);
  return {
    id,
    ...(vector && { vector: toVector(vector, context) }),
    ...(code !== undefined && { code: Buffer.from(code, 'hex') }),
    ...(isPicture && { image: bytes ?? (await toImage({ image, url } as Source, signal, context)) }),
    ...(labels && { labels }),
    ...(metadata && { metadata: toMetadata(metadata) }),
    ...(small !== undefined && { thumbnail: small }),
  };
}

/** The thumbnail of an item: what is given, or one that is made of its picture unless that isn't wanted. */
export function thumbnailOf(
  given: boolean | Uint8Array = true,
  isPicture: boolean,
  context: Context,
): Uint8Array | 'make' | undefined {
  if (typeof given !== 'boolean') return given;
  return given && isPicture && canMakeThumbnail(context) ? 'make' : undefined;
}

/** A gallery has thumbnails of one type; where it isn't the one that is made, pictures go without. */
function canMakeThumbnail({ retriever }: Context): boolean {
  const { thumbnailType } = retriever.store.stats();
  return thumbnailType === '' || thumbnailType === THUMBNAIL_TYPE;
}

/** A JSON object that isn't nested too deeply to be written. */
function toMetadata(value: unknown): Metadata {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ServerError('BAD_REQUEST', 'metadata has to be a JSON object.');
  }
  checkDepth(value, 'metadata');
  return value as Metadata;
}
