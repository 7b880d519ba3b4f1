import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openGallery } from '@dqn/format';
import { fileSource } from '@dqn/format/node';
import { lookupTable, scan } from '@dqn/pq';
import { createRetriever, type Retriever, type RunningServer, startServer } from '@dqn/server';
import { type SmallService, smallService, toPng } from '@dqn/server/testing';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserIsMissing, launchKept } from '../../../tools/chromium.mjs';
import { buildPage } from './build.ts';
import type {} from './harness/harness.ts';

const SLOW = 300_000;
const missing = browserIsMissing('Own pictures in a browser');

describe.skipIf(missing)('own pictures in a page', { timeout: SLOW }, () => {
  let folder: string;
  let service: SmallService;
  let retriever: Retriever;
  let server: RunningServer;
  let context: BrowserContext;
  let page: Page;
  /** The gallery's pictures as files, base64. */
  let files: string[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dqn-own-'));
    const webRoot = join(folder, 'web');
    [service] = await Promise.all([smallService(folder, { count: 40 }), buildPage(webRoot, 'harness')]);
    const { model, gallery } = service;
    retriever = await createRetriever({ model, gallery, provider: 'cpu', threads: 1, readOnly: true });
    server = await startServer({ retriever, model, gallery, webRoot, port: 0, limits: { lag: 60_000 } });
    const pngs = await Promise.all(service.pictures.map((picture) => toPng(picture)));
    files = pngs.map((png) => png.toString('base64'));
    context = await launchKept(join(folder, 'profile'));
    page = await openPage();
  }, SLOW);
  afterAll(async () => {
    await context?.close();
    await server?.close();
    await retriever?.close();
    await service?.reference.close();
    await rm(folder, { recursive: true });
  });

  /** A tab with a retriever over the collection. */
  async function openPage(o: { own?: string; gallery?: string } = { gallery: './gallery' }): Promise<Page> {
    const tab = await context.newPage();
    await tab.goto(server.url);
    await open(tab, o);
    return tab;
  }

  function open(tab: Page, o: { own?: string; gallery?: string } = { gallery: './gallery' }): Promise<void> {
    return tab.evaluate(async (o) => {
      window.retriever = await window.edge.openRetriever({ model: './model', provider: 'wasm', own: 'mine', ...o });
    }, o);
  }

  const add = (tab: Page, items: { id?: string; file: string; labels?: string[] }[]) =>
    tab.evaluate(
      (items) =>
        window.retriever.add(
          items.map(({ file, ...item }) => ({
            ...item,
            picture: new Blob([Uint8Array.from(atob(file), (char) => char.charCodeAt(0))], { type: 'image/png' }),
          })),
        ),
      items,
    );
  const search = (tab: Page, vector: Float32Array, o: { k: number; filter?: object }) =>
    tab.evaluate(
      async ({ vector, o }) => {
        const { hits, codes } = await window.retriever.search(Float32Array.from(vector), o);
        return { hits, codes: [...codes] };
      },
      { vector: [...vector], o },
    );
  const own = (tab: Page) => tab.evaluate(() => window.retriever.own);
  const ids = (hits: readonly { id: string }[]) => hits.map(({ id }) => id);
  const item = (i: number) => ({ id: `own/${i}`, file: files[i], labels: ['mine', `n${i % 2}`] });

  it('are found with those of the gallery, as one exact answer, also after a reload', async () => {
    const some = Array.from({ length: 12 }, (_, i) => item(i));
    const none = { id: 'none', file: Buffer.from('no picture').toString('base64') };
    const added = await add(page, [...some, none]);
    expect(added.ids).toEqual(ids(some));
    expect(added.rejected).toEqual([{ index: 12, id: 'none', code: 'NOT_A_PICTURE', message: expect.any(String) }]);
    const vector = await retriever.model.embed([service.pictures[3]]);
    const { codebook } = retriever.model;
    const table = lookupTable(codebook, vector, codebook.distance);
    const expected = (await retriever.search(vector, { k: 40 })).hits;
    for (const _ of ['as added', 'after a reload']) {
      const { hits, codes } = await search(page, vector, { k: 60 });
      expect(hits).toHaveLength(52);
      expect(ids(hits.filter((hit) => !hit.own))).toEqual(expected.map(({ id }) => id));
      expect(hits.filter((hit) => hit.own).map(({ id, labels, row }) => [row, id, labels])).toHaveLength(12);
      const { distances: all } = scan(Uint8Array.from(codes), table, { M: codebook.M, K: codebook.K, k: 52 });
      expect(hits.map(({ distance }) => distance)).toEqual([...all]);
      expect((await search(page, vector, { k: 5 })).hits).toEqual(hits.slice(0, 5));
      expect(await own(page)).toMatchObject({ count: 12, kept: true, labels: ['mine', 'n0', 'n1'] });
      const { usage, quota } = await page.evaluate(() => window.retriever.storage());
      expect(usage).toBeGreaterThan(5000);
      expect(quota).toBeGreaterThan(usage);
      await page.reload();
      await open(page);
    }
  });

  it('are filtered by label, by id, and apart from the gallery', async () => {
    const vector = await retriever.model.embed([service.pictures[5]]);
    const found = async (filter: object) => (await search(page, vector, { k: 100, filter })).hits;
    expect(ids(await found({ labels: ['n1'] })).sort()).toEqual([1, 11, 3, 5, 7, 9].map((i) => `own/${i}`));
    expect(await found({ labels: ['n1', 'red'] })).toHaveLength(16);
    expect(await found({ labels: ['n1', 'red'], own: true })).toHaveLength(6);
    expect(await found({ own: true })).toHaveLength(12);
    expect(await found({ own: false })).toHaveLength(40);
    expect(ids(await found({ ids: ['own/4', 'made-up/red_0.png'] })).sort()).toEqual(['made-up/red_0.png', 'own/4']);
    expect((await found({ rows: [1, 41] })).map(({ row }) => row).sort()).toEqual([1, 41]);
    await expect(found({ labels: ['nowhere'] })).rejects.toThrow(/nowhere/);
  });

  it('are shown with thumbnails, the newest first, and are queries themselves', async () => {
    const shown = await page.evaluate(async () => {
      const items = await window.retriever.ownItems({ offset: 1, limit: 3 });
      const sizes = await Promise.all(
        items.map(async ({ thumbnail }) => {
          const { width, height } = await createImageBitmap(thumbnail!);
          return `${thumbnail!.type} ${width} × ${height}`;
        }),
      );
      const { hits } = await window.retriever.search({ row: items[0].row }, { k: 1, filter: { own: true } });
      return { ids: items.map(({ id }) => id), sizes, twin: hits[0].id };
    });
    expect(shown.ids).toEqual(['own/10', 'own/9', 'own/8']);
    expect(shown.sizes).toEqual(Array(3).fill('image/webp 48 × 40'));
    expect(shown.twin).toBe('own/10');
  });

  it('are replaced by id and removed, in every tab', async () => {
    const other = await openPage();
    expect(await own(other)).toMatchObject({ count: 12 });
    await Promise.all([
      add(
        page,
        Array.from({ length: 10 }, (_, i) => ({ ...item(i + 12), labels: ['here'] })),
      ),
      add(
        other,
        Array.from({ length: 10 }, (_, i) => ({ ...item(i + 22), labels: ['there'] })),
      ),
    ]);
    await add(other, [{ id: 'own/0', file: files[30], labels: ['new'] }]);
    expect(await page.evaluate(() => window.retriever.remove(['own/1', 'none', 'own/1', 'own/2']))).toEqual([
      true,
      false,
      false,
      true,
    ]);
    await expect.poll(async () => (await own(other))?.count).toBe(30);
    await expect.poll(async () => (await own(page))?.count).toBe(30);
    const vector = await retriever.model.embed([service.pictures[30]]);
    const answers = await Promise.all(
      [page, other].map(async (tab) => {
        const { hits } = await search(tab, vector, { k: 100, filter: { own: true } });
        return hits.map(({ id, distance, labels }) => `${distance} ${id} ${labels}`).sort();
      }),
    );
    expect(answers[0]).toEqual(answers[1]);
    expect(answers[0].filter((line) => line.endsWith('own/0 new'))).toHaveLength(1);
    await other.close();
  });

  it('go to the server as a gallery file, and come from one', async () => {
    const base64 = await page.evaluate(async () => {
      const bytes = new Uint8Array(await (await window.retriever.exportGallery()).arrayBuffer());
      let text = '';
      for (let at = 0; at < bytes.length; at += 4096) text += String.fromCharCode(...bytes.subarray(at, at + 4096));
      return btoa(text);
    });
    const path = join(folder, 'exported.gallery');
    await writeFile(path, Buffer.from(base64, 'base64'));
    const vector = await retriever.model.embed([service.pictures[8]]);
    const { hits } = await search(page, vector, { k: 30, filter: { own: true } });
    await using taken = await createRetriever({ model: service.model, gallery: path, provider: 'cpu', threads: 1 });
    const there = (await taken.search(vector, { k: 30 })).hits;
    const sorted = (all: readonly { id: unknown; distance: number; labels: readonly string[] }[]) =>
      all.map(({ id, distance, labels }) => `${distance} ${id} ${labels}`).sort();
    expect(sorted(there)).toEqual(sorted(hits));
    await using source = await fileSource(path);
    const gallery = await openGallery(source);
    await gallery.verify();
    expect(gallery.meta).toMatchObject({ count: 30, thumbnailType: 'image/webp' });

    const alone = await openPage({ own: 'alone' });
    expect(await alone.evaluate(() => window.retriever.info.gallery)).toBeUndefined();
    expect((await search(alone, vector, { k: 3 })).hits).toEqual([]);
    const imported = await alone.evaluate(async (base64) => {
      const steps: number[] = [];
      const file = new Blob([Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))]);
      const { ids } = await window.retriever.importGallery(file, { onProgress: ({ done }) => steps.push(done) });
      return { ids, steps };
    }, base64);
    expect(imported.ids).toHaveLength(30);
    expect(imported.steps.at(-1)).toBe(30);
    expect(sorted((await search(alone, vector, { k: 100 })).hits)).toEqual(sorted(hits));
    const served = await readFile(service.gallery);
    served[served.length - 100] ^= 4;
    const refused = await alone.evaluate(async (base64) => {
      const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
      return window.retriever.importGallery(new Blob([bytes])).catch((error) => error.code);
    }, served.toString('base64'));
    expect(refused).toBe('DAMAGED');
    expect(await own(alone)).toMatchObject({ count: 30 });
    await alone.evaluate(() => window.retriever.clearOwn());
    expect(await own(alone)).toMatchObject({ count: 0 });
    await alone.close();
  });

  it('stop being added when that is asked for, and what was told of stays', async () => {
    const many = Array.from({ length: 200 }, (_, i) => files[i % 40]);
    const told = await page.evaluate(async (files) => {
      await window.retriever.clearOwn();
      const stop = new AbortController();
      let done = 0;
      const items = files.map((file) => ({
        picture: new Blob([Uint8Array.from(atob(file), (char) => char.charCodeAt(0))]),
      }));
      const onProgress = (step: { done: number }) => {
        done = step.done;
        if (done >= 32) stop.abort();
      };
      const reason = await window.retriever
        .add(items, { signal: stop.signal, onProgress })
        .catch((error) => error.name);
      return { reason, done, count: window.retriever.own!.count };
    }, many);
    expect(told.reason).toBe('AbortError');
    expect(told.count).toBeGreaterThanOrEqual(told.done);
    expect(told.count).toBeLessThan(200);
  });

  it('are refused where the page did not ask for a collection', async () => {
    const codes = await page.evaluate(async () => {
      const bare = await window.edge.openRetriever({ model: './model', gallery: './gallery', provider: 'wasm' });
      const code = await bare.add([]).catch((error) => error.code);
      const removed = await bare.remove(['a']).catch((error) => error.code);
      await bare.close();
      const nothing = await window.edge.openRetriever({ model: './model' }).catch((error) => error.code);
      return [code, removed, bare.own, nothing];
    });
    expect(codes).toEqual([{ ids: [], rejected: [] }, 'NO_OWN', undefined, 'BAD_OPTION']);
  });
});
