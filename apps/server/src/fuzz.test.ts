/**
 * @file Requests that nobody means well: whatever comes, the service answers, with no error of its own.
 *
 *     DQN_FUZZ=25000 npx vitest run --config ../../vitest.config.ts --root . src/fuzz.test.ts     so many of each kind
 */

import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import type { InjectOptions } from 'fastify';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openService, type TestService, toForm } from './testing/service.ts';
import { toTar } from './testing/tar.ts';

const RUNS = Number(process.env.DQN_FUZZ ?? 150);
const TIMEOUT = 60_000 + RUNS * 200;

let service: TestService;
let images: Buffer[];
let vector: number[];
beforeAll(async () => {
  service = await openService({ limits: { body: 200_000, bulk: 400_000, batch: 4, time: 20_000 } });
  const picture = sharp(service.png);
  images = await Promise.all([
    picture.clone().png().toBuffer(),
    picture.clone().jpeg().toBuffer(),
    picture.clone().webp().toBuffer(),
    picture.clone().gif().toBuffer(),
    picture.clone().tiff().toBuffer(),
  ]);
  vector = [...(await service.retriever.embed([service.png]))];
});
afterAll(() => service.close());

type Request = InjectOptions;

/** The reply, which is none of the service's own failures. */
async function answer(request: Request): Promise<number> {
  const { statusCode, payload } = await service.app.inject(request);
  if (statusCode >= 500 && statusCode !== 503) throw new Error(`${statusCode} ${payload}`);
  return statusCode;
}

/** What a change of some bytes, an end too early and something behind make of it. */
const mutation = fc.record({
  flips: fc.array(fc.tuple(fc.nat(1_000_000), fc.nat(255)), { maxLength: 6 }),
  keep: fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true })),
  behind: fc.uint8Array({ maxLength: 20 }),
});

function mutated(
  bytes: Buffer,
  { flips, keep, behind }: typeof mutation extends fc.Arbitrary<infer T> ? T : never,
): Buffer {
  const copy = Buffer.concat([bytes.subarray(0, Math.floor(bytes.length * keep)), behind]);
  for (const [at, value] of flips) if (copy.length > 0) copy[at % copy.length] = value;
  return copy;
}

const check = <T>(values: fc.Arbitrary<T>, property: (value: T) => Promise<void>): Promise<void> =>
  fc.assert(fc.asyncProperty(values, property), { numRuns: RUNS });

describe('whatever comes is answered', () => {
  it('images', { timeout: TIMEOUT }, async () => {
    const places = ['/v1/search', '/v1/encode', '/v1/items/fuzz'] as const;
    await check(fc.tuple(fc.nat(4), mutation, fc.constantFrom(...places)), async ([which, change, url]) => {
      await answer({
        method: url === '/v1/items/fuzz' ? 'PUT' : 'POST',
        url,
        payload: mutated(images[which], change),
        headers: { 'content-type': 'image/png' },
      });
    });
  });

  it('pictures that say they are enormous', async () => {
    const bomb = Buffer.from(images[0]);
    bomb.writeUInt32BE(60_000, 16);
    bomb.writeUInt32BE(60_000, 20);
    bomb.writeUInt32BE(crc32(bomb.subarray(12, 29)), 29);
    const reply = await service.app.inject({
      method: 'POST',
      url: '/v1/search',
      payload: bomb,
      headers: { 'content-type': 'image/png' },
    });
    expect([reply.statusCode, reply.json().code]).toEqual([413, 'PICTURE_TOO_LARGE']);
  });

  it('JSON', { timeout: TIMEOUT }, async () => {
    const number = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(-1, 0, 1e300, 2 ** 53, Number.MAX_VALUE));
    const value = fc.oneof(fc.jsonValue({ maxDepth: 4 }), number, fc.constant(null), fc.string());
    const part = fc.record(
      {
        vector: fc.oneof(fc.constant('VECTOR'), fc.array(number, { maxLength: 70 }), value),
        id: fc.oneof(fc.string(), value),
        image: fc.oneof(fc.base64String({ maxLength: 200 }), value),
        url: fc.oneof(fc.webUrl(), value),
        k: fc.oneof(fc.integer({ min: -1, max: 1200 }), value),
        offset: fc.oneof(fc.nat(20_000), value),
        distance: fc.oneof(fc.constantFrom('aqd', 'ip', 'sqd'), value),
        include: fc.oneof(fc.constant(['metadata']), value),
        labels: fc.oneof(fc.array(fc.string(), { maxLength: 3 }), value),
        metadata: fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), value),
        code: fc.oneof(fc.constantFrom('00000000', 'ffffffff', 'FF'), value),
        thumbnail: fc.oneof(fc.boolean(), fc.base64String({ maxLength: 50 }), value),
        filter: fc.oneof(
          fc.record(
            {
              labels: fc.array(fc.string(), { maxLength: 3 }),
              ids: fc.array(fc.oneof(fc.string(), number), { maxLength: 3 }),
              metadata: fc.dictionary(
                fc.string(),
                fc.oneof(value, fc.record({ gt: value, lte: number }, { requiredKeys: [] })),
              ),
            },
            { requiredKeys: [] },
          ),
          value,
        ),
        queries: fc.array(value, { maxLength: 5 }),
        ['__proto__']: value,
      },
      { requiredKeys: [], noNullPrototype: false },
    );
    const places = ['/v1/search', '/v1/search:batch', '/v1/encode', '/v1/items/fuzz'] as const;
    const dig = (one: unknown): unknown =>
      JSON.parse(JSON.stringify(one)?.replaceAll('"VECTOR"', JSON.stringify(vector)) ?? 'null');
    await check(fc.tuple(fc.oneof(part, value), fc.constantFrom(...places)), async ([body, url]) => {
      const wrapped = url.endsWith('batch') || url.endsWith('encode') ? { ...(body as object), queries: [body] } : body;
      await answer({
        method: url === '/v1/items/fuzz' ? 'PUT' : 'POST',
        url,
        payload: JSON.stringify(dig(wrapped)) ?? '',
        headers: { 'content-type': 'application/json' },
      });
    });
  });

  it('JSON that is no JSON, or endlessly deep', { timeout: TIMEOUT }, async () => {
    const texts = [
      '['.repeat(150_000),
      '{"a":'.repeat(30_000),
      `${'['.repeat(90_000)}${']'.repeat(90_000)}`,
      '"\ud800"',
      '{"vector":[1e999]}',
    ];
    const deep = `{"vector":${JSON.stringify(vector)},"metadata":{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}}`;
    for (const payload of [...texts, deep]) {
      for (const [method, url] of [
        ['POST', '/v1/search'],
        ['PUT', '/v1/items/fuzz'],
      ] as const) {
        const status = await answer({ method, url, payload, headers: { 'content-type': 'application/json' } });
        expect([payload.slice(0, 20), status]).toEqual([payload.slice(0, 20), 400]);
      }
    }
  });

  it('forms, streams and archives', { timeout: TIMEOUT }, async () => {
    const [form, formType] = toForm([
      ['image', service.png],
      ['k', '3'],
      ['filter', '{"labels":["cat"]}'],
    ]);
    const lines = Buffer.from(
      `${JSON.stringify({ id: 'f1', vector, labels: ['a'] })}\n${JSON.stringify({ id: 'f2', code: '00000000' })}\n{"id":"f1","remove":true}\n`,
    );
    const tar = toTar([
      { name: 'a.png', bytes: service.png },
      { name: 'a.json', bytes: Buffer.from('{"labels":["a"]}') },
    ]);
    const kinds = [
      ['/v1/search', formType, form],
      ['/v1/items:bulk', 'application/x-ndjson', lines],
      ['/v1/items:bulk', 'application/x-tar', tar],
    ] as const;
    await check(fc.tuple(fc.constantFrom(...kinds), mutation), async ([[url, type, bytes], change]) => {
      await answer({ method: 'POST', url, payload: mutated(bytes, change), headers: { 'content-type': type } });
    });
  });

  it('paths, queries, methods and headers', { timeout: TIMEOUT }, async () => {
    const methods = ['GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH'] as const;
    const segment = fc.oneof(
      fc.constantFrom(
        'v1',
        'search',
        'items',
        'items:bulk',
        'thumbnail',
        'model',
        'gallery',
        'metrics',
        '..',
        '%2e%2e',
        '%00',
        '%ff',
        ':id',
        '*',
      ),
      fc.string({ maxLength: 8 }).map(encodeURIComponent),
      fc.webFragments({ maxLength: 20 } as never),
    );
    const header = fc.stringMatching(/^[\x20-\x7e]{0,40}$/);
    const request = fc.record({
      method: fc.constantFrom(...methods),
      path: fc.array(segment, { maxLength: 4 }),
      query: fc.oneof(
        fc.webQueryParameters(),
        fc.constantFrom('k=1&k=2', 'filter={', 'include=metadata&include=x', 'k[]=1'),
      ),
      headers: fc.record(
        {
          'content-type': fc.oneof(
            header,
            fc.constantFrom('application/json', 'image/*', 'multipart/form-data', 'application/x-tar'),
          ),
          authorization: header,
          range: header,
          'x-request-id': header,
          traceparent: header,
          host: fc.oneof(fc.constant('localhost'), fc.domain()),
        },
        { requiredKeys: [] },
      ),
      payload: fc.oneof(
        fc.constant(undefined),
        fc.string(),
        fc.uint8Array().map((bytes) => Buffer.from(bytes)),
      ),
    });
    await check(fc.tuple(request), async ([{ method, path, query, headers, payload }]) => {
      await answer({
        method,
        url: `/${path.join('/')}?${query}`,
        headers,
        ...(payload !== undefined && { payload }),
      });
    });
  });

  it('and goes on as before', async () => {
    const reply = await service.app.inject({ method: 'POST', url: '/v1/search', payload: { vector, k: 3 } });
    expect([reply.statusCode, reply.json().hits.length]).toEqual([200, 3]);
  });
});
