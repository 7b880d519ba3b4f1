/** @file The same searches in a headless Chromium: a built page, a server for it and the codes, and the calls into it. */
import { createReadStream } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { build } from 'vite';
import { findChromium } from '../../needs.mjs';

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' };
const HEADERS = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

/** Serves the built page, and of the current set `set.json` and `codes`. */
async function serve(root, current) {
  const files = async (path, response) => {
    const { set } = current;
    if (path === '/codes') {
      response.writeHead(200, { ...HEADERS, 'Content-Type': 'application/octet-stream' });
      return pipeline(createReadStream(set.file, { end: set.n * set.M - 1, highWaterMark: 1 << 20 }), response);
    }
    const name = path === '/' ? 'index.html' : path.slice(1);
    const bytes = await readFile(path === '/set.json' ? set.json : join(root, name));
    response.writeHead(200, { ...HEADERS, 'Content-Type': TYPES[extname(name)] ?? 'application/json' });
    return response.end(bytes);
  };
  const server = createServer((request, response) => {
    files(new URL(request.url, 'http://localhost').pathname, response).catch(() => {
      if (!response.headersSent) response.writeHead(404, HEADERS);
      response.end();
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

/**
 * Opens the page; undefined where there is no Chromium, and it says so.
 *
 * @returns { load(set) → { buildMs }, search(query, k) → { ms, hits, visited }, drop(), close() }
 */
export async function openPage(say) {
  const executablePath = findChromium();
  if (!executablePath) {
    say('NO CHROMIUM: its rows are left out. Set DQN_CHROMIUM.');
    return undefined;
  }
  const root = await mkdtemp(join(tmpdir(), 'dqn-bench-page-'));
  await build({
    root: fileURLToPath(new URL('./page', import.meta.url)),
    configFile: fileURLToPath(new URL('../../../apps/web/vite.config.ts', import.meta.url)),
    logLevel: 'error',
    build: { outDir: root, emptyOutDir: true },
  });
  const current = {};
  const server = await serve(root, current);
  const browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-sync'],
  });
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  await page.waitForFunction('window.load');
  return {
    async load(set) {
      current.set = set;
      return page.evaluate('window.load()');
    },
    async search(query, k) {
      const { ms, ids, distances, visited } = await page.evaluate(([i, n]) => window.search(i, n), [query, k]);
      return { ms, visited, hits: { ids, distances } };
    },
    drop: () => page.evaluate('window.drop()'),
    async close() {
      await browser.close();
      server.closeAllConnections();
      server.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}
