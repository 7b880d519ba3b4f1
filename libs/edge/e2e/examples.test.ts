import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, extname, join } from 'node:path';
import { createRandom, decode, encode } from '@dqn/pq';
import { openModel } from '@dqn/runtime';
import { CLASSES, nodeSession, type SmallModel, smallGallery, smallModel } from '@dqn/runtime/testing';
import type { Browser } from 'playwright-core';
import sharp from 'sharp';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserIsMissing, launch } from '../../../tools/chromium.mjs';
import { example, type Workshop, workshop } from './projects.ts';

/** Building takes long where much else is at work. */
const PATIENCE = 120_000;

const TYPES: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
};

let shop: Workshop;
let small: SmallModel;
let gallery: Uint8Array;
/** A picture, and what searching by it gives in Node: `id distance`. */
let picture: Uint8Array;
let expected: string[];
let browser: Browser;
const servers: Server[] = [];

beforeAll(async () => {
  shop = workshop();
  small = await smallModel();
  const { codebook } = small;
  const random = createRandom(3);
  const vectors = Float32Array.from({ length: 500 * codebook.D }, () => random.next() / 4);
  gallery = smallGallery(small, vectors);
  const pixels = Uint8Array.from({ length: 40 * 30 * 3 }, () => random.integer(256));
  picture = await sharp(pixels, { raw: { width: 40, height: 30, channels: 3 } })
    .png()
    .toBuffer();
  await using model = await openModel(small.bytes, { createSession: nodeSession });
  const query = await model.embed([{ width: 40, height: 30, data: pixels }]);
  const codes = encode(codebook, vectors);
  const near = Array.from({ length: 500 }, (_, row) => {
    const item = decode(codebook, codes.subarray(row * codebook.M, (row + 1) * codebook.M));
    return { row, distance: item.reduce((sum, value, i) => sum + (value - query[i]) ** 2, 0) };
  }).sort((a, b) => a.distance - b.distance || a.row - b.row);
  expected = near.slice(0, 10).map(({ row, distance }) => `item-${row} ${distance.toFixed(3)}`);
  expect(CLASSES).toHaveLength(4);
}, 180_000);
afterAll(async () => {
  await browser?.close();
  for (const server of servers) await new Promise((resolve) => server.close(resolve));
  shop?.remove();
});

/** Serves a folder, with the model and the gallery beside its page. */
async function serve(root: string, withData = true): Promise<string> {
  if (withData) {
    mkdirSync(join(root, 'model'), { recursive: true });
    writeFileSync(join(root, 'model/model.onnx'), small.bytes.network);
    writeFileSync(join(root, 'model/preprocess.onnx'), small.bytes.preprocess);
    writeFileSync(join(root, 'model/codebook.pb'), small.bytes.codebook);
    writeFileSync(join(root, 'gallery'), gallery);
  }
  const server = createServer((request, response) => {
    const path = decodeURIComponent((request.url ?? '/').split('?')[0]);
    response.setHeader('access-control-allow-origin', '*');
    try {
      const body = readFileSync(join(root, path.endsWith('/') ? `${path}index.html` : path));
      response.setHeader('content-type', TYPES[extname(path) || '.html'] ?? 'application/octet-stream');
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  servers.push(server);
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

/** Opens an example's page, searches by the picture, and looks that one runtime was asked for, once. */
async function search(url: string): Promise<void> {
  browser ??= await launch();
  const page = await browser.newPage();
  const problems: string[] = [];
  const runtimes = new Set<string>();
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  page.on('request', (request) => {
    if (request.url().endsWith('.wasm')) runtimes.add(request.url());
  });
  await page.goto(url);
  await page.waitForSelector('[data-ready=wasm]', { state: 'attached', timeout: PATIENCE / 2 }).catch((error) => {
    // What went wrong in the page says more.
    expect(problems).toEqual([]);
    throw error;
  });
  await page.setInputFiles('input', { name: 'query.png', mimeType: 'image/png', buffer: Buffer.from(picture) });
  await page.waitForFunction("document.querySelector('pre').textContent !== ''");
  const found = await page.textContent('pre');
  await page.close();
  expect(problems).toEqual([]);
  expect(found?.split('\n')).toEqual(expected);
  expect([...runtimes].map((runtime) => /asyncify/.test(runtime))).toEqual([false]);
}

it('the tarballs hold what a page needs, and neither tests nor sources', () => {
  for (const [name, files] of shop.packed) {
    expect(files, name).toContain(join('dist', 'index.js'));
    expect(
      files.filter((file) => /\.test\.|testing\/|^src\//.test(file)),
      name,
    ).toEqual([]);
  }
  expect(shop.packed.get('edge')).toEqual(expect.arrayContaining(['dist/worker.js', 'dist/cdn/edge.js']));
});

describe.skipIf(browserIsMissing('Examples of the edge package'))('the package from its tarballs', () => {
  it(
    'works with Vite',
    async () => {
      const root = example(shop, 'vite');
      await build({ root, configFile: join(root, 'vite.config.js'), logLevel: 'error', base: './' });
      await search(await serve(join(root, 'dist')));
    },
    PATIENCE,
  );

  it(
    'works with webpack',
    async () => {
      const root = example(shop, 'webpack');
      const { default: webpack } = await import('webpack');
      const { default: options } = await import(join(root, 'webpack.config.js'));
      await new Promise<void>((resolve, reject) => {
        webpack(
          { ...options, context: root, output: { ...options.output, path: join(root, 'dist') } },
          (error, stats) =>
            error || stats?.hasErrors() ? reject(error ?? new Error(stats?.toString('errors-only'))) : resolve(),
        );
      });
      cpSync(join(root, 'index.html'), join(root, 'dist/index.html'));
      await search(await serve(join(root, 'dist')));
    },
    PATIENCE,
  );

  it(
    'works with esbuild',
    async () => {
      const root = example(shop, 'esbuild');
      execFileSync(process.execPath, ['build.js'], { cwd: root, stdio: 'inherit' });
      await search(await serve(join(root, 'dist')));
    },
    PATIENCE,
  );

  it(
    'works with Next and React',
    async () => {
      const root = example(shop, 'next');
      const next = join(dirname(new URL(import.meta.resolve('next/package.json')).pathname), 'dist/bin/next');
      execFileSync(process.execPath, [next, 'build', '--webpack'], {
        cwd: root,
        stdio: ['ignore', 'ignore', 'inherit'],
        env: { ...process.env, NEXT_TELEMETRY_DISABLED: '1', NODE_ENV: 'production' },
      });
      await search(await serve(join(root, 'out')));
    },
    PATIENCE,
  );

  it(
    'works from another origin by one module script',
    async () => {
      const root = example(shop, 'cdn');
      const cdn = await serve(join(shop.folder, 'node_modules'), false);
      const html = readFileSync(join(root, 'index.html'), 'utf8');
      writeFileSync(
        join(root, 'index.html'),
        html.replace(/https:\/\/cdn\.jsdelivr\.net\/npm\/@dqn\/edge@[\d.]+\//, `${cdn}@dqn/edge/`),
      );
      await search(await serve(root));
    },
    PATIENCE,
  );
});
