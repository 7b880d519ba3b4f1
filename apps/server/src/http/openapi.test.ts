import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApp } from '../app.ts';
import { openApiDocument } from '../document.ts';
import { stubRetriever } from '../testing/stub.ts';

interface Operation {
  readonly operationId: string;
  readonly requestBody?: { readonly content: object };
  readonly security?: object[];
}
type Paths = Record<string, Record<string, Operation>>;

describe('the OpenAPI document', () => {
  it('is what the client was made from', async () => {
    const committed = await readFile(new URL('../../../../libs/client/openapi.json', import.meta.url), 'utf8');
    // Otherwise: npm run build, then node tools/client.mjs
    expect(await openApiDocument()).toEqual(JSON.parse(committed));
  });

  it('names every operation, with all bodies that it takes', async () => {
    const { paths } = (await openApiDocument()) as { paths: Paths };
    const named = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { operationId }]) => `${operationId}: ${method} ${path}`),
    );
    expect(named.sort()).toEqual([
      'encode: post /v1/encode',
      'getItem: get /v1/items/{id}',
      'getThumbnail: get /v1/items/{id}/thumbnail',
      'health: get /healthz',
      'info: get /v1/info',
      'metrics: get /metrics',
      'putItem: put /v1/items/{id}',
      'putItems: post /v1/items:bulk',
      'ready: get /readyz',
      'removeItem: delete /v1/items/{id}',
      'search: post /v1/search',
      'searchBatch: post /v1/search:batch',
      'snapshot: get /v1/snapshot',
    ]);
    expect(Object.keys(paths['/v1/search'].post.requestBody!.content)).toEqual([
      'application/json',
      'image/*',
      'multipart/form-data',
    ]);
  });
});

describe('the page that shows it', () => {
  let app: Awaited<ReturnType<typeof createApp>>;
  beforeAll(async () => {
    app = await createApp({
      retriever: stubRetriever(),
      model: '.',
      gallery: '.',
      webRoot: null,
      limits: { lag: 60_000 },
    });
  });
  afterAll(() => app.close());

  it('comes with everything that it needs', async () => {
    const page = await app.inject('/docs/');
    expect(page.headers['content-security-policy']).toContain("default-src 'self'");
    const links = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link]) => link);
    expect(links.length).toBeGreaterThan(3);
    for (const link of links) {
      expect(link).not.toMatch(/^(https?:)?\/\//);
      expect((await app.inject(new URL(link, 'http://x/docs/').pathname)).statusCode).toBe(200);
    }
  });
});
