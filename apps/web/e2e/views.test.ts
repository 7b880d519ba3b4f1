import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRetriever, type Retriever, type RunningServer, startServer } from '@dqn/server';
import { type SmallService, smallService, toPng } from '@dqn/server/testing';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { browserIsMissing, launch } from '../../../tools/chromium.mjs';
import { buildPage } from './build.ts';

/** A browser and a build on a busy machine. */
const SLOW = 300_000;
const missing = browserIsMissing('The views of the page in a browser');

const CATALOGUE = [
  { name: 'shapes', title: 'Shapes', model: './model/', gallery: './gallery' },
  { name: 'mine', title: 'Only mine', model: './model/' },
];

describe.skipIf(missing)('what the page offers', { timeout: SLOW }, () => {
  let folder: string;
  let service: SmallService;
  let retriever: Retriever;
  let server: RunningServer;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let png: Buffer;
  const problems: string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dqn-views-'));
    const webRoot = join(folder, 'web');
    [service] = await Promise.all([smallService(folder, { count: 90 }), buildPage(webRoot, 'page')]);
    const { model, gallery } = service;
    retriever = await createRetriever({ model, gallery, provider: 'cpu', threads: 1 });
    server = await startServer({ retriever, model, gallery, webRoot, port: 0, limits: { lag: 60_000 } });
    browser = await launch('--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream');
    png = await toPng(service.pictures[17]);
    await mkdir(join(folder, 'holidays', 'beach'), { recursive: true });
    const files = await Promise.all(service.pictures.slice(0, 12).map(toPng));
    await Promise.all(files.map((file, i) => writeFile(join(folder, 'holidays', 'beach', `p${i}.png`), file)));
    await writeFile(join(folder, 'holidays', 'broken.jpg'), 'no picture');
    await writeFile(join(folder, 'holidays', 'notes.txt'), 'no picture either');
  }, SLOW);
  afterAll(async () => {
    await browser.close();
    await server.close();
    await retriever.close();
    await service.reference.close();
    await rm(folder, { recursive: true });
  });
  beforeEach(async () => {
    problems.length = 0;
    context = await browser.newContext({ viewport: { width: 1280, height: 900 }, serviceWorkers: 'block' });
    page = await context.newPage();
    page.setDefaultTimeout(SLOW / 3);
    page.on('pageerror', (error) => problems.push(error.message));
  });
  afterEach(async () => {
    await context.close();
    expect(problems).toEqual([]);
  });

  const ready = async (query = ''): Promise<void> => {
    await page.goto(server.url + query);
    await page.waitForSelector('.query.ready');
  };
  const settled = () => page.waitForSelector('.results:not(.busy) .hits li');
  const ids = async (): Promise<(string | null)[]> => {
    await settled();
    return page.$$eval('.hits .pick', (picks) => picks.map((pick) => pick.getAttribute('title')));
  };
  const choose = () => page.setInputFiles('#file', { name: 'shape.png', mimeType: 'image/png', buffer: png });
  const tray = () => page.textContent('.tray p');

  it('explains itself until the first search', async () => {
    await ready();
    expect(await page.textContent('.welcome')).toContain('never leaves your device');
    expect(await page.textContent('.welcome')).toContain('Out of 90 pictures');
    await page.click('.strip li:first-child button');
    await settled();
    expect(await page.locator('.welcome').count()).toBe(0);
  });

  it('leads back and forth through the searches, and by a link to the same result', async () => {
    await ready();
    await page.click('.strip li:nth-child(4) button');
    const byItem = await ids();
    await expect.poll(() => page.url()).toMatch(/#id=made-up/);
    const itemLink = page.url();
    await choose();
    await expect.poll(() => page.textContent('.about')).toBe('shape.png');
    await expect.poll(() => page.url()).toMatch(/#v=/);
    const byPicture = await ids();
    const pictureLink = page.url();
    await page.goBack();
    await expect.poll(ids).toEqual(byItem);
    await page.goForward();
    await expect.poll(() => page.textContent('.about')).toBe('shape.png');
    await expect.poll(ids).toEqual(byPicture);
    await page.goBack();
    await page.goBack();
    await expect.poll(() => page.locator('.hits li').count()).toBe(0);

    const other = await context.newPage();
    page = other;
    page.setDefaultTimeout(SLOW / 3);
    await page.goto(itemLink);
    expect(await ids()).toEqual(byItem);
    await page.goto(pictureLink);
    await expect.poll(() => page.textContent('.about')).toBe('A shared picture');
    await expect.poll(ids).toEqual(byPicture);
    await page.goto(`${server.url}#id=nobody`);
    expect(await page.textContent('.error')).toContain('UNKNOWN_ID');
    await page.goto(pictureLink.slice(0, -1));
    await expect.poll(() => page.textContent('.error')).toContain('copy the whole link');
    expect(await page.isVisible('.memory')).toBe(false);
  });

  it('finds only what has a label, says which, and keeps it in the link', async () => {
    await ready();
    await choose();
    await settled();
    await page.click('.filter button');
    const label = await page.textContent('.boxes li:nth-child(2) label');
    await page.click('.boxes li:nth-child(2) label');
    const labels = () => page.$$eval('.hits .labels', (all) => [...new Set(all.map((one) => one.textContent))]);
    await expect.poll(labels).toEqual([label]);
    expect(await page.textContent('.chips')).toBe(label);
    await expect.poll(() => page.url()).toContain(`label=${label}`);
    await page.reload();
    await settled();
    expect(await labels()).toEqual([label]);
    await page.click('.chips .chip');
    await expect.poll(async () => (await labels()).length).toBeGreaterThan(1);
  });

  it('shows what matched, codeword by codeword: the shares are the distance', async () => {
    await ready();
    await choose();
    await settled();
    await page.hover('.hits li:nth-child(3) .pick');
    const other = await page.$$eval('.memory .other', (words) => words.map((word) => word.textContent));
    await page.click('.hits li:nth-child(3) .why');
    await page.waitForSelector('.match-sheet tbody tr');
    const cells = await page.$$eval('.match-sheet tbody tr', (rows) =>
      rows.map((row) => [...row.querySelectorAll('td')].map((cell) => cell.textContent ?? '')),
    );
    expect(cells.map(([, hit]) => hit.slice(0, 1))).toEqual(other);
    const sum = cells.reduce((all, [, , share]) => all + Number(share), 0);
    const distance = Number(await page.textContent('.match-sheet tfoot td'));
    expect(sum).toBeCloseTo(distance, 2);
    expect(Number(await page.textContent('.hits li:nth-child(3) .distance'))).toBe(distance);
    await page.keyboard.press('Escape');
    await expect.poll(() => page.locator('.match-sheet').count()).toBe(0);
    await expect.poll(() => page.evaluate(() => document.activeElement?.className)).toBe('why');
  });

  it('walks through the hits by the arrow keys, and shows more of them', async () => {
    await ready();
    await choose();
    await settled();
    await page.focus('.hits li:first-child .pick');
    const focused = () =>
      page.evaluate(() => [...document.querySelectorAll('.hits .pick')].indexOf(document.activeElement!));
    const walk: [string, number][] = [
      ['ArrowRight', 1],
      ['ArrowDown', 7],
      ['ArrowLeft', 6],
      ['ArrowUp', 0],
      ['ArrowUp', 0],
    ];
    for (const [key, at] of walk) {
      await page.keyboard.press(key);
      expect(await focused(), key).toBe(at);
    }
    const first = await ids();
    await page.click('.more-hits button');
    await expect.poll(async () => (await ids()).length).toBe(48);
    expect((await ids()).slice(0, 24)).toEqual(first);
  });

  it('searches by a camera as it runs, and by the picture that is taken', async () => {
    await context.grantPermissions(['camera']);
    await ready();
    await page.click('text=Camera');
    await settled();
    await expect.poll(() => page.textContent('.about')).toMatch(/^Live: [\d.]+ searches a second$/);
    expect(page.url()).not.toContain('#');
    await page.click('text=Use this picture');
    await expect.poll(() => page.textContent('.about')).toBe('Photograph');
    await expect.poll(() => page.url()).toContain('#v=');
    expect(await page.locator('video').count()).toBe(0);
    await expect.poll(() => page.isVisible('.stage img')).toBe(true);
    await page.click('text=Camera');
    await page.waitForSelector('video');
    await choose();
    await expect.poll(() => page.textContent('.about')).toBe('shape.png');
    expect(await page.locator('video').count()).toBe(0);
  });

  it('has one camera on, and none where something else was asked while it asked the user', async () => {
    await context.grantPermissions(['camera']);
    await ready();
    const asked = await page.evaluateHandle(() => {
      const devices = navigator.mediaDevices;
      const real = devices.getUserMedia.bind(devices);
      const asked = { allow: [] as (() => void)[], tracks: [] as MediaStreamTrack[] };
      devices.getUserMedia = async (what) => {
        await new Promise<void>((resolve) => asked.allow.push(resolve));
        const stream = await real(what);
        asked.tracks.push(...stream.getTracks());
        return stream;
      };
      return asked;
    });
    await page.click('text=Camera');
    await page.click('text=Camera');
    await expect.poll(() => asked.evaluate(({ allow }) => allow.length)).toBe(1);
    await choose();
    await settled();
    await asked.evaluate(({ allow }) => {
      for (const one of allow) one();
    });
    await expect
      .poll(() => asked.evaluate(({ tracks }) => tracks.map(({ readyState }) => readyState)))
      .toEqual(['ended']);
    expect(await page.locator('video').count()).toBe(0);
    expect(await page.textContent('.about')).toBe('shape.png');
  });

  it('says what to do without a camera: none there, not allowed, not by https', async () => {
    const cases: [name: string, advice: RegExp][] = [
      ['NotFoundError', /Connect a camera/],
      ['NotAllowedError', /Allow the camera/],
      ['NotReadableError', /Another program/],
    ];
    await ready();
    for (const [name, advice] of cases) {
      await page.evaluate((name) => {
        navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('It failed.', name));
      }, name);
      await page.click('text=Camera');
      await expect.poll(() => page.textContent('.error')).toMatch(advice);
    }
    await page.evaluate(() => Object.defineProperty(navigator, 'mediaDevices', { value: undefined }));
    await page.click('.error .button');
    await expect.poll(() => page.textContent('.error')).toMatch(/NO_CAMERA/);
    expect(await page.textContent('.error')).toMatch(/https/);
    await choose();
    await settled();
  });

  it('adds a folder of one’s own, tells what was left out, finds it, shows it, and lets it go', async () => {
    await ready();
    await page.click('.library .badge');
    await page.setInputFiles('.mine input[webkitdirectory]', join(folder, 'holidays'));
    await expect.poll(tray).toBe('12 pictures added; 2 files left out.');
    await page.click('.tray button');
    expect(await page.textContent('.reasons')).toContain('holidays/broken.jpg');
    await page.keyboard.press('Escape');
    expect(await page.textContent('.library .badge')).toContain('+ 12');

    await page.click('.library .badge');
    await page.click('text=Look through them');
    await expect.poll(() => page.locator('.hits.own li').count()).toBe(12);
    await page.click('.hits.own li:nth-child(2) .pick');
    await expect.poll(() => page.locator('.hits:not(.own) .yours').count()).toBeGreaterThan(0);
    // A link can't name what only this browser has.
    await expect.poll(() => page.url()).toContain('#v=');
    await page.goBack();
    await expect.poll(() => page.locator('.hits.own li').count()).toBe(12);
    await page.goForward();
    await expect.poll(() => page.locator('.hits:not(.own) .yours').count()).toBeGreaterThan(0);
    await page.click('.filter button');
    await page.click('.only-own label');
    await expect.poll(() => page.locator('.hits li').count()).toBe(12);
    expect(await page.locator('.yours').count()).toBe(12);
    await page.keyboard.press('Escape');

    await page.click('.hits li:nth-child(2) .why');
    await page.click('text=Remove from mine');
    await expect.poll(() => page.locator('.hits li').count()).toBe(11);
    await page.reload();
    await page.waitForSelector('.query.ready');
    expect(await page.textContent('.library .badge')).toContain('+ 11');

    await page.click('.library .badge');
    const download = page.waitForEvent('download');
    await page.click('text=Save as a .gallery file');
    const saved = await (await download).path();
    await page.click('.library .badge');
    await page.click('text=Remove all');
    await page.click('.tray .button');
    await expect.poll(() => page.textContent('.library .badge')).not.toContain('+');
    await page.setInputFiles('.mine input[accept=".gallery"]', saved);
    await expect.poll(tray).toMatch(/^11 pictures of .* are yours now\.$/);
    await page.setInputFiles('.mine input[accept=".gallery"]', join(folder, 'holidays', 'notes.txt'));
    await expect.poll(tray).toMatch(/^notes\.txt can't be taken in: /);
  });

  it('stops adding when asked, and what was added stays', async () => {
    await ready();
    const many = Array.from({ length: 40 }, (_, i) => ({ name: `m${i}.png`, mimeType: 'image/png', buffer: png }));
    for (let i = 0; i < 6; i++) many.push(...many.slice(0, 40).map((one) => ({ ...one, name: `${i}-${one.name}` })));
    await page.click('.library .badge');
    await page.setInputFiles('.mine input[accept="image/*"]', many);
    await page.waitForSelector('.tray progress:not([value="0"])');
    await page.click('.tray >> text=Cancel');
    await expect.poll(tray).toMatch(/^Stopped at [\d,]+ of 280\. What was added stays\.$/);
    const kept = Number(/\d+/.exec((await tray())!)![0]);
    const shown = async () => Number(/\+ (\d+)/.exec((await page.textContent('.library .badge'))!)?.[1] ?? 0);
    expect(await shown()).toBeGreaterThanOrEqual(kept);
    expect(await shown()).toBeLessThan(280);
  });

  it('opens what the catalogue lists: the first, the one in the address, the one that is chosen', async () => {
    await page.route('**/catalogue.json', (route) => route.fulfill({ json: CATALOGUE }));
    await ready();
    expect(await page.textContent('.library .badge')).toBe('Shapes');
    await choose();
    await settled();
    await page.click('.library .badge');
    await page.click('.choices >> text=Only mine');
    // The question goes along.
    await expect.poll(() => page.textContent('.nothing')).toMatch(/Add some of your own/);
    expect(page.url()).toContain('?in=mine');
    await page.goBack();
    await expect.poll(() => page.textContent('.library .badge')).toBe('Shapes');
    await settled();
    await ready('?in=mine');
    expect(await page.textContent('.lead')).toMatch(/^Your own pictures, /);
    await page.route('**/catalogue.json', (route) => route.fulfill({ body: '{' }));
    await page.goto(server.url);
    expect(await page.textContent('.error')).toMatch(/catalogue.json is no JSON/);
  });

  it('lets loading be cancelled, and tries again', async () => {
    let release: (() => void) | undefined;
    await page.route('**/model/model.onnx', async (route) => {
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      await route.continue().catch(() => undefined);
    });
    await page.goto(server.url);
    await page.click('.loading >> text=Cancel');
    expect(await page.textContent('.error')).toContain('Nothing was loaded');
    release?.();
    await page.unroute('**/model/model.onnx');
    await page.click('.error .button');
    await page.waitForSelector('.query.ready');
  });
});
