import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserIsMissing, launch } from '../../../tools/chromium.mjs';
import { compressed } from '../build/compress.ts';
import { type Served, servePage } from './served.ts';

/** A browser and a build on a busy machine. */
const SLOW = 300_000;
const missing = browserIsMissing('How little the page loads');

/** Of our own scripts, until hits are shown, compressed. */
const OWN_SCRIPTS = 60_000;
/** Of everything until then but model and gallery: 0.7 MB are left for those of the shipped model and 10,000 items. */
const ALL = 4_300_000;

describe.skipIf(missing)('until its first hits the page loads', { timeout: SLOW }, () => {
  let served: Served;
  let browser: Browser;
  /** Files of the page that it asked for, by name, with their bytes over the line. */
  const sizes = new Map<string, number>();

  beforeAll(async () => {
    [served, browser] = await Promise.all([servePage(), launch()]);
    const context = await browser.newContext();
    const asked = new Set<string>();
    context.on('request', (request) => {
      // What the service worker keeps it takes from the browser's cache.
      if (!request.serviceWorker()) asked.add(new URL(request.url()).pathname);
    });
    const page = await context.newPage();
    page.setDefaultTimeout(SLOW / 5);
    await page.goto(served.url);
    await page.waitForSelector('.welcome');
    await page.setInputFiles('#file', { name: 'q.png', mimeType: 'image/png', buffer: served.png });
    await page.waitForSelector('.hits li');
    for (const path of asked) {
      if (!/\.(js|css|wasm)$|^\/$/.test(path)) continue;
      const bytes = await readFile(join(served.webRoot, path === '/' ? 'index.html' : path));
      sizes.set(basename(path), (await compressed(bytes)).length);
    }
  }, SLOW);
  afterAll(async () => {
    await browser.close();
    await served.close();
  });

  const sum = (wanted: (name: string) => boolean): number =>
    [...sizes].reduce((total, [name, bytes]) => total + (wanted(name) ? bytes : 0), 0);
  const listed = (): string => [...sizes].map(([name, bytes]) => `${name} ${bytes}`).join(', ');

  it('less than 60 kB of our own scripts', () => {
    // The bundler's own few lines serve ONNX Runtime.
    const own = (name: string): boolean => name.endsWith('.js') && !/^(ort[.-]|rolldown-|sw\.js)/.test(name);
    expect(sum(own), listed()).toBeLessThan(OWN_SCRIPTS);
    expect(sum(own)).toBeGreaterThan(20_000);
  });

  it('less than 5 MB with the runtime, of which it takes one build', () => {
    expect(
      sum(() => true),
      listed(),
    ).toBeLessThan(ALL);
    expect([...sizes.keys()].filter((name) => name.endsWith('.wasm'))).toHaveLength(1);
  });

  it('nothing from elsewhere', async () => {
    const html = await readFile(join(served.webRoot, 'index.html'), 'utf8');
    const links = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link]) => link);
    expect(links.length).toBeGreaterThan(4);
    for (const link of links) expect(link).toMatch(/^\.\//);
  });
});
