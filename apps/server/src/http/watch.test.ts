import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { createApp } from '../app.ts';
import { startServer } from '../serve.ts';
import { openService } from '../testing/service.ts';
import { stubRetriever } from '../testing/stub.ts';
import { createKey } from './keys.ts';
import { createMetrics } from './metrics.ts';
import { createTracing } from './trace.ts';

const base = { model: '.', gallery: '.', webRoot: null, limits: { lag: 60_000 } } as const;

describe('the log', () => {
  it('has a line for each request, with the id of its reply and the name of its key, and no secret', async () => {
    const lines: Record<string, unknown>[] = [];
    const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
    const { key, entry } = createKey('page', 'read');
    const app = await createApp({ ...base, retriever: stubRetriever(), log, keys: [entry] });
    const authorization = `Bearer ${key}`;
    await app.inject({ url: '/v1/info?secret=1', headers: { authorization, 'x-request-id': 'from-outside-1' } });
    const odd = await app.inject({ url: '/v1/nothing', headers: { 'x-request-id': 'a "b"\t' } });
    await app.inject('/healthz');
    await app.close();
    expect(lines.map(({ reqId, method, path, status, key: name }) => [reqId, method, path, status, name])).toEqual([
      ['from-outside-1', 'GET', '/v1/info', 200, 'page'],
      [odd.headers['x-request-id'], 'GET', '/v1/nothing', 404, undefined],
    ]);
    expect(JSON.stringify(lines)).not.toMatch(/dqn_|secret/);
  });

  it('has the reason of what the caller is not told', async () => {
    const lines: string[] = [];
    const log = pino({ level: 'error' }, { write: (line: string) => void lines.push(line) });
    const get = async () => {
      throw new Error('/secret/path is broken');
    };
    const app = await createApp({ ...base, retriever: stubRetriever({ get }), log });
    const reply = await app.inject('/v1/items/a');
    await app.close();
    expect([reply.statusCode, reply.json().code]).toEqual([500, 'INTERNAL']);
    expect(reply.payload).not.toContain('secret');
    expect(lines.join()).toContain('/secret/path is broken');
  });
});

describe('traces', () => {
  it('go to the collector, as parts of what the caller traces', async () => {
    const spans: Record<string, unknown>[] = [];
    const collector = createServer(async (request, reply) => {
      let text = '';
      for await (const chunk of request) text += chunk;
      spans.push(...JSON.parse(text).resourceSpans[0].scopeSpans[0].spans);
      reply.end('{}');
    });
    await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
    const tracing = createTracing(`http://127.0.0.1:${(collector.address() as AddressInfo).port}/v1/traces`);
    const app = await createApp({ ...base, retriever: stubRetriever(), tracing });
    const traceId = 'ab'.repeat(16);
    await app.inject({ url: '/v1/info', headers: { traceparent: `00-${traceId}-${'cd'.repeat(8)}-01` } });
    await app.inject('/healthz');
    await app.close();
    await tracing.close();
    collector.close();
    expect(spans).toMatchObject([{ name: 'GET /v1/info', traceId, parentSpanId: 'cd'.repeat(8) }]);
  });
});

describe('the numbers', () => {
  it('are there from the beginning, all that the dashboard and the alerts ask for', async () => {
    const service = await openService();
    const { payload } = await service.app.inject('/metrics');
    await service.close();
    const printed = new Set(payload.match(/(?<=^# TYPE )dqn_\w+/gm));
    for (const file of ['grafana.json', 'alerts.yml']) {
      const text = await readFile(new URL(`../../../../deploy/${file}`, import.meta.url), 'utf8');
      for (const name of text.match(/\bdqn_\w+/g)!)
        expect(printed, file).toContain(name.replace(/_(bucket|sum|count)$/, ''));
    }
    expect(payload).toContain('dqn_thread_events_total{event="died",role="network"} 0');
    expect(payload).toContain('dqn_http_requests_total{route="/v1/search:batch",method="POST",status="500"} 0');
    expect(payload).toMatch(/^dqn_read_only 0$/m);
  });

  it('tell a service that only reads from one whose writes fail', async () => {
    const service = await openService({ readOnly: true });
    const { payload } = await service.app.inject('/metrics');
    await service.close();
    expect(payload).toMatch(/^dqn_writable 0$/m);
    expect(payload).toMatch(/^dqn_read_only 1$/m);
  });
});

describe('a server that is behind', () => {
  it('turns requests away before it reads them, tells of it, and comes back', async () => {
    const metrics = createMetrics();
    const options = { ...base, retriever: stubRetriever(), metrics, port: 0, limits: { lag: 40 } };
    await using server = await startServer(options);
    // Long turns of the thread, one behind the other.
    let isBusy = true;
    const work = (): void => {
      for (const end = performance.now() + 150; performance.now() < end; );
      if (isBusy) setTimeout(work, 1);
    };
    work();
    const ask = async () => {
      const reply = await fetch(`${server.url}v1/info`);
      return [reply.status, reply.headers.get('retry-after')];
    };
    await expect.poll(ask, { timeout: 20_000 }).toEqual([503, '1']);
    expect((await fetch(`${server.url}healthz`)).status).toBe(200);
    isBusy = false;
    await expect.poll(ask, { timeout: 20_000 }).toEqual([200, null]);
    expect(await metrics.registry.metrics()).toMatch(/dqn_shed_total\{reason="lag"\} [1-9]/);
  });
});
