import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRandom } from '@dqn/pq';
import type { BrowserContext, Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserIsMissing, type KillableBrowser, launchKept, launchKillable } from '../../../tools/chromium.mjs';
import type {} from './page/main.ts';
import { afterSteps } from './steps.ts';

const SLOW = 300_000;
/** How often the browser is killed, and a worker ended; many more by hand. */
const KILLS = Number(process.env.DQN_KILLS ?? 3);
const ENDS = 4 * KILLS;
const MANY = 100_000;
const missing = browserIsMissing('Own pictures, kept by a browser');

describe.skipIf(missing)('in Chromium, a collection', { timeout: SLOW + KILLS * 10_000 }, () => {
  let folder: string;
  let server: Server;
  let url: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'dqn-own-page-'));
    const root = fileURLToPath(new URL('page', import.meta.url));
    await build({
      root,
      configFile: false,
      logLevel: 'error',
      resolve: { conditions: ['dqn-source', 'browser'] },
      worker: { format: 'es' },
      build: { outDir: join(folder, 'page'), emptyOutDir: true, target: 'es2022' },
    });
    server = createServer((request, response) => {
      const path = (request.url ?? '/').split('?')[0];
      response.setHeader('Content-Type', extname(path) === '.js' ? 'text/javascript' : 'text/html');
      const file = join(folder, 'page', path === '/' ? 'index.html' : path);
      response.statusCode = existsSync(file) ? 200 : 404;
      response.end(existsSync(file) ? readFileSync(file) : '');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  }, SLOW);
  afterAll(() => {
    server?.close();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  /** What writers were told of, by name. */
  class Writers {
    readonly done = new Map<string, number>();
    /** What went wrong before a writer was ended. */
    readonly failures: string[] = [];
    isEnding = false;

    constructor(...names: readonly string[]) {
      for (const name of names) this.done.set(name, 0);
    }

    /** Writes until it is ended. */
    begin(page: Page, writer: string): void {
      this.isEnding = false;
      write(page, writer, this.done.get(writer) ?? 0).catch((error) => {
        if (!this.isEnding) this.failures.push(`${writer}: ${error.message}`);
      });
    }

    /** Waits until all have gone on. */
    async goOn(before: ReadonlyMap<string, number>): Promise<void> {
      const stuck = () => [...this.done.keys()].filter((writer) => this.done.get(writer) === (before.get(writer) ?? 0));
      await expect.poll(() => [stuck(), this.failures], { timeout: 60_000 }).toEqual([[], []]);
    }

    async watch(page: Page): Promise<void> {
      await page.exposeFunction('acknowledged', (writer: string, step: number) => this.done.set(writer, step + 1));
      await page.goto(url);
    }

    /** Holds what is there against what was acknowledged; a step that was under way may be there or not. */
    check(content: readonly (readonly [string, string])[]): void {
      for (const [writer, done] of this.done) {
        const there = new Map(content.filter(([id]) => id.startsWith(writer)));
        // What was acknowledged in the page may not have reached this process.
        const steps = Array.from({ length: 200 }, (_, i) => done + i).find((n) => equal(afterSteps(writer, n), there));
        if (steps === undefined) expect(there).toEqual(afterSteps(writer, done));
        else this.done.set(writer, steps);
      }
    }
  }

  const write = (page: Page, writer: string, from: number, count = MANY) =>
    page.evaluate((asked) => own(asked), { do: 'write', writer, from, count } as const);
  const content = async (page: Page) => {
    const answer = await page.evaluate(() => own({ do: 'content' }));
    if (!('content' in answer)) throw new Error('no content');
    return answer;
  };

  it('has what was acknowledged when its tab is ended anywhere, and two tabs write at once', async () => {
    const context = await launchKept(join(folder, 'ended'));
    const writers = new Writers('a', 'b');
    const random = createRandom(Number(process.env.DQN_SEED ?? 1));
    try {
      const [a, b] = [await context.newPage(), await context.newPage()];
      await Promise.all([writers.watch(a), writers.watch(b)]);
      for (let i = 0; i < ENDS; i++) {
        const before = new Map(writers.done);
        writers.begin(a, 'a');
        const other = write(b, 'b', writers.done.get('b')!, 15);
        await writers.goOn(before);
        await new Promise((resolve) => setTimeout(resolve, random.integer(120)));
        writers.isEnding = true;
        await a.evaluate(() => end());
        await other;
        const { state, content: there } = await content(a);
        expect(state).toMatchObject({ kept: true });
        expect(state.trouble).toBeUndefined();
        writers.check(there);
      }
      const [inA, inB] = [await content(a), await content(b)];
      expect(new Map(inB.content)).toEqual(new Map(inA.content));
    } finally {
      await context.close();
    }
  });

  it('has what was acknowledged when the browser is killed anywhere', async () => {
    const writers = new Writers('a', 'b');
    const random = createRandom(Number(process.env.DQN_SEED ?? 2));
    for (let i = 0; i <= KILLS; i++) {
      const browser: KillableBrowser = await launchKillable(join(folder, 'killed'));
      try {
        const [a, b] = [await browser.context.newPage(), await browser.context.newPage()];
        await Promise.all([writers.watch(a), writers.watch(b)]);
        const { state, content: there } = await content(a);
        expect(state).toMatchObject({ kept: true });
        expect(state.trouble).toBeUndefined();
        writers.check(there);
        if (i === KILLS) break;
        const before = new Map(writers.done);
        writers.begin(a, 'a');
        writers.begin(b, 'b');
        await writers.goOn(before);
        await new Promise((resolve) => setTimeout(resolve, random.integer(400)));
      } finally {
        writers.isEnding = true;
        await browser.kill();
      }
    }
  });

  it('lasts as long as the page where the browser keeps nothing, and says so', async () => {
    const profile = join(folder, 'denied', 'Default');
    mkdirSync(profile, { recursive: true });
    // What "block all site data" in the browser's settings writes.
    const preferences = { profile: { default_content_setting_values: { cookies: 2 } } };
    writeFileSync(join(profile, 'Preferences'), JSON.stringify(preferences));
    const context = await launchKept(join(folder, 'denied'));
    try {
      const page = await context.newPage();
      const writers = new Writers('a');
      await writers.watch(page);
      await write(page, 'a', 0, 30);
      const { state, content: there } = await content(page);
      expect(state).toMatchObject({ kept: false, trouble: { code: 'STORAGE_DENIED' } });
      writers.check(there);
    } finally {
      await context.close();
    }
  });

  it('says when the storage is full, has what was there, and takes more when there is room', async () => {
    const context: BrowserContext = await launchKept(join(folder, 'full'));
    try {
      const page = await context.newPage();
      const writers = new Writers('a');
      await writers.watch(page);
      await write(page, 'a', 0, 5);
      const devtools = await context.newCDPSession(page);
      await devtools.send('Storage.overrideQuotaForOrigin', { origin: url.slice(0, -1), quotaSize: 600_000 });
      await expect(write(page, 'a', 5)).rejects.toThrow(/STORAGE_FULL/);
      const full = await content(page);
      expect(full.state).toMatchObject({ kept: true, trouble: { code: 'STORAGE_FULL' } });
      writers.check(full.content);
      await devtools.send('Storage.overrideQuotaForOrigin', { origin: url.slice(0, -1) });
      await write(page, 'a', writers.done.get('a')!, 10);
      const { state, content: there } = await content(page);
      expect(state.trouble).toBeUndefined();
      writers.check(there);
    } finally {
      await context.close();
    }
  });
});

function equal(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a.size === b.size && [...a].every(([id, told]) => b.get(id) === told);
}
