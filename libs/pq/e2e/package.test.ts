import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import type { Browser } from 'playwright-core';
import { build, createServer } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserIsMissing, launch } from '../../../tools/chromium.mjs';
import { pack, project, ROOT, TSC, workshop } from './projects.ts';

const { folder, remove } = workshop();
let tarball: string;
beforeAll(() => {
  tarball = pack(folder);
});
afterAll(remove);

/** What is printed has no colours, whatever runs the tests wishes. */
const PLAIN = { ...process.env, FORCE_COLOR: '0' };
/** The five lines: 100,000 items, so that threads are used where there are some. */
const FIVE_LINES = `
import { createIndex, createRandom, scan } from '@dqn/pq';
const random = createRandom(1);
const codes = Uint8Array.from({ length: 400_000 }, () => random.integer(16));
const index = await createIndex({ codebook: { M: 4, K: 16 }, codes });
const table = Float32Array.from({ length: 64 }, () => random.next());
const { ids, distances } = index.search({ table }, { k: 3 });
`;
/** Whether that was the scan's answer, by which kernels, and how many threads a batch has. */
const TELL = `JSON.stringify([(await index.searchMany({ tables: new Float32Array(64 * 8) }, { k: 3 })).length === 8 && scan(codes, table, { M: 4, K: 16, k: 3 }).rows.join() === ids.join(),
  index.explain().kernels, index.explain().threads])`;

describe('the tarball in an empty Node project', () => {
  let root: string;
  beforeAll(() => {
    root = project(folder, 'node', tarball);
  });
  const run = (name: string, ...args: string[]) =>
    execFileSync(process.execPath, [name, ...args], { cwd: root, encoding: 'utf8', env: PLAIN });

  it('works in five lines, threads included', () => {
    writeFileSync(join(root, 'five.mjs'), `${FIVE_LINES}console.log(${TELL});`);
    const [same, kernels, threads] = JSON.parse(run('five.mjs'));
    expect([same, kernels]).toEqual([true, 'simd']);
    expect(threads).toBeGreaterThan(0);
  });

  it('runs the example', () => {
    cpSync(join(ROOT, 'examples/node/search.mjs'), join(root, 'search.mjs'));
    const said = run('search.mjs', 'index.faiss');
    expect(said).toMatch(/^exact true$/m);
    expect(said).toMatch(/^structure multi-index /m);
    expect(said).toMatch(/^within 5$/m);
    expect(said).toMatch(/^even ids (\d*[02468] ?){3}$/m);
    expect(said).toMatch(/^batch 50$/m);
    expect(said).toMatch(/^after 1000000 /m);
    expect(said).toMatch(/^merged 100000$/m);
    expect(readFileSync(join(root, 'index.faiss')).subarray(0, 4).toString()).toBe('IxMp');
  });

  it('runs the code of its README', () => {
    const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
    // Imports become what a block may hold; what is of a page alone is run in one.
    const snippets = Array.from(readme.matchAll(/```js\n(.*?)```/gs), ([, code]) =>
      code.replaceAll(/^import (\{.*?\}) from ('.*?');$/gm, 'const $1 = await import($2);'),
    ).filter((code) => !code.includes('IDBObjectStore'));
    const [first, large, more, kept, files] = snippets;
    expect(snippets).toHaveLength(5);
    cpSync(join(ROOT, 'fixtures/faiss-1.15.1-ids.faiss'), join(root, 'pq.index'));
    cpSync(join(ROOT, 'fixtures/numpy-f4.npy'), join(root, 'vectors.npy'));
    const program = `
      const { readFile } = await import('node:fs/promises');
      const { createRandom, lookupTable, readFaiss, scan } = await import('@dqn/pq');
      const random = createRandom(1);
      const [vectors, queries] = [1000, 3].map((n) => Float32Array.from({ length: n * 64 }, () => random.normal()));
      const query = queries.subarray(0, 64);
      const newIds = [5000, 5001];
      const newCodes = new Uint8Array(8);
      ${first}
      const table = lookupTable(codebook, query, 'aqd');
      const rows = () => scan(codes, table, { ...codebook, k: 10 }).rows.join();
      console.log(rows() === ids.join());
      { ${large} console.log(codes.length); }
      { ${more} }
      { ${kept} console.log(again.search(query, { k: 3 }).ids.join() === index.search(query, { k: 3 }).ids.join()); }
      {
        const { D } = readFaiss(await readFile('pq.index')).codebook;
        const query = queries.subarray(0, D);
        { ${files} console.log(data.length, shape.join()); }
      }`;
    writeFileSync(join(root, 'readme.mjs'), program);
    expect(run('readme.mjs')).toBe('true\n8000\ntrue\n12 3,4\n');
  });

  it('has types that a strict project takes, whichever way it resolves modules', () => {
    writeFileSync(join(root, 'five.ts'), `${FIVE_LINES}export const first: number = ids[0] + distances[0];`);
    const strict = ['--strict', '--noEmit', '--skipLibCheck', 'false', '--types', ''];
    for (const resolution of [
      ['--module', 'nodenext'],
      ['--module', 'esnext', '--moduleResolution', 'bundler'],
    ]) {
      for (const lib of [
        ['--target', 'es2023', '--lib', 'es2023,esnext.disposable'],
        // A page's, that knows nothing of `using`.
        ['--target', 'es2022', '--lib', 'es2022,dom'],
      ]) {
        const options = [...strict, ...resolution, ...lib];
        execFileSync(process.execPath, [TSC, ...options, 'five.ts'], { cwd: root, stdio: 'inherit' });
      }
    }
  });

  it('holds what the package needs and no tests', () => {
    const list = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' }).split('\n');
    expect(list).toEqual(
      expect.arrayContaining(['package/README.md', 'package/dist/index.js', 'package/dist/index.d.ts']),
    );
    expect(list.filter((name) => /\.test\.|testing\//.test(name))).toEqual([]);
    expect(list).toEqual(expect.arrayContaining(['package/LICENSE', 'package/examples/node/search.mjs']));
    // A map that isn't there is an error in a developer's console.
    expect(list.filter((name) => name.endsWith('.map'))).toEqual([]);
    const dist = join(root, 'node_modules/@dqn/pq/dist');
    const scripts = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.js'));
    expect(scripts.filter((name) => readFileSync(join(dist, name), 'utf8').includes('sourceMappingURL'))).toEqual([]);
  });

  it('is built before it is packed, under the licence of the whole', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    expect(scripts.prepack).toContain(scripts.build);
    const text = (name: string) => readFileSync(join(ROOT, name), 'utf8');
    expect(text('LICENSE')).toBe(text('../../LICENSE'));
  });
});

const missing = browserIsMissing('The package in a page');

describe.skipIf(missing)('the tarball in an empty Vite project', () => {
  let root: string;
  let browser: Browser;
  const closers: (() => Promise<unknown>)[] = [];
  beforeAll(async () => {
    root = project(folder, 'vite', tarball);
    writeFileSync(join(root, 'main.js'), `${FIVE_LINES}document.title = ${TELL};`);
    const head = '<title>waiting</title><link rel="icon" href="data:,">';
    writeFileSync(join(root, 'index.html'), `<!doctype html>${head}<script type="module" src="main.js"></script>`);
    browser = await launch();
  });
  afterAll(async () => {
    for (const close of closers) await close();
    await browser?.close();
  });

  /** A page opened, with whatever went wrong in it. */
  async function open(url: string) {
    const page = await browser.newPage({ viewport: { width: 800, height: 900 } });
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text());
    });
    await page.goto(url);
    return { page, problems };
  }

  /** Serves a folder; `isolated` pages may share memory with their workers. */
  async function serve(root: string, isolated: boolean): Promise<string> {
    const types: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };
    const server: Server = createHttpServer((request, response) => {
      const path = (request.url ?? '/').split('?')[0];
      const file = join(root, path === '/' ? 'index.html' : path);
      if (isolated) {
        response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
        response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
      }
      response.setHeader('Content-Type', types[extname(file)] ?? 'application/octet-stream');
      try {
        response.end(readFileSync(file));
      } catch {
        response.writeHead(404).end();
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closers.push(() => new Promise((resolve) => server.close(resolve)));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  }

  const told = async (url: string) => {
    const { page, problems } = await open(url);
    await page.waitForFunction("document.title !== 'waiting'");
    expect(problems).toEqual([]);
    const [same, kernels, threads] = JSON.parse(await page.title());
    expect([same, kernels]).toEqual([true, 'simd']);
    await page.close();
    return threads as number;
  };

  it('works in five lines, built without any configuration: with threads where the page is isolated, else without', async () => {
    await build({ root, logLevel: 'error', configFile: false });
    expect(await told(await serve(join(root, 'dist'), true))).toBeGreaterThan(0);
    expect(await told(await serve(join(root, 'dist'), false))).toBe(0);
  });

  it('works in five lines while developing', async () => {
    const server = await createServer({
      root,
      logLevel: 'error',
      configFile: false,
      server: { port: 0, host: '127.0.0.1' },
    });
    closers.push(() => server.close());
    await server.listen();
    expect(await told(server.resolvedUrls!.local[0])).toBe(0);
  });

  it('runs the example page', async () => {
    const example = join(root, 'example');
    cpSync(join(ROOT, 'examples/page'), example, { recursive: true });
    await build({ root: example, logLevel: 'error' });
    const { page, problems } = await open(await serve(join(example, 'dist'), true));
    await page.waitForSelector('#hits li', { timeout: 50_000 });
    expect(await page.locator('#hits li').count()).toBe(12);
    expect(await page.locator('#status').textContent()).toMatch(/ms: looked at [\d,]+ of 200,?000 \(multi-index\)/);
    const first = await page.locator('#hits li').first().textContent();
    await page.locator('#colours input').first().fill('#00ff00');
    await expect.poll(() => page.locator('#hits li').first().textContent()).not.toBe(first);
    if (process.env.DQN_SCREENSHOTS) {
      mkdirSync(process.env.DQN_SCREENSHOTS, { recursive: true });
      await page.screenshot({ path: join(process.env.DQN_SCREENSHOTS, 'pq-page.png') });
    }
    expect(problems).toEqual([]);
  });
});
