import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRetriever } from '../create-retriever.ts';
import { startServer } from '../serve.ts';
import { openService, type TestService, toForm } from '../testing/service.ts';
import { toTar } from '../testing/tar.ts';

let service: TestService;
let png: Buffer;
let vector: number[];
beforeAll(async () => {
  service = await openService({ limits: { body: 100_000, bulk: 400_000 } });
  png = service.png;
  vector = [...(await service.retriever.embed([png]))];
});
afterAll(() => service.close());

type Method = 'GET' | 'PUT' | 'DELETE' | 'POST';
const ask = (method: Method, url: string, payload?: Buffer | object | string, type?: string) =>
  service.app.inject({
    method,
    url,
    ...(payload !== undefined && { payload }),
    ...(type !== undefined && { headers: { 'content-type': type } }),
  });
const at = (id: string): string => `/v1/items/${encodeURIComponent(id)}`;

describe('an item', () => {
  it('is put, found, got, replaced and removed', async () => {
    const about = { labels: ['new'], metadata: { size: 3 } };
    const put = await ask('PUT', at('a/b ü.png'), { vector, ...about });
    expect([put.statusCode, put.json()]).toEqual([201, { id: 'a/b ü.png', created: true }]);
    const got = (await ask('GET', at('a/b ü.png'))).json();
    expect(got).toEqual({ id: 'a/b ü.png', code: expect.stringMatching(/^[0-9a-f]{8}$/), ...about });
    const query = { vector, k: 1, filter: { labels: ['new'], metadata: { size: { gt: 2 } } }, include: ['metadata'] };
    const { hits } = (await ask('POST', '/v1/search', query)).json();
    expect(hits).toEqual([{ id: 'a/b ü.png', distance: expect.any(Number), ...about }]);
    const again = await ask('PUT', at('a/b ü.png'), { code: got.code });
    expect([again.statusCode, again.json().created]).toEqual([200, false]);
    expect((await ask('GET', at('a/b ü.png'))).json()).toMatchObject({ code: got.code, labels: [] });
    expect((await ask('DELETE', at('a/b ü.png'))).statusCode).toBe(204);
    expect((await ask('DELETE', at('a/b ü.png'))).json().code).toBe('NOT_FOUND');
    expect((await ask('GET', at('a/b ü.png'))).json().code).toBe('NOT_FOUND');
  });

  it('is put as a picture: the body, a form, base64', async () => {
    const code = (await ask('POST', '/v1/encode', png, 'image/png')).json().results[0].code;
    const query = `labels=x&labels=y&metadata=${encodeURIComponent('{"n":1}')}`;
    expect((await ask('PUT', `${at('p1')}?${query}`, png, 'image/png')).statusCode).toBe(201);
    expect((await ask('GET', at('p1'))).json()).toEqual({ id: 'p1', code, labels: ['x', 'y'], metadata: { n: 1 } });
    const form = toForm([
      ['image', png],
      ['labels', 'x'],
      ['labels', 'y'],
      ['metadata', '{"n":1}'],
      ['thumbnail', png],
    ]);
    expect((await ask('PUT', at('p2'), ...form)).statusCode).toBe(201);
    expect((await ask('GET', at('p2'))).json()).toMatchObject({ code, labels: ['x', 'y'], metadata: { n: 1 } });
    expect((await ask('GET', `${at('p2')}/thumbnail`)).rawPayload).toEqual(png);
    expect((await ask('PUT', at('p3'), { image: png.toString('base64') })).statusCode).toBe(201);
    expect((await ask('GET', at('p3'))).json().code).toBe(code);
    for (const id of ['p1', 'p2', 'p3']) await ask('DELETE', at(id));
  });

  it('shows its thumbnail', async () => {
    const { hits } = (await ask('POST', '/v1/search?k=1', png, 'image/png')).json();
    const reply = await ask('GET', `${at(hits[0].id)}/thumbnail`);
    expect([reply.headers['content-type'], reply.rawPayload.equals(png)]).toEqual(['image/png', true]);
    expect((await ask('GET', `${at('nobody')}/thumbnail`)).statusCode).toBe(404);
  });

  it('is refused with a reason', async () => {
    let deep: unknown = 1;
    for (let i = 0; i < 100; i++) deep = { deep };
    const cases: [object, string][] = [
      [{}, 'BAD_REQUEST'],
      [{ vector, code: '00' }, 'BAD_REQUEST'],
      [{ vector, colour: 'red' }, 'BAD_REQUEST'],
      [{ code: 'xyz' }, 'BAD_REQUEST'],
      [{ vector, metadata: [] }, 'BAD_REQUEST'],
      [{ vector, metadata: { deep } }, 'BAD_REQUEST'],
      [{ vector, labels: [1] }, 'BAD_REQUEST'],
      [{ code: '00' }, 'BAD_ITEM'],
      [{ vector: [1] }, 'BAD_QUERY'],
      [{ image: 'AAAA' }, 'UNREADABLE_PICTURE'],
      [{ url: 'file:///etc/passwd' }, 'URL_REFUSED'],
    ];
    for (const [body, code] of cases) {
      const reply = await ask('PUT', at('wrong'), body);
      expect([reply.json().code, reply.statusCode < 500]).toEqual([code, true]);
    }
    expect((await ask('PUT', `${at('wrong')}?metadata=[]`, png, 'image/png')).json().code).toBe('BAD_REQUEST');
    expect((await ask('PUT', at('x'.repeat(1025)), { vector })).statusCode).toBe(400);
    expect((await ask('GET', at('wrong'))).statusCode).toBe(404);
  });
});

describe('a stream of items', () => {
  const bulk = async (payload: string | Buffer, type = 'application/x-ndjson') => {
    const reply = await ask('POST', '/v1/items:bulk', payload, type);
    expect(reply.headers['content-type']).toContain('application/x-ndjson');
    const lines = reply.payload
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    return { lines: lines.slice(0, -1), sum: lines.at(-1) };
  };
  const outcome = ({ index, id, status, problem }: Record<string, unknown>) => [
    index,
    id,
    status,
    ...(problem ? [(problem as { code: string }).code] : []),
  ];

  it('as JSON lines is answered line by line, in the order in which each is durable', async () => {
    const code = '00000000';
    const asked = [
      { id: 'b1', code, labels: ['bulk'] },
      { id: 'b2', vector, metadata: { n: 2 } },
      { id: 'b1', code: '01010101' },
      { id: 'b3', image: png.toString('base64') },
      { id: 'b4', image: 'AAAA' },
      { id: 'b5', vector: [1] },
      { id: 'b6' },
      { id: 'b2', remove: true },
      { id: 'nobody', remove: true },
    ];
    const text = asked.map((line) => JSON.stringify(line)).join('\n');
    const { lines, sum } = await bulk(`${text}\nno json\n`);
    expect(lines.map(outcome).sort((a, b) => Number(a[0]) - Number(b[0]))).toEqual([
      [0, 'b1', 'created'],
      [1, 'b2', 'created'],
      [2, 'b1', 'replaced'],
      [3, 'b3', 'created'],
      [4, 'b4', 'failed', 'UNREADABLE_PICTURE'],
      [5, 'b5', 'failed', 'BAD_QUERY'],
      [6, 'b6', 'failed', 'BAD_REQUEST'],
      [7, 'b2', 'removed'],
      [8, 'nobody', 'absent'],
      [9, undefined, 'failed', 'BAD_REQUEST'],
    ]);
    expect(sum).toEqual({ done: true, created: 3, replaced: 1, removed: 1, absent: 1, failed: 4 });
    expect((await ask('GET', at('b1'))).json()).toMatchObject({ code: '01010101', labels: [] });
    expect((await ask('GET', at('b2'))).statusCode).toBe(404);
  });

  it('as a tar takes pictures with the JSON beside them', async () => {
    const json = (value: object): Buffer => Buffer.from(JSON.stringify(value));
    const archive = toTar([
      { name: './t/', bytes: Buffer.alloc(0), type: '5' },
      { name: './t/1.json', bytes: json({ labels: ['one'], metadata: { n: 1 } }) },
      { name: './t/1.png', bytes: png },
      { name: './t/2.png', bytes: png },
      { name: './t/2.json', bytes: json({ id: 'second' }) },
      { name: './t/._2.png', bytes: Buffer.from('an operating system put me here') },
      { name: './t/3.png', bytes: Buffer.from('no picture') },
      { name: './t/4.json', bytes: json({}) },
      { name: './t/5.png', bytes: png },
      { name: './t/5.json', bytes: json({ colour: 'red' }) },
    ]);
    const { lines, sum } = await bulk(archive, 'application/x-tar');
    expect(lines.map(outcome).sort((a, b) => Number(a[0]) - Number(b[0]))).toEqual([
      [0, 't/1.png', 'created'],
      [1, 'second', 'created'],
      [2, 't/3.png', 'failed', 'UNREADABLE_PICTURE'],
      [3, 't/4', 'failed', 'NO_PICTURE'],
      [4, 't/5.png', 'failed', 'BAD_REQUEST'],
    ]);
    expect(sum).toMatchObject({ done: true, created: 2, failed: 3 });
    expect((await ask('GET', at('t/1.png'))).json()).toMatchObject({ labels: ['one'], metadata: { n: 1 } });
  });

  it('keeps what came before it broke, and says what broke', async () => {
    const line = JSON.stringify({ id: 'kept', code: '00000000' });
    const long = await bulk(`${line}\n"${'x'.repeat(100_001)}`);
    expect(long.lines.map(outcome)).toEqual([[0, 'kept', 'created']]);
    expect(long.sum).toMatchObject({ done: false, created: 1, problem: { code: 'TOO_LARGE' } });
    expect((await ask('DELETE', at('kept'))).statusCode).toBe(204);
    const large = await bulk(Buffer.concat([Buffer.from(`${line}\n`), Buffer.alloc(400_000, '\n')]));
    expect(large.sum).toMatchObject({ done: false, problem: { code: 'TOO_LARGE' } });
    const cut = await bulk(toTar([{ name: 'a.png', bytes: png }]).subarray(0, 700), 'application/x-tar');
    expect(cut.sum).toMatchObject({ done: false, created: 0, problem: { code: 'BAD_REQUEST' } });
  });

  it('is nothing else', async () => {
    for (const [payload, type] of [
      ['{}', 'application/json'],
      ['x', 'text/csv'],
    ] as const) {
      const reply = await ask('POST', '/v1/items:bulk', payload, type);
      expect([reply.statusCode, reply.json().code]).toEqual([415, 'UNSUPPORTED_MEDIA']);
    }
    expect((await ask('POST', '/v1/items:bulk')).statusCode).toBe(400);
  });

  it('is answered while it is sent', async () => {
    const options = { retriever: service.retriever, model: service.small.model, gallery: service.small.gallery };
    await using server = await startServer({ ...options, webRoot: null, port: 0, limits: { lag: 60_000 } });
    const { request } = await import('node:http');
    const sending = request(`${server.url}v1/items:bulk`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
    });
    const answer = new Promise<string>((resolve, reject) => {
      sending.on('error', reject).on('response', (reply) => {
        let text = '';
        reply.on('data', (chunk) => {
          text += chunk;
          // All of it is answered before the end is sent.
          if (text.split('\n').length > 5000) sending.end();
        });
        reply.on('end', () => resolve(text));
      });
    });
    for (let i = 0; i < 5000; i++) sending.write(`${JSON.stringify({ id: `s${i}`, code: '00000000' })}\n`);
    const lines = (await answer).trimEnd().split('\n');
    expect(JSON.parse(lines.at(-1)!)).toMatchObject({ done: true, created: 5000 });
    const removes = Array.from({ length: 5000 }, (_, i) => JSON.stringify({ id: `s${i}`, remove: true })).join('\n');
    expect((await bulk(removes)).sum).toMatchObject({ removed: 5000 });
  });
});

describe('a snapshot', () => {
  it('is a gallery file of its own, and leaves nothing behind', async () => {
    await ask('PUT', at('late'), { vector });
    const reply = await ask('GET', '/v1/snapshot');
    expect(reply.statusCode).toBe(200);
    const path = join(service.folder, 'restored.gallery');
    await writeFile(path, reply.rawPayload);
    expect(await readFile(path)).toHaveLength(Number(reply.headers['content-length']));
    await using restored = await createRetriever({ model: service.small.model, gallery: path, provider: 'cpu' });
    expect(restored.count).toBe(service.retriever.count);
    expect(await restored.get('late')).toBeDefined();
    const { readdir } = await import('node:fs/promises');
    expect((await readdir(service.folder)).filter((name) => name.includes('snapshot'))).toEqual([]);
  });
});
