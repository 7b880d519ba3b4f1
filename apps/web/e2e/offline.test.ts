import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { browserIsMissing, launch } from '../../../tools/chromium.mjs';
import { HEADERS } from '../build/headers.ts';
import { type Served, servePage } from './served.ts';

/** A browser and a build on a busy machine. */
const SLOW = 300_000;
const missing = browserIsMissing('The page without a network');

describe.skipIf(missing)('the page, once it was used,', { timeout: SLOW }, () => {
  let served: Served;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;

  beforeAll(async () => {
    [served, browser] = await Promise.all([servePage(), launch()]);
  }, SLOW);
  afterAll(async () => {
    await browser.close();
    await served.close();
  });
  beforeEach(async () => {
    await served.start();
    context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    page = await context.newPage();
    page.setDefaultTimeout(SLOW / 5);
  });
  afterEach(() => context.close());

  const find = async (): Promise<(string | null)[]> => {
    await page.setInputFiles('#file', { name: 'q.png', mimeType: 'image/png', buffer: served.png });
    await page.waitForSelector('.hits li');
    return page.$$eval('.hits .pick', (buttons) => buttons.map((button) => button.getAttribute('title')));
  };
  /** First visit: loads, searches once, and waits until everything is kept. */
  const visit = async (url = served.url): Promise<void> => {
    await page.goto(url);
    await page.waitForSelector('.strip li');
    expect(await find()).toEqual(served.expected);
    await expect.poll(() => keptRuntime(page), { timeout: SLOW / 5 }).toBe(2);
  };

  it('can be installed', async () => {
    await visit();
    const devtools = await context.newCDPSession(page);
    const { errors, data } = await devtools.send('Page.getAppManifest');
    expect(errors).toEqual([]);
    expect(JSON.parse(data ?? '')).toMatchObject({ name: 'Search by image', display: 'standalone', start_url: './' });
    const { installabilityErrors } = await devtools.send('Page.getInstallabilityErrors');
    // A context of a test is a private window.
    expect(installabilityErrors.map(({ errorId }) => errorId).filter((id) => id !== 'in-incognito')).toEqual([]);
    for (const name of ['icon-192.png', 'icon-512.png', 'icon-maskable.png']) {
      const size = name === 'icon-192.png' ? 192 : 512;
      const sides = await page.evaluate(async (src) => {
        const image = new Image();
        image.src = src;
        await image.decode();
        return [image.naturalWidth, image.naturalHeight];
      }, name);
      expect(sides).toEqual([size, size]);
    }
  });

  it('opens and searches when the server is gone, with its pictures and with threads', async () => {
    await visit();
    await served.stop();
    await page.goto('about:blank');
    await page.goto(served.url);
    await page.waitForSelector('.strip li');
    expect(await find()).toEqual(served.expected);
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
    await expect.poll(() => page.locator('.hits img').count()).toBe(24);
    const drawn = () =>
      page.$$eval('.hits img', (images) => images.every((image) => (image as HTMLImageElement).naturalWidth));
    await expect.poll(drawn).toBe(true);
  });

  it('says what to do when it was never here before', async () => {
    await served.stop();
    const error = await page.goto(served.url).catch((reason: Error) => reason.message);
    expect(error).toContain('ERR_CONNECTION_REFUSED');
  });

  it('comes from the network while there is one, and a new version replaces the old one as a whole', async () => {
    await visit();
    const html = await readFile(join(served.webRoot, 'index.html'), 'utf8');
    const worker = await readFile(join(served.webRoot, 'sw.js'), 'utf8');
    try {
      await writeFile(join(served.webRoot, 'index.html'), html.replace(/<title>[^<]*/, '<title>Second version'));
      await writeFile(
        join(served.webRoot, 'sw.js'),
        worker.replace(/("?version"?:\s*["'`])[0-9a-f]{16}/, '$1ffffffffffffffff'),
      );
      await page.reload();
      expect(await page.title()).toBe('Second version');
      // The first version's worker goes on until no tab of it is open; then the second one's shell is the only one.
      await expect.poll(() => shells(page)).toContain('dqn-page-ffffffffffffffff');
      await page.goto('about:blank');
      await expect
        .poll(async () => {
          await page.goto(served.url);
          const names = await shells(page);
          await page.goto('about:blank');
          return names;
        })
        .toEqual(['dqn-page-ffffffffffffffff']);
      await served.stop();
      await page.goto(served.url);
      expect(await page.title()).toBe('Second version');
      await page.waitForSelector('.strip li');
      expect(await find()).toEqual(served.expected);
    } finally {
      await writeFile(join(served.webRoot, 'index.html'), html);
      await writeFile(join(served.webRoot, 'sw.js'), worker);
    }
  });

  it('is as strict and as fast on a host that sends no headers, from the second visit on', async () => {
    const host = await plainHost(served);
    try {
      const { port } = host.address() as AddressInfo;
      await visit(`http://127.0.0.1:${port}/`);
      expect(await page.evaluate(() => crossOriginIsolated)).toBe(false);
      const response = await page.reload();
      expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
      expect(await response?.allHeaders()).toMatchObject(HEADERS);
      await page.waitForSelector('.strip li');
      expect(await find()).toEqual(served.expected);
      host.closeAllConnections();
      await new Promise((resolve) => host.close(resolve));
      await page.goto('about:blank');
      await page.goto(`http://127.0.0.1:${port}/`);
      await page.waitForSelector('.strip li');
      expect(await find()).toEqual(served.expected);
    } finally {
      host.closeAllConnections();
      host.close();
    }
  });

  it('opens from what is kept while the server is in trouble or says nothing', async () => {
    let answer: 'fails' | 'stalls' | 'serves' = 'serves';
    const host = await plainHost(served, () => answer);
    try {
      const { port } = host.address() as AddressInfo;
      const url = `http://127.0.0.1:${port}/`;
      await visit(url);
      for (const trouble of ['fails', 'stalls'] as const) {
        answer = trouble;
        await page.goto('about:blank');
        await page.goto(url);
        expect(await page.title()).toMatch(/^Search by image/);
      }
    } finally {
      host.closeAllConnections();
      host.close();
    }
  });
});

/** Files of a runtime that the worker has kept. */
function keptRuntime(page: Page): Promise<number> {
  return page.evaluate(async () => {
    if (!(await caches.has('dqn-runtime-wasm'))) return 0;
    return (await (await caches.open('dqn-runtime-wasm')).keys()).length;
  });
}

async function shells(page: Page): Promise<string[]> {
  return (await page.evaluate(() => caches.keys())).filter((name) => name.startsWith('dqn-page-'));
}

const TYPES: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
};

/** A host of static files that knows neither headers nor ranges. */
async function plainHost(
  { webRoot, small }: Served,
  how = (): 'fails' | 'stalls' | 'serves' => 'serves',
): Promise<Server> {
  const server = createServer(async (request, reply) => {
    if (how() === 'stalls') return;
    if (how() === 'fails') return reply.writeHead(502).end('bad gateway');
    const { pathname } = new URL(request.url ?? '/', 'http://host');
    const path = pathname.startsWith('/model/')
      ? join(small.model, pathname.slice('/model/'.length))
      : pathname === '/gallery'
        ? small.gallery
        : join(webRoot, pathname === '/' ? 'index.html' : pathname);
    const bytes = await readFile(path).catch(() => undefined);
    if (!bytes) return reply.writeHead(404).end();
    return reply.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream' }).end(bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
