import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApp, createRetriever, Retriever, startServer } from './index.ts';
import { type SmallService, smallService, toPng } from './testing/index.ts';

let folder: string;
let service: SmallService;
let retriever: Retriever;
let app: FastifyInstance;
let png: Buffer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dqn-app-'));
  service = await smallService(folder);
  retriever = await createRetriever({ model: service.model, gallery: service.gallery, provider: 'cpu', threads: 1 });
  const webRoot = join(folder, 'web');
  await mkdir(join(webRoot, 'assets'), { recursive: true });
  await writeFile(join(webRoot, 'index.html'), '<title>page</title>');
  await writeFile(join(webRoot, 'assets', 'main-abc.js'), 'export {};');
  app = await createApp({ retriever, model: service.model, gallery: service.gallery, webRoot, bodyLimit: 100_000 });
  png = await toPng(service.pictures[3]);
});
afterAll(async () => {
  await app.close();
  await retriever.close();
  await service.reference.close();
  await rm(folder, { recursive: true });
});

const post = (payload: Buffer | object | string, type?: string, query = '') =>
  app.inject({
    method: 'POST',
    url: `/v1/search${query}`,
    payload,
    ...(type !== undefined && { headers: { 'content-type': type } }),
  });

function form(parts: [name: string, value: string | Buffer][]): [Buffer, string] {
  const boundary = 'x-boundary';
  const chunks = parts.flatMap(([name, value]) => {
    const file = typeof value === 'string' ? '' : '; filename="q.png"\r\ncontent-type: image/png';
    const head = `--${boundary}\r\ncontent-disposition: form-data; name="${name}"${file}\r\n\r\n`;
    return [Buffer.from(head), Buffer.from(value), Buffer.from('\r\n')];
  });
  return [Buffer.concat([...chunks, Buffer.from(`--${boundary}--\r\n`)]), `multipart/form-data; boundary=${boundary}`];
}

describe('POST /v1/search', () => {
  it('finds by an image as the body', async () => {
    const reply = await post(png, 'image/png', '?k=4');
    expect(reply.statusCode).toBe(200);
    const body = reply.json();
    expect(body.hits).toHaveLength(4);
    expect(body).toMatchObject({ k: 4, distance: 'aqd', provider: 'cpu' });
    expect(body.code).toMatch(/^[0-9a-f]{8}$/);
    expect(body.times.total).toBeGreaterThan(0);
    const { hits } = await retriever.search(service.pictures[3], { k: 4 });
    expect(body.hits.map((hit: { id: string }) => hit.id)).toEqual(hits.map((hit) => hit.id));
  });

  it('finds the same by a form, a vector and an id, and takes k and distance from where they are given', async () => {
    const plain = (await post(png, 'image/png', '?k=3&distance=ip')).json();
    const [body, type] = form([
      ['k', '3'],
      ['image', png],
      ['distance', 'ip'],
    ]);
    expect((await post(body, type)).json().hits).toEqual(plain.hits);
    const vector = [...(await retriever.embed([service.pictures[3]]))];
    const byVector = (await post({ vector, k: 3, distance: 'ip' })).json();
    expect(byVector.hits.map((hit: { row: number }) => hit.row)).toEqual(
      plain.hits.map((hit: { row: number }) => hit.row),
    );
    const byId = await post({ id: plain.hits[0].id, k: 1, distance: 'sqd' });
    expect(byId.json().hits[0].distance).toBe(0);
  });

  it('explains what it refuses, with a code', async () => {
    const vector = [...new Float32Array(32)];
    const cases: [string, number, Promise<{ statusCode: number; json(): unknown }>][] = [
      ['BAD_REQUEST', 400, post(png, 'image/png', '?k=0')],
      ['BAD_REQUEST', 400, post(png, 'image/png', '?k=1001')],
      ['BAD_REQUEST', 400, post(png, 'image/png', '?k=two')],
      ['BAD_REQUEST', 400, post(png, 'image/png', '?distance=cosine')],
      ['BAD_REQUEST', 400, post(png, 'image/png', '?limit=3')],
      ['BAD_REQUEST', 400, post({ vector, id: 'both' })],
      ['BAD_REQUEST', 400, post({})],
      ['BAD_REQUEST', 400, post('{"vector": [1,', 'application/json')],
      ['BAD_REQUEST', 400, post({ vector: vector.map(() => Number.NaN) })],
      ['BAD_REQUEST', 400, post({ vector: vector.map(() => '1') })],
      ['BAD_REQUEST', 400, app.inject('/%ff')],
      ['BAD_REQUEST', 400, post('x', 'multipart/form-data')],
      ['BAD_REQUEST', 400, post('x', 'multipart/form-data; boundary=x')],
      ['BAD_REQUEST', 400, post(form([['image', png]])[0].subarray(0, 150), form([])[1])],
      ['VECTOR_LENGTH', 400, post({ vector: [1, 2, 3] })],
      ['NOT_FINITE', 400, post({ vector: vector.map(() => 1e300) })],
      ['UNKNOWN_ID', 404, post({ id: 'nobody' })],
      ['UNREADABLE_PICTURE', 415, post(Buffer.from('no picture at all'), 'image/jpeg')],
      ['UNREADABLE_PICTURE', 415, post(png.subarray(0, png.length >> 1), 'image/png')],
      ['NO_PICTURE', 400, post(Buffer.alloc(0), 'image/png')],
      ['NO_PICTURE', 400, post(...form([['k', '3']]))],
      [
        'BAD_REQUEST',
        400,
        post(
          ...form([
            ['k', 'many'],
            ['image', png],
          ]),
        ),
      ],
      ['UNSUPPORTED_MEDIA', 415, post('hello', 'text/plain')],
      ['TOO_LARGE', 413, post(Buffer.alloc(100_001), 'image/png')],
      ['TOO_LARGE', 413, post(...form([['image', Buffer.alloc(100_001)]]))],
    ];
    for (const [code, status, promise] of cases) {
      const reply = await promise;
      expect([code, reply.statusCode]).toEqual([code, status]);
      expect(reply.json()).toEqual({ code, message: expect.any(String) });
    }
  });

  it('names the types that it takes to whoever sends another', async () => {
    for (const type of ['application/x-www-form-urlencoded', 'text/plain', 'nonsense', undefined]) {
      const payload = Buffer.from('x');
      const reply = await post(payload, type);
      expect([type, reply.statusCode]).toEqual([type, 415]);
      const { code, message } = reply.json();
      expect(code).toBe('UNSUPPORTED_MEDIA');
      expect(message).toContain(type ? `"${type}"` : 'without a content type');
      for (const taken of ['image/*', 'multipart/form-data', 'application/json']) expect(message).toContain(taken);
    }
  });

  it('answers many at once', async () => {
    const replies = await Promise.all(Array.from({ length: 30 }, () => post(png, 'image/png')));
    expect(new Set(replies.map((reply) => JSON.stringify(reply.json().hits))).size).toBe(1);
  });
});

describe('the other routes', () => {
  it('tell what is served', async () => {
    const info = (await app.inject('/v1/info')).json();
    expect(info.gallery.count).toBe(60);
    expect(info.runtime.provider).toBe('cpu');
    expect(info.codebook.bits).toBe(16);
    expect((await app.inject('/healthz')).json()).toEqual({ status: 'ok' });
  });

  it('serve thumbnails', async () => {
    const reply = await app.inject('/v1/thumbnails/3');
    expect(reply.headers['content-type']).toBe('image/png');
    expect(reply.rawPayload).toEqual(png);
    expect((await app.inject('/v1/thumbnails/60')).json().code).toBe('NOT_FOUND');
    expect((await app.inject('/v1/thumbnails/-1')).statusCode).toBe(400);
  });

  it('serve the page, the model and the gallery by ranges, isolated for wasm threads', async () => {
    const page = await app.inject('/');
    expect(page.body).toBe('<title>page</title>');
    expect(page.headers['cross-origin-opener-policy']).toBe('same-origin');
    expect(page.headers['cross-origin-embedder-policy']).toBe('require-corp');
    expect((await app.inject('/assets/main-abc.js')).headers['cache-control']).toContain('immutable');
    const model = await app.inject('/model/codebook.pb');
    expect(model.rawPayload.equals(await readFile(join(service.model, 'codebook.pb')))).toBe(true);
    const whole = await readFile(service.gallery);
    const part = await app.inject({ url: '/gallery', headers: { range: 'bytes=10-49' } });
    expect(part.statusCode).toBe(206);
    expect(part.headers['content-range']).toBe(`bytes 10-49/${whole.length}`);
    expect(part.rawPayload).toEqual(whole.subarray(10, 50));
    expect((await app.inject('/gallery')).rawPayload.equals(whole)).toBe(true);
  });

  it('serve nothing else', async () => {
    await writeFile(join(service.model, 'secret.txt'), 'secret');
    for (const url of [
      '/nowhere',
      '/model/secret.txt',
      '/model/..%2fsmall.gallery',
      '/..%2f..%2fetc%2fpasswd',
      '/model/',
    ]) {
      const reply = await app.inject(url);
      expect([url, reply.statusCode]).toEqual([url, 404]);
      expect(reply.json().code).toBe('NOT_FOUND');
    }
  });

  it('say what to do where the page is not built', async () => {
    const bare = await createApp({ retriever, model: service.model, gallery: service.gallery, webRoot: null });
    const reply = await bare.inject('/');
    expect(reply.statusCode).toBe(404);
    expect(reply.json().message).toContain('npm run build');
    expect((await bare.inject('/model.onnx')).statusCode).toBe(404);
    await bare.close();
  });
});

describe('a server', () => {
  const options = () => ({ retriever, model: service.model, gallery: service.gallery, port: 0 });

  it('listens on this machine only, at a free port if asked, and closes twice', async () => {
    const server = await startServer(options());
    expect(server.url).toBe(`http://127.0.0.1:${server.port}/`);
    expect((await fetch(`${server.url}healthz`)).status).toBe(200);
    await server.close();
    await server.close();
    await expect(fetch(`${server.url}healthz`)).rejects.toThrow();
  });

  it('says when its port is in use', async () => {
    await using server = await startServer(options());
    await expect(startServer({ ...options(), port: server.port })).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: expect.stringContaining(`127.0.0.1:${server.port}`),
    });
    await expect(startServer({ ...options(), host: '203.0.113.7' })).rejects.toMatchObject({ code: 'LISTEN_FAILED' });
  });

  it('lets a request under way end when it is closed', async () => {
    const slow = Object.create(retriever) as Retriever;
    let arrive = (): void => undefined;
    let goOn = (): void => undefined;
    const arrived = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    const released = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    slow.search = async (...query) => {
      arrive();
      await released;
      return Retriever.prototype.search.apply(retriever, query);
    };
    const server = await startServer({ ...options(), retriever: slow });
    const headers = { 'content-type': 'image/png' };
    const reply = fetch(`${server.url}v1/search`, { method: 'POST', headers, body: new Uint8Array(png) });
    await arrived;
    const closing = server.close();
    goOn();
    expect((await reply).status).toBe(200);
    await closing;
  });
});
