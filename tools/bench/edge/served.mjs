/** @file What is measured: the shipped model with a gallery, behind `dqn serve`'s own server, and a browser for it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { galleryChunks, MODEL_FILES, readCodebook, sha256Hex } from '@dqn/format';
import { writeFileAtomic } from '@dqn/format/node';
import { createIndex, createRandom } from '@dqn/pq';
import { createRetriever, startServer } from '@dqn/server';
import { build } from 'vite';
import { launch } from '../../chromium.mjs';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
export const MODEL = join(ROOT, 'models/cifar10-32bit');

/** The codebook of the shipped model, and its hash. */
export async function shippedCodebook() {
  const bytes = await readFile(join(MODEL, MODEL_FILES.codebook));
  return { codebook: readCodebook(bytes), codebookSha256: sha256Hex(bytes) };
}

/** Writes a gallery of so many items without pictures: made-up codes, one of ten labels each. */
export async function writeItems(path, count) {
  const { codebook, codebookSha256 } = await shippedCodebook();
  const { M, K, classes } = codebook;
  const random = createRandom(1);
  const codes = Uint8Array.from({ length: count * M }, () => random.integer(K));
  const index = await createIndex({ codebook, codes, threads: 1 });
  const items = Array.from({ length: count }, (_, i) => ({ id: `item/${i}`, labels: [i % classes.length] }));
  await writeFileAtomic(path, galleryChunks({ codebookSha256, M, K, classes, image: await index.image(), items }));
  index.close();
}

/** Builds the page that people see (`page`), or the one that only measures (`probe`). */
export async function buildFor(root, which) {
  const webRoot = join(root, which);
  await build({
    root: which === 'page' ? join(ROOT, 'apps/web') : fileURLToPath(new URL('./page', import.meta.url)),
    configFile: join(ROOT, 'apps/web/vite.config.ts'),
    ...(which === 'probe' && { mode: 'quick' }),
    logLevel: 'error',
    build: { outDir: webRoot, emptyOutDir: true },
  });
  return webRoot;
}

/** Serves a built page beside the shipped model and a gallery. */
export async function serve(webRoot, gallery) {
  const retriever = await createRetriever({ model: MODEL, gallery, provider: 'cpu', threads: 1, readOnly: true });
  const server = await startServer({ retriever, model: MODEL, gallery, webRoot, port: 0, limits: { lag: 60_000 } });
  return {
    url: server.url,
    async close() {
      await server.close();
      await retriever.close();
    },
  };
}

/** The probe in a browser of its own, with what page/page.js puts on `window`. */
export async function openProbe(root, { items = 1000, args = [] } = {}) {
  const gallery = join(root, `${items}.gallery`);
  await writeItems(gallery, items);
  const server = await serve(await buildFor(root, 'probe'), gallery);
  const browser = await launch(...args);
  const page = await browser.newPage();
  page.setDefaultTimeout(600_000);
  await page.goto(server.url);
  await page.waitForFunction('window.probe');
  return {
    page,
    browser,
    async close() {
      await browser.close();
      await server.close();
    },
  };
}
