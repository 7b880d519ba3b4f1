/** @file From the click to the first hits with nothing cached: bytes over the line, and time over loopback. */
import { createServer, request } from 'node:http';
import { join } from 'node:path';
import { createRandom } from '@dqn/pq';
import { launch } from '../../chromium.mjs';
import { median } from '../interleave.mjs';
import { picture } from '../made-model.mjs';
import { buildFor, serve, writeItems } from './served.mjs';

const ITEMS = 10_000;
/**
 * What the usual way begins with, as it is published: CLIP ViT-B/32's image part has 87.8 million weights, a byte each in
 * the int8 file that transformers.js loads; its runtime comes on top.
 */
const CLIP_MEGABYTES = 87.8;

export async function loadingRows({ root, say, add, rounds }) {
  const gallery = join(root, 'items.gallery');
  await writeItems(gallery, ITEMS);
  say('building the page …');
  const server = await serve(await buildFor(root, 'page'), gallery);
  const relay = await startRelay(server.url);
  const browser = await launch();
  try {
    const png = await picture(32, createRandom(1));
    const seconds = [];
    for (let round = -1; round < rounds; round++) {
      const taken = await firstHits(browser, server.url, png);
      if (round >= 0) seconds.push(taken);
    }
    await firstHits(browser, relay.url, png);
    // What the service worker keeps comes afterwards, and is no part of it: its requests have no destination.
    const sent = relay.sent.filter(
      ({ path, dest }) => !/\/sw\.js|icon-|webmanifest/.test(path) && !(dest === 'empty' && /\.(js|css)$/.test(path)),
    );
    const own = sent.filter(({ path }) => path.endsWith('.js') && !/\/ort[.-]/.test(path));
    const sum = (list) => list.reduce((total, { bytes }) => total + bytes, 0);
    const runtime = sum(sent.filter(({ path }) => /\/ort[.-]/.test(path)));
    const model = sum(sent.filter(({ path }) => path.startsWith('/model/')));
    const items = sum(sent.filter(({ path }) => path.startsWith('/gallery')));
    const all = sum(sent);
    const beside = `runtime ${mb(runtime)}, model ${mb(model)}, gallery ${mb(items)}, ours ${mb(sum(own))} MB`;
    add({
      case: `bytes to first hit (${ITEMS} items)`,
      ours: all / 1e6,
      peer: 'CLIP of transformers.js (published)',
      theirs: CLIP_MEGABYTES,
      unit: 'MB',
      ratio: (CLIP_MEGABYTES * 1e6) / all,
      most: 5,
      beside,
    });
    add({ case: 'bytes of our own JavaScript', ours: sum(own) / 1e3, unit: 'kB', most: 60 });
    add({
      case: 'click → first hits, nothing cached',
      ours: median(seconds),
      unit: 's',
      most: 3,
      beside: `${Math.min(...seconds).toFixed(2)} to ${Math.max(...seconds).toFixed(2)} s`,
    });
  } finally {
    await browser.close();
    await relay.close();
    await server.close();
  }
}

const mb = (bytes) => (bytes / 1e6).toFixed(2);

/** Seconds from asking for the page until hits stand in it. The picture is given as soon as the page takes one. */
async function firstHits(browser, url, png) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  try {
    const page = await context.newPage();
    const start = performance.now();
    await page.goto(url, { waitUntil: 'commit' });
    await page.waitForSelector('.welcome');
    await page.setInputFiles('#file', { name: 'q.png', mimeType: 'image/png', buffer: png });
    await page.waitForSelector('.hits li', { state: 'attached' });
    return (performance.now() - start) / 1e3;
  } finally {
    await context.close();
  }
}

/** Passes requests on and counts what comes back: bodies as they are sent, compressed ones compressed. */
async function startRelay(target) {
  const { hostname, port } = new URL(target);
  const sent = [];
  const server = createServer((incoming, reply) => {
    const { method, headers, url: path } = incoming;
    const record = { path, dest: headers['sec-fetch-dest'], bytes: 0 };
    sent.push(record);
    const onwards = request({ hostname, port, path, method, headers }, (answer) => {
      reply.writeHead(answer.statusCode, answer.headers);
      answer.on('data', (chunk) => {
        record.bytes += chunk.length;
      });
      answer.pipe(reply);
    });
    onwards.on('error', () => reply.destroy());
    incoming.pipe(onwards);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    sent,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
