/**
 * @file `npm run bench -- encode`: image files to codes, against bare `session.run` with the same threads.
 *
 * Ours reads PNG files, decodes, resizes, embeds in batches of 32 and quantizes; the peer only runs the network on pixels
 * that lie ready. The network is that of the recipe `fast`, with random weights. On the server decoding and resizing have threads beside the network's; in Chromium they share the
 * worker with it. The second part needs a Chromium (DQN_CHROMIUM, or the usual places).
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeGallery } from '@dqn/format';
import { createRandom } from '@dqn/pq';
import { createRetriever, startServer } from '@dqn/server';
import { buildNetwork, recipeFor } from '@dqn/train';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { chromium } from 'playwright-core';
import { build } from 'vite';
import { findChromium } from '../needs.mjs';
import { interleave, median, speedup } from './interleave.mjs';
import { makeModel, picture } from './made-model.mjs';

const BATCH = 32;
const FILES = 256;
const ROUNDS = 7;

/** A model folder with random weights, a gallery of one item, and image files. */
async function makeFolder(root, size) {
  const folder = join(root, String(size));
  const made = await makeModel(folder, buildNetwork(recipeFor('fast', { size }), { seed: 1 }), size);
  const { M, K } = made.codebook;
  const gallery = join(folder, 'one.gallery');
  const items = [{ id: 'only', labels: [] }];
  const { codebookSha256 } = made;
  await writeFile(gallery, writeGallery({ M, K, codebookSha256, classes: [], codes: new Uint8Array(M), items }));
  const random = createRandom(1);
  const files = [];
  for (let i = 0; i < FILES; i++) {
    files.push(join(folder, `${i}.png`));
    await writeFile(files[i], await picture(size, random));
  }
  return { ...made, gallery, files };
}

/** The server's path against bare onnxruntime-node. */
async function onTheServer({ model, files, network, size }, threads) {
  const retriever = await createRetriever({ model, provider: 'cpu', threads });
  const session = await InferenceSession.create(network, {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
  });
  const pixels = Uint8Array.from({ length: BATCH * size * size * 3 }, (_, i) => (i * 31) & 255);
  const feed = { [session.inputNames[0]]: new Tensor('uint8', pixels, [BATCH, size, size, 3]) };
  const times = await interleave(
    {
      ours: () => retriever.encodeFiles(files, { batch: BATCH }),
      bare: async () => {
        for (let i = 0; i < FILES / BATCH; i++) await session.run(feed);
      },
    },
    ROUNDS,
  );
  await session.release();
  await retriever.close();
  return times;
}

/** The page's path against bare onnxruntime-web. */
async function inChromium({ model, gallery, files, size }, root, executablePath) {
  const { readFile } = await import('node:fs/promises');
  const webRoot = join(root, 'page');
  await build({
    root: fileURLToPath(new URL('./edge-page', import.meta.url)),
    configFile: fileURLToPath(new URL('../../apps/web/vite.config.ts', import.meta.url)),
    logLevel: 'error',
    build: { outDir: webRoot, emptyOutDir: true },
  });
  const retriever = await createRetriever({ model, gallery, provider: 'cpu' });
  const server = await startServer({ retriever, model, gallery, webRoot, port: 0 });
  const browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-sync'],
  });
  try {
    const page = await browser.newPage();
    await page.goto(server.url);
    await page.waitForFunction('window.prepare');
    const base64 = await Promise.all(files.map(async (file) => (await readFile(file)).toString('base64')));
    const options = { files: base64, size, batch: BATCH };
    const threads = await page.evaluate((given) => window.prepare(given), options);
    const times = await interleave(
      {
        ours: () => page.evaluate(() => window.encodeAll()),
        bare: () => page.evaluate((batches) => window.runBare(batches), FILES / BATCH),
      },
      ROUNDS,
    );
    return { times, threads };
  } finally {
    await browser.close();
    await server.close();
    await retriever.close();
  }
}

export async function rows(say) {
  const root = await mkdtemp(join(tmpdir(), 'dqn-bench-'));
  const rate = (times) => FILES / (median(times) / 1e3);
  const result = [];
  const row = (name, peer, { ours, bare }) => {
    const ratio = speedup(ours, bare);
    say(`${name}: ${ratio.toFixed(2)} × ${peer}`);
    result.push({ case: name, ours: rate(ours), peer, theirs: rate(bare), unit: 'pictures/s', ratio });
  };
  try {
    for (const size of [32, 64]) {
      const made = await makeFolder(root, size);
      for (const threads of [1, 2]) {
        const name = `file to code, network "fast" of ${size} px, ${threads} thread${threads > 1 ? 's' : ''}`;
        row(name, 'bare onnxruntime-node', await onTheServer(made, threads));
      }
      const executablePath = findChromium();
      if (!executablePath) {
        say('No Chromium found: its rows are left out. Set DQN_CHROMIUM.');
        continue;
      }
      const { times, threads } = await inChromium(made, root, executablePath);
      row(`blob to code in Chromium, network "fast" of ${size} px, ${threads} threads`, 'bare onnxruntime-web', times);
    }
  } finally {
    await rm(root, { recursive: true, force: true });
  }
  return result;
}
