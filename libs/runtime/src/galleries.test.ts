/** @file The same items in galleries of every kind, held against a scan of their codes. */
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  bytesSource,
  type CodebookFile,
  type Gallery,
  type GalleryColumns,
  openGallery,
  readCodebook,
  sha256Hex,
  writeCodebook,
  writeGallery,
} from '@dqn/format';
import { fileSource, openGalleryWriter, readFileChecked } from '@dqn/format/node';
import { createIndex, createRandom, type Distance, decode, lookupTable, scan } from '@dqn/pq';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openGalleryIndex, Searcher } from './index.ts';

const [N, M, K, D] = [6000, 4, 16, 32];
const CLASSES = ['red', 'green', 'blue', 'grey'];
/** Rows of the gallery that is appended to. */
const BASE = 5000;
const isRemoved = (row: number): boolean => row % 37 === 5;

const random = createRandom(3);
const codes = Uint8Array.from({ length: N * M }, () => random.integer(K));
// Equal items, so that ties happen.
codes.copyWithin(M * 4000, 0, M * 500);
const codebook: CodebookFile = {
  schemaVersion: 1,
  M,
  K,
  D,
  codewords: Float32Array.from({ length: K * D }, () => random.normal()),
  distance: 'aqd',
  modelSha256: sha256Hex(new Uint8Array(1)),
  preprocessSha256: sha256Hex(new Uint8Array(2)),
  classes: CLASSES,
  training: {
    ...{ data: '', protocol: '', recipe: '', seed: 1, engine: '', epochs: 0, trainImages: 0 },
    ...{ metric: '', map: null },
  },
};
const codebookSha256 = sha256Hex(writeCodebook(codebook));
const frame = { codebookSha256, M, K, classes: CLASSES };

type Ids = 'string' | 'u32' | 'u64';

const idOf: Record<Ids, (row: number) => string> = {
  string: (row) => `item/${row}`,
  u32: (row) => String(3 * row),
  u64: (row) => String((1n << 60n) + BigInt(row)),
};

function columns(kind: Ids, from: number, to: number): GalleryColumns {
  const rows = Array.from({ length: to - from }, (_, i) => from + i);
  const ids = {
    string: () => rows.map(idOf.string),
    u32: () => Uint32Array.from(rows, (row) => Number(idOf.u32(row))),
    u64: () => BigUint64Array.from(rows, (row) => BigInt(idOf.u64(row))),
  };
  const offsets = Uint32Array.from({ length: rows.length + 1 }, (_, i) => i);
  return {
    count: rows.length,
    ids: ids[kind](),
    labels: { offsets, values: Uint32Array.from(rows, (row) => row % 4) },
  };
}

async function indexed(to: number) {
  using index = await createIndex({ codebook, codes: codes.slice(0, to * M), structure: 'multi-index', threads: 0 });
  const image = await index.image();
  return { ...image, parts: image.parts.map(({ name, bytes }) => ({ name, bytes: bytes.slice() })) };
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dqn-galleries-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A gallery of the first rows, the others appended, some of both removed. */
async function grown(name: string, start: Uint8Array, compact = false): Promise<Gallery> {
  const path = join(folder, name);
  await writeFile(path, start);
  await using writer = await openGalleryWriter(path);
  for (const [from, to] of [
    [BASE, BASE + 400],
    [BASE + 400, N],
  ]) {
    await writer.append({ items: columns('string', from, to), codes: codes.slice(from * M, to * M) });
    await writer.remove({ rows: Array.from({ length: to }, (_, row) => row).filter(isRemoved) });
    await writer.commit();
  }
  if (compact) {
    await using gallery = await openGallery(await fileSource(path));
    using index = await openGalleryIndex(gallery, codebook, { threads: 0 });
    await writer.compact(await index.image());
  }
  return openGallery(await fileSource(path));
}

const memory = (bytes: Uint8Array): Promise<Gallery> => openGallery(bytesSource(bytes));
const strings = (to: number) => columns('string', 0, to);

const galleries: [name: string, ids: Ids, open: () => Promise<Gallery>][] = [
  ['row-major codes', 'string', () => memory(writeGallery({ ...frame, codes, items: strings(N) }))],
  ['an index', 'string', async () => memory(writeGallery({ ...frame, image: await indexed(N), items: strings(N) }))],
  [
    'u32 ids',
    'u32',
    async () => memory(writeGallery({ ...frame, image: await indexed(N), items: columns('u32', 0, N) })),
  ],
  ['u64 ids', 'u64', () => memory(writeGallery({ ...frame, codes, items: columns('u64', 0, N) }))],
  [
    'row-major codes and a tail',
    'string',
    () => grown('flat', writeGallery({ ...frame, codes: codes.slice(0, BASE * M), items: strings(BASE) })),
  ],
  [
    'an index and a tail',
    'string',
    async () => grown('tail', writeGallery({ ...frame, image: await indexed(BASE), items: strings(BASE) })),
  ],
  [
    'an index and a tail, compacted',
    'string',
    async () => grown('compact', writeGallery({ ...frame, image: await indexed(BASE), items: strings(BASE) }), true),
  ],
];

describe.each(galleries)('a gallery with %s', (name, ids, open) => {
  let gallery: Gallery;
  let searcher: Searcher;
  const isThere = name.includes('tail') ? (row: number) => !isRemoved(row) : () => true;
  const rows = Array.from({ length: N }, (_, row) => row).filter(isThere);

  beforeAll(async () => {
    gallery = await open();
    searcher = await Searcher.open(gallery, { codebook, codebookSha256 });
  });
  afterAll(async () => {
    searcher.close();
    await gallery.close();
  });

  it('finds what a scan finds: rows, ids, distances, labels', () => {
    expect([searcher.count, searcher.rows]).toEqual([rows.length, N]);
    const vectors = createRandom(11);
    for (const distance of ['aqd', 'ip', 'sqd'] satisfies Distance[]) {
      for (const k of [1, 10, 700]) {
        const query = Float32Array.from({ length: D }, () => vectors.normal());
        const table = lookupTable(codebook, query, distance);
        for (const label of [undefined, 2]) {
          const filter = (row: number) => isThere(row) && (label === undefined || row % 4 === label);
          const found = scan(codes, table, { M, K, k, filter });
          const expected = Array.from(found.rows, (row, i) => ({
            row,
            id: idOf[ids](row),
            distance: found.distances[i],
            labels: [CLASSES[row % 4]],
          }));
          const wanted = label === undefined ? {} : { filter: { labels: [CLASSES[label]] } };
          expect(searcher.search(query, { k, distance, ...wanted }).hits).toEqual(expected);
        }
      }
    }
    expect(searcher.search(new Float32Array(D), { k: 2 * N }).hits).toHaveLength(rows.length);
  });

  it('knows its items by row and by id, and none that was removed', () => {
    for (const row of [0, 1, 4999, 5000, N - 1].filter(isThere)) {
      const code = codes.slice(row * M, (row + 1) * M);
      expect(searcher.code(row)).toEqual(code);
      expect(searcher.vector(row)).toEqual(decode(codebook, code));
      expect(searcher.row(idOf[ids](row))).toBe(row);
      expect([searcher.id(row), searcher.labels(row)]).toEqual([idOf[ids](row), [CLASSES[row % 4]]]);
    }
    for (const id of ['nobody', '', '007', '-3', '1e3', '3.0', '99999999999999999999']) {
      expect(() => searcher.row(id)).toThrow(expect.objectContaining({ code: 'UNKNOWN_ID' }));
    }
    for (const row of [5, 5 + 37 * 140].filter((row) => !isThere(row))) {
      expect(searcher.has(row)).toBe(false);
      for (const ask of [() => searcher.code(row), () => searcher.id(row), () => searcher.row(idOf[ids](row))]) {
        expect(ask).toThrow(expect.objectContaining({ code: 'UNKNOWN_ID' }));
      }
    }
  });
});

describe('opening', () => {
  it('reads a gallery of schema version 1', async () => {
    const fixture = (name: string) => fileURLToPath(new URL(`../../format/fixtures/v1/${name}`, import.meta.url));
    const bytes = await readFileChecked(fixture('codebook.pb'));
    await copyFile(fixture('items.gallery'), join(folder, 'v1.gallery'));
    await using gallery = await openGallery(await fileSource(join(folder, 'v1.gallery')));
    using searcher = await Searcher.open(gallery, { codebook: readCodebook(bytes), codebookSha256: sha256Hex(bytes) });
    expect(searcher.count).toBe(4);
    expect(searcher.code(1)).toEqual(Uint8Array.of(3, 2, 1));
    const { hits } = searcher.search(searcher.vector(1), { k: 4, distance: 'sqd' });
    expect(hits[0]).toEqual({ row: 1, id: 'Vögel/☕.png', distance: 0, labels: ['Vögel', 'automobile'] });
  });

  it('stops when it is told to, whatever it is at', async () => {
    const bytes = writeGallery({ ...frame, image: await indexed(N), items: strings(N) });
    for (let reads = 0; reads < 8; reads++) {
      const stop = new AbortController();
      const source = bytesSource(bytes);
      let left = reads;
      const read = (...args: Parameters<typeof source.read>) => {
        if (left-- === 0) stop.abort();
        return source.read(...args);
      };
      const opening = openGallery({ size: source.size, read }).then((gallery) =>
        Searcher.open(gallery, { codebook, codebookSha256 }, { signal: stop.signal }),
      );
      const error = await opening.then(
        () => undefined,
        (e: unknown) => e,
      );
      expect([reads, (error as Error | undefined)?.name]).toEqual([reads, 'AbortError']);
    }
  });

  it('is over with close(), which may come twice', async () => {
    const searcher = await Searcher.open(await memory(writeGallery({ ...frame, codes, items: strings(N) })), {
      codebook,
      codebookSha256,
    });
    searcher.close();
    searcher.close();
    for (const use of [() => searcher.count, () => searcher.search(new Float32Array(D)), () => searcher.explain()]) {
      expect(use).toThrow(expect.objectContaining({ name: 'RuntimeError', code: 'CLOSED' }));
    }
  });
});
