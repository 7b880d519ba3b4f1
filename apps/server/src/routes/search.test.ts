import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openService, type TestService, toForm } from '../testing/service.ts';

let service: TestService;
let png: Buffer;
beforeAll(async () => {
  service = await openService({ limits: { body: 100_000, batch: 8 } });
  png = service.png;
});
afterAll(() => service.close());

const post = (payload: Buffer | object | string, type?: string, query = '', url = '/v1/search') =>
  service.app.inject({
    method: 'POST',
    url: `${url}${query}`,
    payload,
    ...(type !== undefined && { headers: { 'content-type': type } }),
  });
const ids = (body: { hits: { id: string }[] }): string[] => body.hits.map((hit) => hit.id);

describe('POST /v1/search', () => {
  it('finds by an image as the body', async () => {
    const reply = await post(png, 'image/png', '?k=4');
    expect(reply.statusCode).toBe(200);
    const body = reply.json();
    expect(body).toMatchObject({ k: 4, offset: 0, distance: 'aqd', provider: 'cpu' });
    expect(body.times.total).toBeGreaterThan(0);
    expect(Object.keys(body.hits[0]).sort()).toEqual(['distance', 'id', 'labels']);
    const { hits } = await service.retriever.search(service.small.pictures[3], { k: 4 });
    expect(ids(body)).toEqual(hits.map((hit) => hit.id));
  });

  it('finds the same by a form, base64, a vector and an id, wherever k and distance stand', async () => {
    const plain = (await post(png, 'image/png', '?k=3&distance=ip&include=code')).json();
    expect(plain.code).toMatch(/^[0-9a-f]{8}$/);
    const form = toForm([
      ['k', '3'],
      ['image', png],
      ['distance', 'ip'],
    ]);
    expect((await post(...form)).json().hits).toEqual(plain.hits);
    const base64 = { image: png.toString('base64'), k: 3, distance: 'ip' };
    expect((await post(base64)).json().hits).toEqual(plain.hits);
    const vector = [...(await service.retriever.embed([service.small.pictures[3]]))];
    expect((await post({ vector, k: 3 }, undefined, '?distance=ip&k=1')).json().hits).toEqual(plain.hits);
    expect((await post({ id: plain.hits[0].id, k: 1, distance: 'sqd' })).json().hits[0].distance).toBe(0);
  });

  it('leaves out the first hits, and those that a filter excludes', async () => {
    const all = (await post(png, 'image/png', '?k=60')).json();
    expect(ids((await post(png, 'image/png', '?k=5&offset=10')).json())).toEqual(ids(all).slice(10, 15));
    const label = all.hits[0].labels[0];
    const filter = { labels: [label] };
    const some = all.hits.filter((hit: { labels: string[] }) => hit.labels.includes(label));
    expect((await post({ image: png.toString('base64'), k: 60, filter })).json().hits).toEqual(some);
    const query = `?k=60&filter=${encodeURIComponent(JSON.stringify(filter))}`;
    expect((await post(png, 'image/png', query)).json().hits).toEqual(some);
  });

  it('asks for partial results only where it is told to, and says what is missing', async () => {
    const id = (await post(png, 'image/png', '?k=1')).json().hits[0].id;
    expect((await post({ id })).json()).not.toHaveProperty('missing');
    expect((await post({ id, partial: true })).json().missing).toEqual([]);
    const { store } = service.retriever;
    const search = store.search.bind(store);
    const some = vi.spyOn(store, 'search').mockImplementation((query, o) => {
      o?.onMissing?.(['shard-2:9000']);
      return search(query, o);
    });
    try {
      expect((await post(png, 'image/png', '?partial=true')).json().missing).toEqual(['shard-2:9000']);
      expect((await post({ id })).json()).not.toHaveProperty('missing');
    } finally {
      some.mockRestore();
    }
    const batch = await post({ queries: [{ id }], partial: true }, undefined, '', '/v1/search:batch');
    expect(batch.json().missing).toEqual([]);
  });

  it('explains what it refuses as problem details, with a code', async () => {
    const vector = [...new Float32Array(32)];
    const cases: [string, number, ReturnType<typeof post>][] = [
      ['BAD_REQUEST', 400, post(png, 'image/png', '?k=0')],
      ['BAD_REQUEST', 400, post(png, 'image/png', '?k=1001')],
      ['BAD_REQUEST', 400, post(png, 'image/png', '?k=two')],
      ['BAD_REQUEST', 400, post(png, 'image/png', '?distance=cosine')],
      ['BAD_REQUEST', 400, post(png, 'image/png', '?limit=3')],
      ['BAD_REQUEST', 400, post(png, 'image/png', '?filter={')],
      ['BAD_REQUEST', 400, post(png, 'image/png', '?filter={"label":[]}')],
      ['BAD_REQUEST', 400, post({ vector, id: 'both' })],
      ['BAD_REQUEST', 400, post({})],
      ['BAD_REQUEST', 400, post({ vector, k: '3' })],
      ['BAD_REQUEST', 400, post('{"vector": [1,', 'application/json')],
      ['BAD_REQUEST', 400, post({ vector: vector.map(() => Number.NaN) })],
      ['BAD_REQUEST', 400, post({ vector: vector.map(() => '1') })],
      ['BAD_REQUEST', 400, post({ vector, filter: { metadata: { size: { about: 3 } } } })],
      ['BAD_REQUEST', 400, service.app.inject('/%ff')],
      ['BAD_REQUEST', 400, post('x', 'multipart/form-data')],
      ['BAD_REQUEST', 400, post('x', 'multipart/form-data; boundary=x')],
      ['BAD_REQUEST', 400, post(toForm([['image', png]])[0].subarray(0, 150), toForm([])[1])],
      [
        'BAD_REQUEST',
        400,
        post(
          ...toForm([
            ['k', 'many'],
            ['image', png],
          ]),
        ),
      ],
      [
        'BAD_REQUEST',
        400,
        post(
          ...toForm([
            ['image', png],
            ['image', png],
          ]),
        ),
      ],
      ['BAD_QUERY', 400, post({ vector: [1, 2, 3] })],
      ['BAD_QUERY', 400, post({ vector: vector.map(() => 1e300) })],
      ['NOT_FOUND', 404, post({ id: 'nobody' })],
      ['UNKNOWN_LABEL', 404, post({ vector, filter: { labels: ['nothing'] } })],
      ['URL_REFUSED', 403, post({ url: 'http://127.0.0.1/a.png' })],
      ['UNREADABLE_PICTURE', 415, post(Buffer.from('no picture at all'), 'image/jpeg')],
      ['UNREADABLE_PICTURE', 415, post(png.subarray(0, png.length >> 1), 'image/png')],
      ['NO_PICTURE', 400, post(Buffer.alloc(0), 'image/png')],
      ['NO_PICTURE', 400, post(...toForm([['k', '3']]))],
      ['UNSUPPORTED_MEDIA', 415, post('hello', 'text/plain')],
      ['TOO_LARGE', 413, post(Buffer.alloc(100_001), 'image/png')],
      ['TOO_LARGE', 413, post(...toForm([['image', Buffer.alloc(100_001)]]))],
      [
        'TOO_LARGE',
        413,
        post(
          ...toForm([
            ['image', Buffer.alloc(60_000)],
            ['image', Buffer.alloc(60_000)],
          ]),
        ),
      ],
    ];
    for (const [i, [code, status, promise]] of cases.entries()) {
      const reply = await promise;
      expect([i, reply.json().code, reply.statusCode, reply.headers['content-type']]).toEqual([
        i,
        code,
        status,
        'application/problem+json; charset=utf-8',
      ]);
      expect(reply.json()).toEqual({
        type: `urn:dqn:problem:${code.toLowerCase().replaceAll('_', '-')}`,
        title: expect.any(String),
        status,
        detail: expect.any(String),
        code,
        requestId: reply.headers['x-request-id'] ?? expect.any(String),
      });
    }
  });

  it('names all that would do where nothing is asked for, and takes image/* as it stands', async () => {
    const oneOf = 'must have exactly one of vector, id, image, url.';
    expect((await post({ k: 3 })).json().detail).toBe(`body ${oneOf}`);
    expect((await post({ id: 3, url: 'http://a.org/b.png' })).json().detail).toBe(`body ${oneOf}`);
    expect((await post(png, 'image/*')).statusCode).toBe(200);
  });

  it('names the types that it takes to whoever sends another', async () => {
    for (const type of ['application/x-www-form-urlencoded', 'text/plain', 'nonsense', undefined]) {
      const reply = await post(Buffer.from('x'), type);
      expect([type, reply.statusCode]).toEqual([type, 415]);
      const { code, detail } = reply.json();
      expect(code).toBe('UNSUPPORTED_MEDIA');
      expect(detail).toContain(type ? `"${type}"` : 'without a content type');
      for (const taken of ['image/*', 'multipart/form-data', 'application/json']) expect(detail).toContain(taken);
    }
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    const gzip = await service.app.inject({ method: 'POST', url: '/v1/search', payload: 'x', headers });
    expect(gzip.json().code).toBe('UNSUPPORTED_MEDIA');
  });

  it('answers many at once', async () => {
    const replies = await Promise.all(Array.from({ length: 8 }, () => post(png, 'image/png')));
    expect(new Set(replies.map((reply) => String(ids(reply.json())))).size).toBe(1);
  });
});

describe('POST /v1/search:batch', () => {
  const batch = (payload: object | Buffer, type?: string) => post(payload, type, '', '/v1/search:batch');

  it('answers each query, in order, or says what was wrong with it', async () => {
    const vector = [...(await service.retriever.embed([service.small.pictures[7]]))];
    const image = png.toString('base64');
    const queries = [{ vector }, { id: 'nobody' }, { image }, { image: 'AAAA' }, { vector: [1] }, { vector }];
    const reply = await batch({ queries, k: 2 });
    expect(reply.statusCode).toBe(200);
    const { results, k } = reply.json();
    expect(k).toBe(2);
    const single = async (query: object) => (await post({ ...query, k: 2 })).json();
    expect(results[0].hits).toEqual((await single({ vector })).hits);
    expect(results[5].hits).toEqual(results[0].hits);
    expect(results[2].hits).toEqual((await single({ image })).hits);
    const codes = results.map((result: { problem?: { code: string } }) => result.problem?.code);
    expect(codes).toEqual([undefined, 'NOT_FOUND', undefined, 'UNREADABLE_PICTURE', 'BAD_QUERY', undefined]);
  });

  it('takes a form of images', async () => {
    const { results } = (
      await batch(
        ...toForm([
          ['image', png],
          ['image', Buffer.from('none')],
          ['k', '1'],
        ]),
      )
    ).json();
    expect([results.length, results[0].hits.length, results[1].problem.code]).toEqual([2, 1, 'UNREADABLE_PICTURE']);
  });

  it('fails as a whole where something is wrong with all', async () => {
    const queries = [{ vector: [...new Float32Array(32)] }];
    expect((await batch({ queries, filter: { labels: ['nothing'] } })).json().code).toBe('UNKNOWN_LABEL');
    expect((await batch({ queries: Array(9).fill(queries[0]) })).json().code).toBe('BAD_REQUEST');
    expect((await batch({ queries: [] })).statusCode).toBe(400);
  });
});

describe('POST /v1/encode', () => {
  const encode = (payload: object | Buffer, type?: string, query = '') => post(payload, type, query, '/v1/encode');

  it('gives codes, and embeddings where asked', async () => {
    const one = (await encode(png, 'image/png', '?include=vector')).json().results;
    const vector = await service.retriever.embed([png]);
    expect(one).toEqual([{ code: expect.stringMatching(/^[0-9a-f]{8}$/), vector: [...vector] }]);
    const image = png.toString('base64');
    const many = (await encode({ queries: [{ image }, { vector: [...vector] }, { image: 'AAAA' }] })).json().results;
    expect(many).toEqual([
      { code: one[0].code },
      { code: one[0].code },
      { problem: expect.objectContaining({ code: 'UNREADABLE_PICTURE', status: 415 }) },
    ]);
    expect((await encode(Buffer.from('none'), 'image/png')).statusCode).toBe(415);
  });
});
