import { describe, expect, it } from 'vitest';
import { ClientError, createClient, type ItemLine } from './index.ts';

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: unknown;
}

/** A client over replies that are given, and what it sent. */
function over(replies: (() => Response)[], o: { key?: string; retries?: number } = {}) {
  const seen: Seen[] = [];
  const client = createClient({
    url: 'http://server:7007/',
    ...o,
    fetch: async (url, { method, headers, body } = {}) => {
      seen.push({ method: method!, url: String(url), headers: headers as Record<string, string>, body });
      return replies.shift()!();
    },
  });
  return { client, seen };
}

const json =
  (value: object, status = 200, headers = {}) =>
  () =>
    Response.json(value, { status, headers });
const problem = (code: string, status: number, headers = {}) =>
  json({ type: '', title: '', status, detail: `${code} it is`, code, requestId: 'r1' }, status, headers);
const broken = () => {
  throw new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') });
};

describe('a client', () => {
  it('sends queries as JSON, and images as they are', async () => {
    const answer = { hits: [{ id: 'a', distance: 1, labels: [] }], k: 1 };
    const { client, seen } = over([json(answer), json(answer), json(answer)], { key: 'dqn_k' });
    expect((await client.search({ id: 'x', k: 1 })).hits[0].id).toBe('a');
    await client.searchImage(new Uint8Array([1]), { k: 2, filter: { labels: ['cat'] }, include: ['metadata', 'code'] });
    await client.searchImage(new Blob(['x'], { type: 'image/png' }));
    expect(seen[0]).toMatchObject({ method: 'POST', url: 'http://server:7007/v1/search', body: '{"id":"x","k":1}' });
    expect(seen[0].headers).toMatchObject({ authorization: 'Bearer dqn_k', 'content-type': 'application/json' });
    expect(new URL(seen[1].url).search).toBe(
      '?k=2&filter=%7B%22labels%22%3A%5B%22cat%22%5D%7D&include=metadata&include=code',
    );
    expect(seen.map(({ headers }) => headers['content-type']).slice(1)).toEqual([
      'application/octet-stream',
      'image/png',
    ]);
  });

  it('puts, gets and removes by id, and takes nothing for an answer', async () => {
    const { client, seen } = over([
      json({ id: 'a/b', created: true }, 201),
      problem('NOT_FOUND', 404),
      () => new Response(null, { status: 204 }),
      problem('NOT_FOUND', 404),
    ]);
    expect(await client.put('a/b', { code: '00', labels: ['x'] })).toBe(true);
    expect(await client.get('a/b')).toBeUndefined();
    expect(await client.remove(7)).toBe(true);
    expect(await client.remove(7)).toBe(false);
    expect(seen.map(({ url }) => url.slice(19))).toEqual([
      'v1/items/a%2Fb',
      'v1/items/a%2Fb',
      'v1/items/7',
      'v1/items/7',
    ]);
  });

  it('tells errors by their code', async () => {
    const { client } = over([
      problem('BAD_QUERY', 400),
      () => new Response('<html>', { status: 404 }),
      () => new Response('x'),
    ]);
    const error = await client.search({ id: 'x' }).catch((one: unknown) => one);
    expect(error).toBeInstanceOf(ClientError);
    expect(error).toMatchObject({ code: 'BAD_QUERY', status: 400, message: 'BAD_QUERY it is', requestId: 'r1' });
    await expect(client.info()).rejects.toMatchObject({ code: 'BAD_REPLY', status: 404 });
    await expect(client.info()).rejects.toMatchObject({ code: 'BAD_REPLY' });
  });

  it('tries again where that may help, for as long as it was told', async () => {
    const busy = problem('OVERLOADED', 503, { 'retry-after': '0' });
    const { client, seen } = over([busy, broken, json({ version: '1' }), busy, busy, busy]);
    expect((await client.info()).version).toBe('1');
    await expect(client.info()).rejects.toMatchObject({ code: 'OVERLOADED', retryAfter: 0 });
    expect(seen).toHaveLength(6);
    const late = over([problem('OVERLOADED', 503, { 'retry-after': '3600' })]);
    await expect(late.client.info()).rejects.toMatchObject({ retryAfter: 3600 });
    await expect(over([broken], { retries: 0 }).client.info()).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });

  it('needs the address of a server, and says how it is given', () => {
    for (const given of ['http://server:7007', undefined, {}, { url: 'server:7007' }, { url: '' }]) {
      expect(() => createClient(given as never)).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
    }
  });

  it('ends when it is told to', async () => {
    const { client } = over([problem('OVERLOADED', 503, { 'retry-after': '20' })]);
    await expect(client.info({ signal: AbortSignal.timeout(30) })).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  it('sends any number of items in parts, and says what became of each', async () => {
    const lines = (from: number, to: number) => () => {
      const each = Array.from({ length: to - from }, (_, i) => ({ index: i, id: `i${from + i}`, status: 'created' }));
      return new Response([...each, { done: true }].map((line) => JSON.stringify(line)).join('\n'));
    };
    const { client, seen } = over([lines(0, 1000), lines(1000, 1050)]);
    async function* items(): AsyncGenerator<ItemLine> {
      for (let i = 0; i < 1050; i++) yield { id: `i${i}`, code: '00' };
    }
    const outcomes = [];
    for await (const outcome of client.putMany(items())) outcomes.push(outcome);
    expect(seen).toHaveLength(2);
    expect(outcomes).toHaveLength(1050);
    expect(outcomes.every(({ index, id, status }) => id === `i${index}` && status === 'created')).toBe(true);
    const cut = over([
      () => new Response('{"done":false,"problem":{"code":"WRITES_REFUSED","detail":"full","status":503}}'),
    ]);
    const all = async () => {
      for await (const _ of cut.client.putMany([{ id: 'a', remove: true }]));
    };
    await expect(all()).rejects.toMatchObject({ code: 'WRITES_REFUSED' });
  });

  it('takes the bytes of images, and says what it knows when the connection breaks', async () => {
    // As readFile gives it.
    const image = Buffer.from(new Uint8Array(20_000).map((_, i) => i));
    // The two lines come in pieces, and then nothing more.
    const pieces = ['{"index":0,"id":"a","sta', 'tus":"created"}\n{"index":1,"id":"b","status":"created"}\n{"ind'];
    const breaks = () =>
      new Response(
        new ReadableStream({
          pull(controller) {
            const piece = pieces.shift();
            if (piece === undefined) controller.error(new TypeError('terminated'));
            else controller.enqueue(new TextEncoder().encode(piece));
          },
        }),
      );
    const { client, seen } = over([breaks]);
    const outcomes: string[] = [];
    const all = async () => {
      const items = ['a', 'b', 'c'].map((id) => ({ id, image }));
      for await (const { id } of client.putMany(items)) outcomes.push(String(id));
    };
    const error = await all().catch((one: unknown) => one);
    expect(error).toBeInstanceOf(ClientError);
    expect(error).toMatchObject({ code: 'UNREACHABLE' });
    expect(outcomes).toEqual(['a', 'b']);
    const [first] = String(seen[0].body).split('\n');
    expect(JSON.parse(first)).toEqual({ id: 'a', image: image.toString('base64') });
  });
});
