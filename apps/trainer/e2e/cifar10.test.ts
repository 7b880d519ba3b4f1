/// <reference lib="dom" />
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openDataset } from '@dqn/data';
import { galleryChunks } from '@dqn/format';
import { writeFileAtomic } from '@dqn/format/node';
import { createIndex } from '@dqn/pq';
import { createRetriever, startServer } from '@dqn/server';
import { describe, expect, it, vi } from 'vitest';
import { browserIsMissing, launch } from '../../../tools/chromium.mjs';
import { askEverywhere } from '../../web/e2e/answers.ts';
import { buildPage } from '../../web/e2e/build.ts';
import { temporaryFolder } from '../src/testing/model.ts';
import { dqnJson } from './command.ts';

vi.setConfig({ testTimeout: 900_000 });

const root = process.env.DQN_DATA;
const isThere = [root, join(root ?? '', 'cifar10')].some(
  (place) => place !== undefined && existsSync(join(place, 'cifar-10-batches-bin/test_batch.bin')),
);
if (!isThere) {
  const message = `SKIPPED: no CIFAR-10 under DQN_DATA (${root ?? 'not set'}): set it to the folder that holds cifar-10-batches-bin`;
  if (process.env.CI === 'true') throw new Error(message);
  console.warn(message);
}

const withoutBrowser = isThere && browserIsMissing('A trained gallery in the page');
/** Pictures of the gallery that is searched everywhere. */
const ITEMS = 6000;

describe.skipIf(!isThere)('a short training on real CIFAR-10, end to end', async () => {
  const folder = isThere ? await temporaryFolder() : '';
  const [run, model, gallery] = ['run', 'model', 'some.gallery'].map((name) => join(folder, name));

  it('learns within two epochs to find better than chance, in codes of four bytes', async () => {
    const line = await dqnJson(['train', '--data', 'cifar10', '--out', run, '--epochs', '2', '--bits', '32']);
    expect(line.epoch).toBe(2);
    await dqnJson(['export', run, '--out', model]);

    const result = await dqnJson(['evaluate', model]);
    expect(result).toMatchObject({ protocol: 'cifar10-54000', R: 'all', seed: 1, queries: 1000, database: 54_000 });
    const [{ bits, map }] = result.results;
    expect(bits).toBe(32);
    // Chance is .1, the untrained network .14.
    expect(map.aqd).toBeGreaterThan(0.15);
    expect(map.aqd).toBeGreaterThan(0.9 * map.unquantized);
  });

  it.skipIf(withoutBrowser)('is searched alike by a scan, by the index, over HTTP and in the page', async () => {
    const dataset = await openDataset('cifar10', { root: root! });
    const pictures = (from: number, count: number) => ({
      length: count,
      read: (i: number) => dataset.read(from + i),
    });
    const webRoot = join(folder, 'web');
    await buildPage(webRoot, 'harness');
    await using bare = await createRetriever({ model, provider: 'cpu' });
    const { codes } = await bare.encodeSource(pictures(0, ITEMS));
    const id = (row: number) => dataset.id(row);
    const items = Array.from({ length: ITEMS }, (_, row) => ({ id: id(row), labels: [...dataset.labels(row)] }));
    const { codebook, codebookSha256 } = bare.model;
    // So few would be left flat.
    using index = await createIndex({ codebook, codes, structure: 'multi-index' });
    const { M, K } = codebook;
    const frame = { codebookSha256, M, K, classes: dataset.classes, image: await index.image() };
    await writeFileAtomic(gallery, galleryChunks({ ...frame, items }));
    const queries = await Promise.all(Array.from({ length: 200 }, (_, i) => dataset.read(ITEMS + i)));
    const embeddings = await bare.embed(queries);
    const D = bare.model.dimensions;
    const vectors = queries.map((_, i) => embeddings.slice(i * D, (i + 1) * D));

    await using retriever = await createRetriever({ model, gallery, provider: 'cpu' });
    await using server = await startServer({ retriever, model, gallery, webRoot, port: 0 });
    const browser = await launch();
    try {
      const page = await browser.newPage();
      await page.goto(server.url);
      await page.evaluate(async () => {
        window.retriever = await window.edge.openRetriever({ model: './model', gallery: './gallery' });
      });
      const places = { codes, id, isThere: () => true, retriever, url: server.url, page };
      for (const distance of ['aqd', 'ip', 'sqd'] as const) {
        const answers = await askEverywhere(places, { vectors, distance, k: 25, overHttp: 50 });
        expect(answers.node).toEqual(answers.scan);
        expect(answers.http).toEqual(answers.scan.slice(0, 50));
        expect(answers.page).toEqual(answers.scan);
      }
    } finally {
      await browser.close();
      dataset.close?.();
    }
  });
});
