import { describe, expect, it } from 'vitest';
import { createApp } from '../app.ts';
import { stubRetriever } from '../testing/stub.ts';

const app = await createApp({ retriever: stubRetriever(), model: '.', gallery: 'x.gallery', webRoot: null });

describe('the OpenAPI document', () => {
  it('smoke', async () => {
    const reply = await app.inject('/openapi.json');
    expect(reply.statusCode).toBe(200);
    console.log(JSON.stringify(reply.json(), null, 1).slice(0, 9000));
    const docs = await app.inject('/docs/');
    console.log(docs.statusCode, docs.headers, docs.body.slice(0, 600));
    for (const [m, u] of [
      ['GET', '/nowhere'],
      ['POST', '/v1/info'],
      ['GET', '/readyz'],
      ['GET', '/v1/items/a%2Fb'],
      ['POST', '/v1/search'],
    ] as const) {
      const r = await app.inject({ method: m, url: u });
      console.log(m, u, r.statusCode, r.headers, r.body);
    }
  });
});
