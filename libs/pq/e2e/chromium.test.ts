import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserIsMissing, launch } from '../../../tools/chromium.mjs';
import type { Internals } from '../src/live/internals.ts';
import type {} from './page/main.ts';

const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript' };
const ISOLATED = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

interface Place {
  readonly headers?: Record<string, string>;
  /** Runs in the page before all else. */
  readonly before?: () => void;
  readonly internals?: Internals;
  readonly kernels: 'simd' | 'plain';
  readonly threads: boolean;
}

const PLACES: Record<string, Place> = {
  'an isolated page': { headers: ISOLATED, kernels: 'simd', threads: true },
  'a page that is not isolated': { kernels: 'simd', threads: false },
  'an isolated page without SIMD': {
    headers: ISOLATED,
    before: () =>
      Object.assign((globalThis as unknown as { WebAssembly: object }).WebAssembly, { validate: () => false }),
    kernels: 'plain',
    threads: true,
  },
  'an isolated page by plain kernels, threads included': {
    headers: ISOLATED,
    internals: { kernels: 'plain' },
    kernels: 'plain',
    threads: true,
  },
  'a page that may not compile WebAssembly': {
    headers: { ...ISOLATED, 'Content-Security-Policy': "script-src 'self'" },
    kernels: 'plain',
    threads: true,
  },
  'a page without WebAssembly': {
    headers: ISOLATED,
    before: () => Reflect.deleteProperty(globalThis, 'WebAssembly'),
    kernels: 'plain',
    threads: false,
  },
};

const missing = browserIsMissing('The index in a page, against the scan');

describe.skipIf(missing)('in Chromium, an index', { timeout: 120_000 }, () => {
  let folder: string;
  let browser: Browser;
  const servers: Server[] = [];
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'dqn-pq-page-'));
    const root = fileURLToPath(new URL('page', import.meta.url));
    await build({ root, configFile: false, logLevel: 'error', build: { outDir: folder, emptyOutDir: true } });
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
    for (const server of servers) server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Serves the page with some headers, its scripts too: a worker has the policy that it comes with. */
  async function serve(headers: Record<string, string>): Promise<string> {
    const server = createServer((request, response) => {
      const path = (request.url ?? '/').split('?')[0];
      const file = join(folder, path === '/' ? 'index.html' : path);
      response.setHeaders(new Map(Object.entries(headers)));
      response.setHeader('Content-Type', TYPES[extname(file)] ?? 'application/octet-stream');
      response.end(readFileSync(file));
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  }

  for (const [name, { headers = {}, before, internals = {}, kernels, threads }] of Object.entries(PLACES)) {
    describe(`in ${name}`, () => {
      let page: Page;
      const problems: string[] = [];
      beforeAll(async () => {
        page = await browser.newPage();
        page.on('pageerror', (error) => problems.push(error.message));
        page.on('console', (message) => {
          if (message.type() === 'error') problems.push(message.text());
        });
        if (before) await page.addInitScript(before);
        await page.goto(await serve(headers));
      });
      afterAll(() => page?.close());

      it('answers as the scan does, of items and tables that are hostile', async () => {
        const run = (o: Internals) => page.evaluate((o) => checks.hostile(12, { ...o, threads: 0 }), o);
        expect(await run(internals)).toBe('');
      });

      it(`answers as the scan does, by ${kernels} kernels, ${threads ? 'with threads' : 'without threads'}`, async () => {
        const told = await page.evaluate((o) => checks.plain(4, 64, 110_000, o), internals);
        expect(told).toEqual({
          same: true,
          structure: 'multi-index',
          kernels,
          threads: threads ? expect.any(Number) : 0,
        });
        expect(told.threads > 0).toBe(threads);
        const coarse = await page.evaluate((o) => checks.plain(8, 256, 20_000, { ...o, threadsFrom: 1000 }), internals);
        expect(coarse).toMatchObject({ same: true, structure: 'coarse cells', kernels });
        expect(problems).toEqual([]);
      });
    });
  }
});
