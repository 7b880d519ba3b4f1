import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRetriever, type Retriever, type RunningServer, startServer } from '@dqn/server';
import { type SmallService, smallService } from '@dqn/server/testing';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildPage } from './build.ts';
import { browserIsMissing, launch } from './chromium.ts';
import { decodeHere, type EncodedPicture, manyPictures } from './pictures.ts';

const PICTURES = 1000;
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

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dqn-parity-'));
    const webRoot = join(folder, 'web');
    pictures = await manyPictures(PICTURES);
    [service] = await Promise.all([smallService(folder, { count: 500 }), buildPage(webRoot, 'harness')]);
    const { model, gallery } = service;
    retriever = await createRetriever({ model, gallery, provider: 'cpu', threads: 1 });
    server = await startServer({ retriever, model, gallery, webRoot, port: 0 });
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
    const { encode } = await import('@dqn/pq');
    const ours = encode(service.small.codebook, embeddings);
    expect(theirs.length).toBe(ours.length);
    const same = ours.reduce((sum, code, i) => sum + (code === theirs[i] ? 1 : 0), 0);
    expect(same / ours.length).toBeGreaterThanOrEqual(0.999);
  });

  it('find the same ten items at the same distances for the same vector', async () => {
    const D = retriever.model.dimensions;
    const vectors = Array.from({ length: PICTURES }, (_, i) => [...embeddings.subarray(i * D, (i + 1) * D)]);
    for (const distance of ['aqd', 'ip', 'sqd'] as const) {
      const theirs = await page.evaluate(
        async ({ vectors, distance }) => {
          const found: [number, number][][] = [];
          for (const vector of vectors) {
            const { hits } = await window.retriever.search(Float32Array.from(vector), { k: 10, distance });
            found.push(hits.map((hit) => [hit.row, hit.distance]));
          }
          return found;
        },
        { vectors: vectors.slice(0, distance === 'aqd' ? PICTURES : 100), distance },
      );
      theirs.forEach((found, i) => {
        const { hits } = retriever.searcher.search(Float32Array.from(vectors[i]), { k: 10, distance });
        expect(found).toEqual(hits.map((hit) => [hit.row, hit.distance]));
      });
    }
  });

  it('take elements, canvases and image data for pictures as they take files', async () => {
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
      const forms = [blob!, canvas, image, bitmap, context.getImageData(0, 0, 70, 50)];
      const answers = await Promise.all(forms.map((form) => window.retriever.search(form, { k: 3 })));
      return answers.map(({ code, hits }) => [...code, ...hits.map((hit) => hit.row)].join(' '));
    });
    expect(new Set(codes).size).toBe(1);
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
