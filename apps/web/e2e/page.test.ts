import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRetriever, type Retriever, type RunningServer, startServer } from '@dqn/server';
import { type SmallService, smallService, toPng } from '@dqn/server/testing';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { browserIsMissing, launch } from '../../../tools/chromium.mjs';
import { buildPage } from './build.ts';

/** A browser and a build on a busy machine. */
const SLOW = 300_000;
const missing = browserIsMissing('The page in a browser');
/** What the page may ask for at any time: its gallery, and the tab's icon when the browser likes. */
const OWN = ['GET /gallery', 'GET /icon.svg'];

describe.skipIf(missing)('the page', { timeout: SLOW }, () => {
  let folder: string;
  let service: SmallService;
  let retriever: Retriever;
  let server: RunningServer;
  let browser: Browser;
  let page: Page;
  const problems: string[] = [];
  let png: Buffer;
  /** What the server finds for the same picture. */
  let expected: string[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dqn-page-'));
    const webRoot = join(folder, 'web');
    [service] = await Promise.all([smallService(folder, { count: 90 }), buildPage(webRoot, 'page')]);
    const { model, gallery } = service;
    retriever = await createRetriever({ model, gallery, provider: 'cpu', threads: 1 });
    server = await startServer({ retriever, model, gallery, webRoot, port: 0, limits: { lag: 60_000 } });
    browser = await launch();
    page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.setDefaultTimeout(SLOW / 3);
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text());
    });
    png = await toPng(service.pictures[17]);
    expected = (await retriever.search(png, { k: 24 })).hits.map((hit) => String(hit.id));
  }, SLOW);
  afterAll(async () => {
    await browser.close();
    await server.close();
    await retriever.close();
    await service.reference.close();
    await rm(folder, { recursive: true });
  });
  beforeEach(() => {
    problems.length = 0;
    page.removeAllListeners('request');
  });

  const ready = async (query = ''): Promise<void> => {
    await page.goto(server.url + query);
    await page.waitForSelector('.strip li');
  };
  const hits = async (): Promise<(string | null)[]> => {
    await page.waitForSelector('.hits li');
    return page.$$eval('.hits .pick', (buttons) => buttons.map((button) => button.getAttribute('title')));
  };
  const shown = async (): Promise<string> => (await (await page.waitForSelector('.error')).textContent()) ?? '';

  const samples = (): Promise<(string | null)[]> =>
    page.$$eval('.strip button', (buttons) => buttons.map((button) => button.getAttribute('title')));

  it('loads what it needs, says where the network runs, and shows samples', async () => {
    const fetched: string[] = [];
    page.on('request', (request) => fetched.push(new URL(request.url()).pathname));
    await ready();
    expect(await page.textContent('.lead')).toBe(
      '90 pictures, 16 bits each, searched inside this tab: nothing is uploaded.',
    );
    expect(await page.textContent('.corner .badge')).toMatch(/^WebAssembly\d+ threads?$/);
    expect(await page.locator('.strip li img').count()).toBe(60);
    expect(fetched.filter((path) => path.includes('webgpu') || path.includes('asyncify'))).toEqual([]);
    expect(fetched.filter((path) => path.endsWith('.wasm'))).toHaveLength(1);
    expect(problems).toEqual([]);
  });

  it('searches inside the browser by a chosen file, and finds what the server finds', async () => {
    const asked: string[] = [];
    page.on('request', (request) => {
      const { protocol, pathname } = new URL(request.url());
      asked.push(`${request.method()} ${protocol === 'blob:' ? 'blob:' : ''}${pathname}`);
    });
    await page.setInputFiles('#file', { name: 'blob.png', mimeType: 'image/png', buffer: png });
    expect(await hits()).toEqual(expected);
    // Thumbnails come by range and are drawn from blobs; nothing else is asked for, and nothing is sent.
    expect(asked.filter((line) => !OWN.includes(line) && !line.startsWith('GET blob:'))).toEqual([]);
    expect(await page.textContent('.about')).toBe('blob.png');
    expect(await page.locator('.hits img').count()).toBe(24);
    expect(await page.textContent('.memory h2')).toBe('Its code: 16 bits in 4 bytes');
    await page.click('.corner .badge');
    await expect.poll(() => page.locator('.times dd').count()).toBe(5);
    expect(await page.textContent('.facts')).toContain('16 bits in 4 bytes a picture');
    await page.keyboard.press('Escape');
    await expect.poll(() => page.isVisible('.stage img')).toBe(true);
    expect(problems).toEqual([]);
  });

  it('searches by a dropped and by a pasted picture', async () => {
    for (const how of ['drop', 'paste']) {
      await page.evaluate(
        ({ bytes, how }) => {
          document.querySelector('.hits')?.replaceChildren();
          const transfer = new DataTransfer();
          transfer.items.add(new File([new Uint8Array(bytes)], `${how}.png`, { type: 'image/png' }));
          const init = { bubbles: true, cancelable: true };
          document.body.dispatchEvent(
            how === 'drop'
              ? new DragEvent('drop', { ...init, dataTransfer: transfer })
              : new ClipboardEvent('paste', { ...init, clipboardData: transfer }),
          );
        },
        { bytes: [...png], how },
      );
      expect(await hits()).toEqual(expected);
      expect(await page.textContent('.about')).toBe(`${how}.png`);
    }
    expect(problems).toEqual([]);
  });

  it('searches by a sample, then by a hit, and draws other samples', async () => {
    const sample = await page.getAttribute('.strip li:first-child button', 'title');
    await page.click('.strip li:first-child button');
    await expect.poll(() => page.textContent('.about')).toBe(sample);
    await page.waitForSelector('.results:not(.busy)');
    const name = await page.textContent('.hits li:nth-child(3) .name');
    await page.click('.hits li:nth-child(3) .pick');
    await expect.poll(() => page.textContent('.about')).toBe(name);
    const before = await samples();
    await page.click('.samples .quiet');
    await expect.poll(() => samples()).not.toEqual(before);
    expect(problems).toEqual([]);
  });

  it('leads the keyboard from hit to hit, and never to samples that are clipped', async () => {
    await ready();
    expect(await page.locator('.strip [inert]').count()).toBe(0);
    const focused = () => page.evaluate(() => document.activeElement?.textContent);
    const byKeyboard = async (selector: string): Promise<void> => {
      await page.focus(selector);
      await page.keyboard.press('Enter');
      await expect.poll(focused).toBe('The 24 nearest');
    };
    await byKeyboard('.strip li:last-child button');
    const reachable = () =>
      page.$$eval('.strip li', (tiles) => {
        const { bottom } = tiles[0].parentElement!.getBoundingClientRect();
        return tiles.map((tile) => [tile.getBoundingClientRect().top < bottom, !tile.matches('[inert]')]);
      });
    const tiles = await reachable();
    expect(tiles.map(([, live]) => live)).toEqual(tiles.map(([visible]) => visible));
    expect(tiles.filter(([visible]) => visible).length).toBeLessThan(30);
    await byKeyboard('.hits li:nth-child(3) .pick');
    await page.keyboard.press('Shift+Tab');
    expect(await page.evaluate(() => document.activeElement?.closest('[inert]') === null)).toBe(true);
    expect(await page.evaluate(() => document.activeElement?.closest('.strip') !== null)).toBe(true);
    // Where the strip scrolls sideways, every sample can be reached again.
    await page.setViewportSize({ width: 600, height: 900 });
    await expect.poll(() => page.locator('.strip [inert]').count()).toBe(0);
    await page.setViewportSize({ width: 1280, height: 900 });
    await expect.poll(() => page.locator('.strip [inert]').count()).toBeGreaterThan(0);
    expect(problems).toEqual([]);
  });

  it('explains a file that is no picture, and goes on with the next one', async () => {
    await page.setInputFiles('#file', {
      name: 'notes.png',
      mimeType: 'image/png',
      buffer: Buffer.from('no picture'),
    });
    const text = await shown();
    expect(text).toContain('NOT_A_PICTURE');
    expect(text).toContain('image/png, 10 bytes');
    await expect.poll(() => page.isVisible('.stage .hint')).toBe(true);
    expect(await page.isVisible('.stage img')).toBe(false);
    await page.setInputFiles('#file', { name: 'blob.png', mimeType: 'image/png', buffer: png });
    expect(await hits()).toEqual(expected);
  });

  it('works where the server ignores ranges, and gives as many hits as the address asks for', async () => {
    const body = await readFile(service.gallery);
    await page.route('**/gallery', (route) => route.fulfill({ status: 200, body }));
    await ready('?k=5');
    await page.setInputFiles('#file', { name: 'blob.png', mimeType: 'image/png', buffer: png });
    expect(await hits()).toEqual(expected.slice(0, 5));
    await page.unroute('**/gallery');
  });

  it('explains a model or a gallery that is truncated, damaged, missing or of something else', async () => {
    const otherFolder = join(folder, 'other');
    const other = await smallService(otherFolder, { seed: 8, count: 5 });
    await other.reference.close();
    const gallery = await readFile(service.gallery);
    const codebook = await readFile(join(service.model, 'codebook.pb'));
    const network = await readFile(join(service.model, 'model.onnx'));
    const flipped = Buffer.from(gallery);
    flipped[Math.floor(gallery.length / 2)] ^= 1;
    const cases: [glob: string, body: Buffer | undefined, code: RegExp][] = [
      ['**/gallery', gallery.subarray(0, 700), /TRUNCATED|DAMAGED/],
      ['**/gallery', Buffer.from('<!doctype html>'), /NOT_A_GALLERY/],
      ['**/gallery', await readFile(other.gallery), /CODEBOOK_MISMATCH/],
      ['**/gallery', undefined, /FETCH_FAILED/],
      ['**/model/codebook.pb', codebook.subarray(0, 300), /TRUNCATED|DAMAGED/],
      ['**/model/model.onnx', network.subarray(0, network.length >> 1), /MODEL_MISMATCH/],
      ['**/model/model.onnx', undefined, /FETCH_FAILED/],
    ];
    for (const [glob, body, code] of cases) {
      // A browser of its own: another one keeps what was whole, and shows that.
      const first = await browser.newPage();
      await first.route(glob, (route) =>
        body ? route.fulfill({ status: 200, body }) : route.fulfill({ status: 404, body: 'nothing here' }),
      );
      await first.goto(server.url);
      expect(await first.textContent('.error'), glob).toMatch(code);
      await first.unroute(glob);
      await first.click('.error .button');
      await first.waitForSelector('.strip li');
      expect(await first.locator('.error').count()).toBe(0);
      await first.close();
    }
  });

  it('fits a phone without scrolling sideways, in light and dark', async () => {
    const phone = await browser.newPage({ viewport: { width: 360, height: 740 }, hasTouch: true });
    await phone.goto(server.url);
    await phone.tap('.strip li:nth-child(2) button');
    await phone.waitForSelector('.hits li');
    const look = () =>
      phone.evaluate(() => [document.documentElement.scrollWidth, getComputedStyle(document.body).backgroundColor]);
    await phone.emulateMedia({ colorScheme: 'light' });
    expect(await look()).toEqual([360, 'rgb(245, 244, 240)']);
    await phone.emulateMedia({ colorScheme: 'dark' });
    expect(await look()).toEqual([360, 'rgb(16, 18, 20)']);
    await phone.close();
  });
});
