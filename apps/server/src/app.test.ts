import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { Agent, get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKey, createMetrics, startServer } from './index.ts';
import { noTimes } from './inference/images.ts';
import { openService, type TestService } from './testing/service.ts';
import { stubRetriever } from './testing/stub.ts';

let service: TestService;
let app: FastifyInstance;
beforeAll(async () => {
  service = await openService();
  const webRoot = join(service.folder, 'web');
  await mkdir(join(webRoot, 'assets'), { recursive: true });
  await writeFile(join(webRoot, 'index.html'), '<title>page</title>');
  await writeFile(join(webRoot, 'assets', 'main-abc.js'), 'export {};');
  app = await service.again({ webRoot });
});
afterAll(async () => {
  await app.close();
  await service.close();
});

describe('the page, the model and the gallery', () => {
  it('are served by ranges, isolated for wasm threads', async () => {
    const page = await app.inject('/');
    expect(page.body).toBe('<title>page</title>');
    expect(page.headers['cross-origin-opener-policy']).toBe('same-origin');
    expect(page.headers['cross-origin-embedder-policy']).toBe('require-corp');
    expect((await app.inject('/assets/main-abc.js')).headers['cache-control']).toContain('immutable');
    const model = await app.inject('/model/codebook.pb');
    expect(model.rawPayload.equals(await readFile(join(service.small.model, 'codebook.pb')))).toBe(true);
    const whole = await readFile(service.small.gallery);
    const part = await app.inject({ url: '/gallery', headers: { range: 'bytes=10-49' } });
    expect(part.statusCode).toBe(206);
    expect(part.headers['content-range']).toBe(`bytes 10-49/${whole.length}`);
    expect(part.rawPayload).toEqual(whole.subarray(10, 50));
    expect((await app.inject('/gallery')).rawPayload.equals(whole)).toBe(true);
  });

  it('are the gallery as it is, not as its file was', async () => {
    const other = await openService();
    const { retriever, app: served } = other;
    const count = async (range?: string) => {
      const reply = await served.inject({ url: '/gallery', headers: range ? { range } : {} });
      return [reply.statusCode, retriever.info().gallery!.compaction.done];
    };
    const [{ id }] = (await retriever.search(other.png)).hits;
    const code = new Uint8Array(retriever.model.codebook.M);
    expect(await count()).toEqual([200, 0]);
    await retriever.store.put([{ id, code }]);
    expect(await count('bytes=10-20')).toEqual([206, 0]);
    expect(await Promise.all([count('bytes=0-20'), count()])).toEqual([
      [206, 1],
      [200, 1],
    ]);
    await retriever.remove([id]);
    expect(await count()).toEqual([200, 2]);
    expect(await count()).toEqual([200, 2]);
    await retriever.store.put([{ id, code }]);
    retriever.store.compact = () => Promise.reject(new Error('no room'));
    expect(await count()).toEqual([200, 2]);
    await other.close();
  });

  it('are all that is served', async () => {
    await writeFile(join(service.small.model, 'secret.txt'), 'secret');
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
    const reply = await service.app.inject('/');
    expect(reply.statusCode).toBe(404);
    expect(reply.json().detail).toContain('npm run build');
    expect((await service.app.inject('/model.onnx')).statusCode).toBe(404);
  });
});

describe('what the service says of itself', () => {
  it('is what it serves, and how much it takes', async () => {
    const info = (await app.inject('/v1/info')).json();
    expect(info).toMatchObject({ gallery: { count: 60 }, codebook: { bits: 16 }, runtime: { provider: 'cpu' } });
    expect(info.limits).toMatchObject({ batch: 64, k: 1000 });
  });

  it('is 405 with the right methods for a path that is there', async () => {
    const reply = await app.inject({ method: 'POST', url: '/v1/items/a' });
    expect([reply.statusCode, reply.headers.allow]).toEqual([405, 'DELETE, GET, HEAD, PUT']);
    expect(reply.json().code).toBe('METHOD_NOT_ALLOWED');
    const headers = { 'content-type': 'text/plain' };
    const unread = await app.inject({ method: 'POST', url: '/v1/info', payload: 'x', headers });
    expect(unread.statusCode).toBe(405);
    expect((await app.inject({ method: 'POST', url: '/nowhere', payload: 'x', headers })).statusCode).toBe(404);
  });

  it('is in the metrics, with requests by their route', async () => {
    const metrics = createMetrics();
    const counted = await service.again({ metrics });
    await counted.inject('/v1/items/a');
    await counted.inject('/v1/items/b');
    await counted.inject('/nowhere');
    const { payload } = await counted.inject('/metrics');
    expect(payload).toContain('dqn_http_requests_total{route="/v1/items/:id",method="GET",status="404"} 2');
    expect(payload).toContain('dqn_http_requests_total{route="none",method="GET",status="404"} 1');
    expect(payload).toMatch(/^dqn_gallery_items 60$/m);
    expect(payload).toMatch(/^dqn_info\{version="[\d.]+",provider="cpu",model="[0-9a-f]{16}"\} 1$/m);
    expect(payload).toMatch(/^dqn_ready 0$/m);
    await counted.close();
  });

  it('is ready when it listens and the network has run, and not while something is wrong', async () => {
    let problems: { code: string; message: string }[] = [];
    const retriever = stubRetriever({ health: () => ({ ready: problems.length === 0, problems }) });
    const limits = { lag: 60_000 };
    await using server = await startServer({ retriever, model: '.', gallery: 'x', webRoot: null, port: 0, limits });
    const ready = async () => {
      const reply = await fetch(`${server.url}readyz`);
      const { problems } = (await reply.json()) as { problems: { code: string }[] };
      return [reply.status, ...problems.map(({ code }) => code)];
    };
    await expect.poll(ready).toEqual([200]);
    problems = [{ code: 'DISK_FULL', message: 'No space is left.' }];
    expect(await ready()).toEqual([503, 'DISK_FULL']);
    expect((await fetch(`${server.url}healthz`)).status).toBe(200);
  });
});

describe('who may do what', () => {
  const reader = createKey('reader', 'read');
  const writer = createKey('writer', 'write');
  const body = { vector: [...new Float32Array(32)] };

  it('is what the key says, where there are keys', async () => {
    const guarded = await service.again({ keys: [reader.entry, writer.entry] });
    const ask = async (method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, authorization?: string) => {
      const sends = method === 'POST' || method === 'PUT';
      const headers = authorization === undefined ? {} : { authorization };
      const reply = await guarded.inject({ method, url, headers, ...(sends && { payload: body }) });
      return [reply.statusCode, reply.statusCode >= 400 ? reply.json().code : ''];
    };
    const [read, write] = [`Bearer ${reader.key}`, `bearer ${writer.key}`];
    for (const url of ['/v1/info', '/metrics', '/gallery', '/model/codebook.pb']) {
      expect(await ask('GET', url)).toEqual([401, 'UNAUTHORIZED']);
      expect((await ask('GET', url, read))[0]).toBe(200);
    }
    for (const url of ['/healthz', '/openapi.json', '/docs/']) expect((await ask('GET', url))[0]).toBe(200);
    expect(await ask('POST', '/v1/search', read)).toEqual([200, '']);
    for (const wrong of [
      '',
      'Bearer',
      `Bearer ${createKey('x', 'write').key}`,
      `Basic ${reader.key}`,
      `Bearer ${reader.entry.sha256}`,
    ]) {
      expect(await ask('POST', '/v1/search', wrong)).toEqual([401, 'UNAUTHORIZED']);
    }
    for (const [method, url] of [
      ['PUT', '/v1/items/n'],
      ['DELETE', '/v1/items/n'],
      ['POST', '/v1/items:bulk'],
    ] as const) {
      expect(await ask(method, url)).toEqual([401, 'UNAUTHORIZED']);
      expect(await ask(method, url, read)).toEqual([403, 'FORBIDDEN']);
    }
    expect(await ask('PUT', '/v1/items/n', write)).toEqual([201, '']);
    expect(await ask('DELETE', '/v1/items/n', write)).toEqual([204, '']);
    const refused = await guarded.inject('/v1/info');
    expect(refused.headers['www-authenticate']).toContain('Bearer');
    await guarded.close();
  });

  it("isn't decided by a page of another site", async () => {
    const put = (host: string) =>
      app.inject({ method: 'PUT', url: '/v1/items/page', payload: body, headers: { host } }).then((r) => r.statusCode);
    expect(await put('evil.example:7007')).toBe(403);
    for (const host of ['localhost:7007', '127.0.0.1', '[::1]:7007']) expect([200, 201]).toContain(await put(host));
    const preflight = await app.inject({
      method: 'OPTIONS',
      url: '/v1/search',
      headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
    });
    expect(preflight.headers['access-control-allow-origin']).toBeUndefined();
    await app.inject({ method: 'DELETE', url: '/v1/items/page' });
  });

  it('may be a page of an origin that is named', async () => {
    const open = await service.again({ cors: ['https://shop.example'], keys: [reader.entry] });
    const from = (origin: string) =>
      open.inject({
        method: 'OPTIONS',
        url: '/v1/search',
        headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
      });
    const allowed = await from('https://shop.example');
    expect([allowed.statusCode, allowed.headers['access-control-allow-origin']]).toEqual([204, 'https://shop.example']);
    expect((await from('https://other.example')).headers['access-control-allow-origin']).not.toBe(
      'https://other.example',
    );
    await open.close();
  });

  it('only so often a second', async () => {
    const limited = await service.again({ rateLimit: 3 });
    const statuses = [];
    for (let i = 0; i < 5; i++) statuses.push(await limited.inject('/v1/info'));
    expect(statuses.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200, 429, 429]);
    expect([statuses[4].json().code, statuses[4].headers['retry-after']]).toEqual(['RATE_LIMITED', '1']);
    expect((await limited.inject('/healthz')).statusCode).toBe(200);
    expect((await limited.inject('/model/codebook.pb')).statusCode).toBe(200);
    expect((await limited.inject('/metrics')).payload).toMatch(/dqn_shed_total\{reason="rate"\} 2/);
    await limited.close();
  });

  it('nobody writes to a gallery that is read only', async () => {
    const other = await openService({ readOnly: true });
    const put = await other.app.inject({ method: 'PUT', url: '/v1/items/a', payload: body });
    expect([put.statusCode, put.json().code]).toEqual([403, 'READ_ONLY']);
    const headers = { 'content-type': 'application/x-ndjson' };
    const bulk = await other.app.inject({
      method: 'POST',
      url: '/v1/items:bulk',
      payload: '{"id":"a","remove":true}',
      headers,
    });
    expect([bulk.statusCode, bulk.json().code]).toEqual([403, 'READ_ONLY']);
    expect((await other.app.inject({ method: 'POST', url: '/v1/search', payload: body })).statusCode).toBe(200);
    await other.close();
  });
});

describe('a server', () => {
  const options = () => ({
    retriever: service.retriever,
    model: service.small.model,
    gallery: service.small.gallery,
    port: 0,
    limits: { lag: 60_000 },
  });

  it('listens on this machine only, at a free port if asked, and closes twice', async () => {
    const server = await startServer(options());
    expect(server.url).toBe(`http://127.0.0.1:${server.port}/`);
    expect((await fetch(`${server.url}healthz`)).status).toBe(200);
    await Promise.all([server.close(), server.close()]);
    await expect(fetch(`${server.url}healthz`)).rejects.toThrow();
  });

  it('says when its port is in use, or when anybody could write', async () => {
    await using server = await startServer(options());
    await expect(startServer({ ...options(), port: server.port })).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: expect.stringContaining(`127.0.0.1:${server.port}`),
    });
    const keys = [createKey('a', 'write').entry];
    await expect(startServer({ ...options(), host: '203.0.113.7', keys })).rejects.toMatchObject({
      code: 'LISTEN_FAILED',
    });
    await expect(startServer({ ...options(), host: '0.0.0.0' })).rejects.toMatchObject({
      code: 'BAD_CONFIG',
      message: expect.stringContaining('--read-only'),
    });
  });

  /** A server whose searches wait until they are let go. */
  async function slowServer(o: { grace?: number; limits?: object } = {}) {
    const arrived = withResolvers<AbortSignal>();
    const released = withResolvers<void>();
    const retriever = stubRetriever({
      search: async (_query, { signal } = {}) => {
        arrived.resolve(signal!);
        const gone = new Promise<never>((_resolve, reject) => {
          signal!.addEventListener('abort', () => reject(signal!.reason));
        });
        await Promise.race([released.promise, gone]);
        return { hits: [], distance: 'aqd', code: undefined, times: noTimes() };
      },
    });
    const server = await startServer({ ...options(), retriever, ...o });
    const ask = (signal?: AbortSignal) =>
      fetch(`${server.url}v1/search`, {
        method: 'POST',
        headers: { 'content-type': 'image/png' },
        body: new Uint8Array(service.png),
        signal: signal ?? null,
      });
    return { server, ask, arrived: arrived.promise, release: released.resolve };
  }

  it('lets a request under way end when it is closed, and tells others that it is going', async () => {
    const { server, ask, arrived, release } = await slowServer();
    const reply = ask();
    await arrived;
    const closing = server.close();
    release();
    expect((await reply).status).toBe(200);
    await closing;
  });

  it('answers who goes on sending while it is closed, and lets none of them down', async () => {
    const server = await startServer({ ...options(), retriever: stubRetriever() });
    const ask = async (path: string, agent: Agent) => {
      const reply = await asked(`${server.url}${path}`, agent);
      return `${reply.statusCode} ${reply.headers.connection}`;
    };
    // Each has a connection of its own, on which it asks until it is told to go.
    const agents = Array.from({ length: 8 }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
    let opened = 0;
    const callers = agents.map(async (agent, i) => {
      const path = i === 0 ? 'readyz' : 'v1/info';
      for (let reply = ''; !reply.endsWith('close'); opened++) {
        reply = await ask(path, agent);
        expect(reply).toMatch(i === 0 ? /^\d+ keep-alive|^503 close/ : /^200 /);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    });
    await expect.poll(() => opened).toBeGreaterThan(30);
    const closing = server.close();
    await Promise.all(callers);
    await closing;
    for (const agent of agents) agent.destroy();
  });

  it('waits for a request no longer than it was told', async () => {
    const { server, ask, arrived } = await slowServer({ grace: 50 });
    const reply = ask();
    reply.catch(() => {});
    await arrived;
    await server.close();
    await expect(reply).rejects.toThrow();
  });

  it('stops working for a caller who hangs up', async () => {
    const { server, ask, arrived } = await slowServer();
    const controller = new AbortController();
    const reply = ask(controller.signal);
    const signal = await arrived;
    controller.abort();
    await expect(reply).rejects.toThrow();
    await expect.poll(() => signal.aborted).toBe(true);
    expect(signal.reason).toMatchObject({ code: 'CALLER_GONE' });
    await server.close();
  });

  it('gives a request up that takes too long, and turns away those that are too many', async () => {
    const { server, ask, arrived } = await slowServer({ limits: { time: 1000, requests: 1, lag: 60_000 } });
    const first = ask();
    await arrived;
    const second = await ask();
    expect([second.status, await codeOf(second)]).toEqual([503, 'OVERLOADED']);
    expect(second.headers.get('retry-after')).toBe('1');
    expect([(await first).status, await codeOf(await first)]).toEqual([503, 'TIMEOUT']);
    expect((await fetch(`${server.url}healthz`)).status).toBe(200);
    await server.close();
  });

  it('cuts a body off that does not arrive', async () => {
    await using server = await startServer({ ...options(), limits: { time: 100, lag: 60_000 } });
    const head = 'POST /v1/search HTTP/1.1\r\nhost: a\r\ncontent-type: image/png\r\ncontent-length: 1000\r\n\r\nabc';
    expect(await sent(server.port, head)).toMatch(/^HTTP\/1\.1 408 [\s\S]*TOO_SLOW/);
  });

  it('answers what is no request as it answers all that is wrong', async () => {
    await using server = await startServer(options());
    expect(await sent(server.port, 'hello\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 [\s\S]*problem\+json[\s\S]*BAD_REQUEST/);
    const long = `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nhost: a\r\n\r\n`;
    expect(await sent(server.port, long)).toMatch(/^HTTP\/1\.1 431 [\s\S]*problem\+json[\s\S]*HEADERS_TOO_LARGE/);
  });
});

function withResolvers<T>() {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

async function codeOf(reply: Response): Promise<string> {
  return ((await reply.json()) as { code: string }).code;
}

/** What comes back for bytes that are sent as they are. */
async function sent(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(bytes);
  let text = '';
  for await (const chunk of socket) text += chunk;
  return text;
}

/** A reply, read to its end. */
function asked(url: string, agent: Agent): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (reply) => reply.resume().once('end', () => resolve(reply))).once('error', reject);
  });
}
