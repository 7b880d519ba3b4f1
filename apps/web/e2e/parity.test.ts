import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { galleryChunks, openGallery, sha256Hex } from '@dqn/format';
import { fileSource, openGalleryWriter, writeFileAtomic } from '@dqn/format/node';
import { createIndex, createRandom, encode } from '@dqn/pq';
import { Searcher } from '@dqn/runtime';
import { createRetriever, type Retriever, type RunningServer, startServer } from '@dqn/server';
import { type SmallService, smallService } from '@dqn/server/testing';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserIsMissing, launch } from '../../../tools/chromium.mjs';
import { askEverywhere } from './answers.ts';
import { buildPage } from './build.ts';
import { decodeHere, type EncodedPicture, manyPictures } from './pictures.ts';

const PICTURES = 1000;
/** Items of the gallery; the last ones are behind its index, and a few of all were removed. */
const ITEMS = 6000;
const INDEXED = 5500;
const isThere = (row: number): boolean => row % 50 !== 7;
const idOf = (row: number): string => `item/${row}`;
/** A browser and a build on a busy machine. */
const SLOW = 300_000;
const missing = browserIsMissing('Node against the browser over 1,000 pictures');

describe.skipIf(missing)('Node and the browser', { timeout: SLOW }, () => {
  let folder: string;
  let service: SmallService;
  let retriever: Retriever;
  let server: RunningServer;
  let browser: Browser;
  let page: Page;
  let pictures: EncodedPicture[];
  let pixels: Uint8Array;
  let embeddings: Float32Array;
  let codes: Uint8Array;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dqn-parity-'));
    const webRoot = join(folder, 'web');
    pictures = await manyPictures(PICTURES);
    [service] = await Promise.all([smallService(folder, { count: 4 }), buildPage(webRoot, 'harness')]);
    const { model } = service;
    const gallery = join(folder, 'many.gallery');
    codes = await writeMany(gallery, service);
    retriever = await createRetriever({ model, gallery, provider: 'cpu', threads: 1 });
    server = await startServer({ retriever, model, gallery, webRoot, port: 0, limits: { lag: 60_000 } });
    browser = await launch();
    page = await browser.newPage();
    page.setDefaultTimeout(SLOW / 3);
    await page.goto(server.url);
    await page.evaluate(async () => {
      window.retriever = await window.edge.openRetriever({ model: './model', gallery: './gallery', provider: 'wasm' });
    });
    const bytes = retriever.model.size ** 2 * 3;
    pixels = new Uint8Array(PICTURES * bytes);
    await Promise.all(
      pictures.map(async (picture, i) => {
        pixels.set(await retriever.model.preprocess(await decodeHere(picture)), i * bytes);
      }),
    );
    embeddings = new Float32Array(PICTURES * retriever.model.dimensions);
    for (let i = 0; i < PICTURES; i += 100) {
      const part = await retriever.model.embedPixels(pixels.slice(i * bytes, (i + 100) * bytes), 100);
      embeddings.set(part, i * retriever.model.dimensions);
    }
  }, SLOW);
  afterAll(async () => {
    await browser.close();
    await server.close();
    await retriever.close();
    await service.reference.close();
    await rm(folder, { recursive: true });
  });

  /** Runs one of the retriever's methods on all pictures in the page, a hundred at a time. */
  async function inPage(method: 'preprocess' | 'embed' | 'encode'): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (let i = 0; i < PICTURES; i += 100) {
      const files = pictures.slice(i, i + 100).map(({ bytes }) => Buffer.from(bytes).toString('base64'));
      const base64 = await page.evaluate(
        async ({ files, method }) => {
          const blobs = files.map((text) => new Blob([Uint8Array.from(atob(text), (char) => char.charCodeAt(0))]));
          const result = await window.retriever[method](blobs);
          const array = 'codes' in result ? result.codes : result;
          const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
          let text = '';
          for (let at = 0; at < bytes.length; at += 4096) text += String.fromCharCode(...bytes.subarray(at, at + 4096));
          return btoa(text);
        },
        { files, method },
      );
      parts.push(Buffer.from(base64, 'base64'));
    }
    return Buffer.concat(parts);
  }

  it('decode and resize to the same bits', async () => {
    const theirs = await inPage('preprocess');
    expect(theirs.length).toBe(pixels.length);
    const bytes = pixels.length / PICTURES;
    const different = pictures.filter(
      (_, i) => !theirs.subarray(i * bytes, (i + 1) * bytes).equals(pixels.subarray(i * bytes, (i + 1) * bytes)),
    );
    expect(different.map(({ kind }) => kind)).toEqual([]);
  });

  it('embed within 1e-4', async () => {
    const raw = await inPage('embed');
    const theirs = new Float32Array(raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.length));
    expect(theirs.length).toBe(embeddings.length);
    const worst = theirs.reduce((most, value, i) => Math.max(most, Math.abs(value - embeddings[i])), 0);
    expect(worst).toBeLessThan(1e-4);
  });

  it('encode to the same codes, but for 1 codeword in 1,000', async () => {
    const theirs = await inPage('encode');
    const ours = encode(service.small.codebook, embeddings);
    expect(theirs.length).toBe(ours.length);
    const same = ours.reduce((sum, code, i) => sum + (code === theirs[i] ? 1 : 0), 0);
    expect(same / ours.length).toBeGreaterThanOrEqual(0.999);
  });

  it('search the same index, of which a part was appended and a part removed', async () => {
    const info = await (await fetch(`${server.url}v1/info`)).json();
    expect(info.gallery).toMatchObject({ count: ITEMS - ITEMS / 50 });
    await using source = await fileSource(join(folder, 'many.gallery'));
    const searcher = await Searcher.open(await openGallery(source), retriever.model, { threads: 0 });
    const tail = (ITEMS - INDEXED) * 0.98;
    expect(searcher.explain()).toMatchObject({ structure: 'multi-index', tail, kernels: 'simd' });
    searcher.close();
    const here = await page.evaluate(() => window.retriever.info);
    expect(here.gallery).toMatchObject({ count: ITEMS - ITEMS / 50, rows: ITEMS });
    expect(here.index).toMatchObject({ structure: 'multi-index', kernels: 'simd', threads: 0 });
    const sample = await page.evaluate(() => window.retriever.sample(100));
    expect(new Set(sample.filter(isThere)).size).toBe(100);
  });

  it('find the same ten items at the same distances for the same vector: as a scan, over HTTP, in the page', async () => {
    const D = retriever.model.dimensions;
    const vectors = Array.from({ length: PICTURES }, (_, i) => embeddings.slice(i * D, (i + 1) * D));
    const places = { codes, id: idOf, isThere, retriever, url: server.url, page };
    for (const distance of ['aqd', 'ip', 'sqd'] as const) {
      const some = vectors.slice(0, distance === 'aqd' ? PICTURES : 100);
      const answers = await askEverywhere(places, { vectors: some, distance, k: 10, overHttp: 50 });
      expect(answers.node).toEqual(answers.scan);
      expect(answers.http).toEqual(answers.scan.slice(0, 50));
      expect(answers.page).toEqual(answers.scan);
    }
  });

  it('take elements, canvases, frames and image data for pictures as they take files, and leave them to the page', async () => {
    const codes = await page.evaluate(async () => {
      const canvas = document.createElement('canvas');
      [canvas.width, canvas.height] = [70, 50];
      const context = canvas.getContext('2d')!;
      context.fillStyle = '#fff';
      context.fillRect(0, 0, 70, 50);
      context.fillStyle = '#c03020';
      context.fillRect(10, 5, 30, 30);
      const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve));
      const image = new Image();
      image.src = URL.createObjectURL(blob!);
      await image.decode();
      const bitmap = await createImageBitmap(canvas);
      const frame = new VideoFrame(canvas, { timestamp: 0 });
      const forms = [blob!, canvas, image, bitmap, frame, context.getImageData(0, 0, 70, 50)];
      const twice = [...forms, ...forms];
      const answers = [];
      for (const form of twice) answers.push(await window.retriever.search(form, { k: 3 }));
      frame.close();
      return answers.map(({ code, hits }) => [...code, ...hits.map((hit) => hit.row)].join(' '));
    });
    expect(new Set(codes).size).toBe(1);
  });

  it('find by a large frame of a video, which the browser scales first, about what they find by the picture', async () => {
    const cosines = await page.evaluate(async () => {
      const canvas = new OffscreenCanvas(640, 480);
      const context = canvas.getContext('2d')!;
      const cosines = [];
      for (let turn = 0; turn < 6; turn++) {
        const sky = context.createLinearGradient(0, 0, 640, 480);
        sky.addColorStop(0, `hsl(${60 * turn} 70% 70%)`);
        sky.addColorStop(1, `hsl(${60 * turn + 90} 60% 30%)`);
        context.fillStyle = sky;
        context.fillRect(0, 0, 640, 480);
        context.fillStyle = `hsl(${200 - 60 * turn} 80% 40%)`;
        for (let i = 0; i < 40; i++) context.fillRect((i * 97) % 640, (i * (31 + turn)) % 480, 3 + i, 50 - i);
        const frame = new VideoFrame(canvas, { timestamp: 0 });
        const { vector: a } = await window.retriever.search(frame, { k: 1 });
        const { vector: b } = await window.retriever.search(await canvas.convertToBlob(), { k: 1 });
        frame.close();
        const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, d) => sum + value * y[d], 0);
        cosines.push(dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b)));
      }
      return cosines;
    });
    expect(Math.min(...cosines)).toBeGreaterThan(0.98);
  });

  it('refuse the same queries with the same codes', async () => {
    const codes = await page.evaluate(async () => {
      const failing = [
        () => window.retriever.search(new Float32Array(5)),
        () => window.retriever.search(new Float32Array(32).fill(Number.NaN)),
        () => window.retriever.search(new Float32Array(32), { k: 0 }),
        () => window.retriever.search({ row: 10_000 }),
        () => window.retriever.search(new Blob(['no picture'], { type: 'image/png' })),
        () => window.retriever.items([-1]),
        () => window.edge.openRetriever({ model: './nowhere/', gallery: './gallery' }),
        () => window.edge.openRetriever({ model: './model', gallery: './gallery', signal: AbortSignal.abort() }),
      ];
      return Promise.all(
        failing.map((run) =>
          run().then(
            () => 'fine',
            (error) => error.code || error.name,
          ),
        ),
      );
    });
    expect(codes).toEqual([
      'VECTOR_LENGTH',
      'NOT_FINITE',
      'BAD_OPTION',
      'UNKNOWN_ID',
      'NOT_A_PICTURE',
      'BAD_OPTION',
      'FETCH_FAILED',
      20,
    ]);
  });

  it('close', async () => {
    const code = await page.evaluate(async () => {
      await window.retriever.close();
      await window.retriever.close();
      return window.retriever.search(new Float32Array(32)).catch((error) => error.code);
    });
    expect(code).toBe('CLOSED');
  });
});

/** Writes a gallery of made-up codes, clustered and with ties; gives the codes. */
async function writeMany(path: string, { small }: SmallService): Promise<Uint8Array> {
  const { codebook } = small;
  const { M, K } = codebook;
  const codebookSha256 = sha256Hex(small.bytes.codebook);
  const random = createRandom(17);
  const codes = Uint8Array.from({ length: ITEMS * M }, () => Math.min(random.integer(K), random.integer(K)));
  const items = Array.from({ length: ITEMS }, (_, row) => ({ id: idOf(row), labels: [row % codebook.classes.length] }));
  const { classes } = codebook;
  using index = await createIndex({ codebook, codes: codes.slice(0, INDEXED * M), structure: 'multi-index' });
  const frame = { codebookSha256, M, K, classes, image: await index.image() };
  await writeFileAtomic(path, galleryChunks({ ...frame, items: items.slice(0, INDEXED) }));
  await using writer = await openGalleryWriter(path);
  await writer.append({ items: items.slice(INDEXED), codes: codes.slice(INDEXED * M) });
  await writer.remove({ rows: items.flatMap((_, row) => (isThere(row) ? [] : [row])) });
  await writer.commit();
  return codes;
}
