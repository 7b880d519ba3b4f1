import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openGalleryWriter } from '@dqn/format/node';
import { createRandom } from '@dqn/pq';
import { CLASSES, type SmallModel, smallGallery, smallModel } from '@dqn/runtime/testing';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type MemoryCaches, memoryCaches } from '../testing/memory-caches.ts';
import { etagOf, type RangeServer, rangeServer } from '../testing/range-server.ts';
import { DownloadedGallery } from './gallery.ts';
import { loadModel } from './model.ts';
import { FILES_CACHE, Store } from './store.ts';

/** More than those of which all ids come at once. */
const ROWS = 20_500;
const picture = (row: number) => Uint8Array.of(row & 255, row >> 8, 3);

let small: SmallModel;
let bytes: Uint8Array;
let grown: Uint8Array;
beforeAll(async () => {
  small = await smallModel();
  const random = createRandom(1);
  const vectors = Float32Array.from({ length: ROWS * 32 }, () => random.next() - 0.5);
  bytes = smallGallery(small, vectors, {
    item: (row) => ({
      id: `item-${row}`,
      labels: [row % CLASSES.length],
      thumbnail: row < 5000 ? picture(row) : undefined,
    }),
    thumbnailType: 'image/png',
  });
  grown = await appended(bytes);
}, 60_000);

/** The same gallery after ten more items. */
async function appended(gallery: Uint8Array): Promise<Uint8Array> {
  const folder = mkdtempSync(join(tmpdir(), 'dqn-load-'));
  const path = join(folder, 'x.gallery');
  writeFileSync(path, gallery);
  const items = Array.from({ length: 10 }, (_, i) => ({ id: `new-${i}`, labels: [1] }));
  {
    await using writer = await openGalleryWriter(path);
    await writer.append({ items, codes: new Uint8Array(40) });
    await writer.remove({ rows: [3] });
    await writer.commit();
  }
  const result = new Uint8Array(readFileSync(path));
  rmSync(folder, { recursive: true });
  return result;
}

let server: RangeServer;
let caches: MemoryCaches;
beforeEach(async () => {
  caches = memoryCaches();
  server = await rangeServer({
    'model/model.onnx': small.bytes.network,
    'model/preprocess.onnx': small.bytes.preprocess,
    'model/codebook.pb': small.bytes.codebook,
    gallery: bytes,
  });
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
});

/** A visit: what was said, what came over the network, and how to look at what was opened. */
async function visit() {
  server.asked.length = 0;
  server.sent = 0;
  const said = { offline: '', refused: '' };
  const store = new Store((refused) => Object.assign(said, { refused }), caches);
  const means = { store, onOffline: (offline: string) => Object.assign(said, { offline }), onBytes: () => {} };
  const model = loadModel(`${server.url}model/`, means);
  const [files, gallery] = await Promise.allSettled([
    model.bytes,
    DownloadedGallery.open(`${server.url}gallery`, model.codebook, means),
  ]);
  if (files.status === 'rejected') throw files.reason;
  if (gallery.status === 'rejected') throw gallery.reason;
  const open = gallery.value;
  const complete = async (): Promise<void> => {
    await model.remember();
    await open.complete();
    await store.settled();
  };
  return { files: files.value, gallery: open, complete, said, store };
}

const query = Float32Array.from({ length: 32 }, (_, i) => Math.sin(i));
const search = async ({ gallery }: { gallery: DownloadedGallery }) => {
  const found = await gallery.search(query, { k: 5, distance: 'aqd' });
  const names = await gallery.names(found.map(({ row }) => row));
  return found.map((near, i) => ({ ...near, ...names[i] }));
};

describe('the first visit', () => {
  it('searches before ids, labels and pictures have come, and then names what it found', async () => {
    const first = await visit();
    const before = server.sent;
    const codes = ROWS * 4;
    const model = Object.values(first.files).reduce((sum, file) => sum + file.length, 0);
    expect(before).toBeLessThan(model + codes + 2 * 65_536);
    const hits = await search(first);
    // A few blocks of ids, not all of them.
    expect(server.asked.length).toBeGreaterThan(5);
    expect(hits).toHaveLength(5);
    for (const { id, row, labels } of hits) {
      expect([id, labels]).toEqual([`item-${row}`, [CLASSES[row % CLASSES.length]]]);
    }
    await first.complete();
    expect(await search(first)).toEqual(hits);
    expect(await first.gallery.row('item-777')).toBe(777);
    const cats = await first.gallery.search(query, { k: 3, distance: 'aqd', filter: { labels: ['red'] } });
    expect(cats.every(({ row }) => row % CLASSES.length === 0)).toBe(true);
    await first.gallery.close();
  });
});

describe('the next visit', () => {
  it('asks only whether anything has changed', async () => {
    const first = await visit();
    const hits = await search(first);
    const pictures = await first.gallery.thumbnails([5, 6]);
    await first.complete();
    const second = await visit();
    expect(await search(second)).toEqual(hits);
    await second.complete();
    const again = await second.gallery.thumbnails([5, 6]);
    expect(await Promise.all(again.map((blob) => blob?.bytes()))).toEqual([picture(5), picture(6)]);
    expect(pictures[0]?.type).toBe('image/png');
    expect(server.asked).toEqual(['model/codebook.pb → 304', 'gallery → 304']);
    expect(second.said).toEqual({ offline: '', refused: '' });
  });

  it('works without the server, and says why', async () => {
    const first = await visit();
    const hits = await search(first);
    await first.gallery.thumbnails([7]);
    await first.complete();
    await server.down();
    const second = await visit();
    expect(await search(second)).toEqual(hits);
    await second.complete();
    expect(await (await second.gallery.thumbnails([7]))[0]?.bytes()).toEqual(picture(7));
    expect(second.said.offline).toContain("can't be reached");
    expect(await second.gallery.thumbnails([8])).toEqual([null]);
  });

  it('fetches of a gallery that grew only what is new, and then no more of what went', async () => {
    const first = await visit();
    await first.complete();
    server.files.set('gallery', grown);
    const second = await visit();
    await second.complete();
    expect(second.gallery.rows).toBe(ROWS + 10);
    expect(second.gallery.has(3)).toBe(false);
    expect(await second.gallery.row('new-4')).toBe(ROWS + 4);
    // The header, and what the append wrote: nothing of the old codes and ids.
    expect(server.sent).toBeLessThan(65_536 + (grown.length - bytes.length) + 1000);
    const third = await visit();
    await third.complete();
    expect(server.asked).toEqual(['model/codebook.pb → 304', 'gallery → 304']);
    const kept = [...caches.entries.get(FILES_CACHE)!.values()].reduce((sum, file) => sum + file.length, 0);
    expect(kept).toBeLessThan(grown.length + 1e6);
  });

  it('fetches of a new model what has another hash', async () => {
    await (await visit()).complete();
    const other = await smallModel({ seed: 2 });
    server.files.set('model/model.onnx', other.bytes.network);
    server.files.set('model/codebook.pb', other.bytes.codebook);
    server.files.set(
      'gallery',
      smallGallery(
        other,
        Float32Array.from({ length: 32 * 10 }, (_, i) => Math.sin(i)),
      ),
    );
    const second = await visit();
    expect(second.files.network).toEqual(other.bytes.network);
    expect(server.asked.filter((line) => line.startsWith('model'))).toEqual([
      `model/codebook.pb → 200 ${other.bytes.codebook.length}`,
      `model/model.onnx → 200 ${other.bytes.network.length}`,
    ]);
    await second.complete();
  });

  it('heals what was damaged in the browser’s storage', async () => {
    const first = await visit();
    const hits = await search(first);
    await first.complete();
    for (const files of caches.entries.values()) {
      for (const [address, content] of files) {
        if (!address.includes('/note/'))
          files.set(address, content.with(content.length >> 1, 255 - content[content.length >> 1]));
      }
    }
    const second = await visit();
    expect(await search(second)).toEqual(hits);
    expect(second.files).toEqual(small.bytes);
    await second.complete();
    await (await visit()).complete();
    expect(server.asked).toEqual(['model/codebook.pb → 304', 'gallery → 304']);
  });
});

describe('trouble', () => {
  it('a server without ranges or versions is no hindrance, and its gallery is kept all the same', async () => {
    server.ranges = false;
    server.etags = false;
    const first = await visit();
    const hits = await search(first);
    await first.complete();
    const second = await visit();
    expect(await search(second)).toEqual(hits);
    await second.complete();
    expect(server.asked.map((line) => line.split(' ')[0]).sort()).toEqual(['gallery', 'model/codebook.pb']);
  });

  it('storage that is denied or full is said, and everything works', async () => {
    const without = await visit();
    const hits = await search(without);
    caches = memoryCaches();
    caches.room = 100_000;
    const full = await visit();
    expect(await search(full)).toEqual(hits);
    await full.complete();
    expect(full.said.refused).toContain('full');
    caches = memoryCaches();
    caches.denied = true;
    const denied = await visit();
    expect(await search(denied)).toEqual(hits);
    await denied.complete();
    expect(denied.said.refused).toContain('denies');
  });

  it('a damaged or truncated file is refused by its hash, and nothing of it is kept', async () => {
    const damage = (name: string, how: (bytes: Uint8Array) => Uint8Array) => {
      const whole = server.files.get(name)!;
      server.files.set(name, how(whole));
      return () => server.files.set(name, whole);
    };
    const flips: [string, number][] = [
      ['gallery', 600],
      ['gallery', 70_000],
      ['model/codebook.pb', 500],
    ];
    for (const [name, at] of flips) {
      const restore = damage(name, (whole) => whole.with(at, whole[at] ^ 4));
      await expect(visit(), `${name} ${at}`).rejects.toMatchObject({ name: 'FormatError' });
      restore();
    }
    const cuts: [string, number][] = [
      ['gallery', 1000],
      ['gallery', 100_000],
      ['model/codebook.pb', 1000],
    ];
    for (const [name, length] of cuts) {
      const restore = damage(name, (whole) => whole.slice(0, length));
      await expect(visit(), `${name} to ${length}`).rejects.toMatchObject({ name: 'FormatError' });
      restore();
    }
    const kept = [...(caches.entries.get(FILES_CACHE)?.keys() ?? [])];
    // Pieces of the gallery's codes that are whole may be kept; no note says that they were opened.
    expect(kept.filter((address) => address.includes('/note/'))).toEqual([]);
  });

  it('a gallery of another model is refused with both hashes', async () => {
    const other = await smallModel({ seed: 2 });
    const strange = smallGallery(
      other,
      Float32Array.from({ length: 32 * 10 }, (_, i) => Math.sin(i)),
    );
    server.files.set('gallery', strange);
    await expect(visit()).rejects.toMatchObject({ code: 'CODEBOOK_MISMATCH' });
  });

  it('a range that a cache on the way has damaged is asked for once more', async () => {
    let damaged = 0;
    server.instead = (request, response) => {
      const [, from, to] = request.headers.range?.match(/^bytes=(\d+)-(\d+)$/) ?? [];
      if (request.url !== '/gallery' || !from || Number(from) === 0 || damaged > 0) return false;
      damaged++;
      const body = bytes.slice(Number(from), Number(to) + 1);
      body[10] ^= 1;
      const etag = etagOf(bytes);
      response.writeHead(206, { etag, 'content-range': `bytes ${from}-${to}/${bytes.length}` }).end(body);
      return true;
    };
    const first = await visit();
    await first.complete();
    expect(damaged).toBe(1);
    expect(await first.gallery.row('item-777')).toBe(777);
  });
});
