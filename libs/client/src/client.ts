/** @file The server's operations as methods; their types are made from its OpenAPI document. */

import { ClientError } from './errors.ts';
import type { Operations } from './generated/api.ts';
import { type Ask, type ClientOptions, createHttp, json, jsonLines, received } from './http.ts';
import { itemLines } from './item-lines.ts';

type Body<Name extends keyof Operations> = Operations[Name] extends { body: infer T } ? T : never;
type Reply<Name extends keyof Operations> = Operations[Name] extends { reply: infer T } ? T : never;

/** An image file: its bytes, or a Blob such as a File of a form. */
export type ImageFile = Blob | Uint8Array;

/** A query in JSON: an embedding, the id of an item, an image as base64 or by its URL; and how to search. */
export type SearchQuery = Body<'search'>;
/** How to search. */
export type SearchOptions = Omit<Extract<SearchQuery, { id: unknown }>, 'id' | 'vector' | 'image' | 'url'>;
/** The nearest items. */
export type Answer = Reply<'search'>;
/** Many queries in JSON. */
export type BatchQuery = Body<'searchBatch'>;
/** Their answers, in order. */
export type BatchAnswer = Reply<'searchBatch'>;
/** Images or embeddings to be encoded. */
export type EncodeQuery = Body<'encode'>;
/** Their codes, in order. */
export type Encoded = Reply<'encode'>;
/** An item to be put: one of vector, code, image and url, and what is known of it. */
export type ItemBody = Body<'putItem'>;
/** An item as it is kept. */
export type Item = Reply<'getItem'>;
type Line = Body<'putItems'>;
/** A line of a stream of items: an item with its id, or an id to be removed. An image may be base64, or its bytes. */
export type ItemLine = Line | (Omit<Extract<Line, { image: string }>, 'image'> & { readonly image: Uint8Array });
/** What became of a line. */
export type ItemOutcome = Required<Pick<Reply<'putItems'>, 'index' | 'status'>> &
  Pick<Reply<'putItems'>, 'id' | 'problem'>;
/** What is served. */
export type Info = Reply<'info'>;
/** What is known of an item that is put as a picture. */
export type About = Pick<ItemBody, 'labels' | 'metadata'> & { readonly thumbnail?: boolean };

/** What every method takes. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Calls of one server; made by `createClient`. */
export class Client {
  readonly #ask: (ask: Ask) => Promise<Response>;

  constructor(options: ClientOptions) {
    this.#ask = createHttp(options);
  }

  /**
   * The items nearest to a query in JSON.
   *
   * @throws ClientError
   * @example const { hits } = await client.search({ id: 'cat-1', k: 5, filter: { labels: ['cat'] } });
   */
  async search(query: SearchQuery, o: CallOptions = {}): Promise<Answer> {
    return json(await this.#json('POST', '/v1/search', query, o));
  }

  /**
   * The items nearest to an image file.
   *
   * @example const { hits } = await client.searchImage(await readFile('photo.jpg'), { k: 5 });
   */
  async searchImage(image: ImageFile, options: SearchOptions = {}, { signal }: CallOptions = {}): Promise<Answer> {
    const query = { ...options } as Record<string, unknown>;
    return json(await this.#ask({ method: 'POST', path: '/v1/search', query, ...imageBody(image), signal }));
  }

  /** Many searches with the same options: for each its hits, or what was wrong with it. */
  async searchBatch(query: BatchQuery, o: CallOptions = {}): Promise<BatchAnswer> {
    return json(await this.#json('POST', '/v1/search:batch', query, o));
  }

  /** The codes of images or vectors, and the embeddings with `include: ['vector']`. */
  async encode(query: EncodeQuery, o: CallOptions = {}): Promise<Encoded> {
    return json(await this.#json('POST', '/v1/encode', query, o));
  }

  /** Adds an item, or replaces the one that has this id; durable when it returns. @returns whether it is new */
  async put(id: string | number, item: ItemBody, o: CallOptions = {}): Promise<boolean> {
    return (await json<Reply<'putItem'>>(await this.#json('PUT', itemPath(id), item, o))).created;
  }

  /** The same for an image file. */
  async putImage(
    id: string | number,
    image: ImageFile,
    about: About = {},
    { signal }: CallOptions = {},
  ): Promise<boolean> {
    const ask = { method: 'PUT', path: itemPath(id), query: about, ...imageBody(image), signal } as const;
    return (await json<Reply<'putItem'>>(await this.#ask(ask))).created;
  }

  /** An item; undefined if there is no such item. */
  async get(id: string | number, { signal }: CallOptions = {}): Promise<Item | undefined> {
    const reply = await this.#found({ method: 'GET', path: itemPath(id), signal });
    return reply && json(reply);
  }

  /** An item's thumbnail, an image file; undefined if it has none. */
  async thumbnail(id: string | number, { signal }: CallOptions = {}): Promise<Blob | undefined> {
    const reply = await this.#found({ method: 'GET', path: `${itemPath(id)}/thumbnail`, signal });
    return reply && received(reply, () => reply.blob());
  }

  /** Removes an item. @returns whether it was there */
  async remove(id: string | number, { signal }: CallOptions = {}): Promise<boolean> {
    return (await this.#found({ method: 'DELETE', path: itemPath(id), signal })) !== undefined;
  }

  /**
   * Adds, replaces and removes any number of items. They are sent in parts; what comes out is durable.
   *
   * @throws ClientError where a part is broken off, such as `WRITES_REFUSED`, `UNREACHABLE`; what was known of it came before.
   * Items of which nothing was heard can be sent again
   * @example
   * for await (const { id, status, problem } of client.putMany(items)) if (problem) console.warn(id, problem.detail);
   */
  async *putMany(
    items: Iterable<ItemLine> | AsyncIterable<ItemLine>,
    { signal }: CallOptions = {},
  ): AsyncGenerator<ItemOutcome> {
    for await (const { text, from } of itemLines(items)) {
      const ask = { method: 'POST', path: '/v1/items:bulk', body: text, type: 'application/x-ndjson', signal } as const;
      let isDone = false;
      for await (const outcome of jsonLines<Reply<'putItems'>>(await this.#ask(ask))) {
        const { index = 0, status, id, problem, done } = outcome;
        if (status !== undefined) {
          yield { index: from + index, status, ...(id !== undefined && { id }), ...(problem && { problem }) };
        } else if (problem) throw new ClientError(problem.code, problem.detail, { status: problem.status });
        isDone ||= done === true;
      }
      if (!isDone) throw new ClientError('UNREACHABLE', 'The answer to a stream of items was cut off.');
    }
  }

  /** The model, the gallery, the runtime, the limits. */
  async info({ signal }: CallOptions = {}): Promise<Info> {
    return json(await this.#ask({ method: 'GET', path: '/v1/info', signal }));
  }

  /** A gallery file of all items as they are now, for a back-up. */
  async snapshot({ signal }: CallOptions = {}): Promise<ReadableStream<Uint8Array>> {
    const { body } = await this.#ask({ method: 'GET', path: '/v1/snapshot', signal });
    if (body) return body;
    throw new ClientError('BAD_REPLY', 'The snapshot has no bytes.');
  }

  #json(method: Ask['method'], path: string, body: object, { signal }: CallOptions): Promise<Response> {
    return this.#ask({ method, path, body: JSON.stringify(body), type: 'application/json', signal });
  }

  async #found(ask: Ask): Promise<Response | undefined> {
    try {
      return await this.#ask(ask);
    } catch (error) {
      if (error instanceof ClientError && error.code === 'NOT_FOUND') return undefined;
      throw error;
    }
  }
}

/**
 * A client of a server.
 *
 * @example const client = createClient({ url: 'http://127.0.0.1:7007', key: process.env.DQN_KEY });
 */
export function createClient(options: ClientOptions): Client {
  return new Client(options);
}

function itemPath(id: string | number): string {
  return `/v1/items/${encodeURIComponent(id)}`;
}

/** What an image file is, its bytes tell; the type only says that it is one. */
function imageBody(image: ImageFile): { body: BodyInit; type: string } {
  const isImage = image instanceof Blob && image.type.startsWith('image/');
  return { body: image as BodyInit, type: isImage ? image.type : 'application/octet-stream' };
}
