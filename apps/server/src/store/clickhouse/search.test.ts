/** @file The pruned search gives what a scan gives, whatever is old, gone or filtered out. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom, type Distance } from '@dqn/pq';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ServerError } from '../../errors.ts';
import type { ItemFilter, StoredItem } from '../store.ts';
import { codeOf, itemOf, madeUpBook, queryOf } from '../testing/books.ts';
import { Model } from '../testing/model.ts';
import { boundsOf, CELLS, cellsWithin, chooseSubspaces, nearestCells } from './cells.ts';
import { openClickHouseStore, openClickHouseStoreWith } from './open.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dqn-chdb-search-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const urlOf = (database: string) => `chdb:${join(folder, 'data')}?database=${database}`;

describe('the pruned search', () => {
  const book = madeUpBook({ M: 3, K: 64, D: 12 });
  const random = createRandom(3);
  const items = Array.from({ length: 3000 }, (_, n): StoredItem => itemOf(book, n, `item ${n}`));

  it('gives the items of a scan, ties by id, while old states and removed items lie between them', async () => {
    await using store = await openClickHouseStoreWith(
      urlOf('pruned'),
      { ...book, create: { idKind: 'string' } },
      { plainBelow: 0, firstLeast: 8 },
    );
    const model = new Model(book);
    const put = async (some: StoredItem[]) => {
      await store.put(some);
      model.put(some);
    };
    await put(items);
    // Nearly everything near some queries is moved or removed, so that the first bound is far too small.
    const query = queryOf(book, 1);
    const near = model.ranked(query).slice(0, 300);
    await put(near.slice(0, 150).map(({ id }, n) => itemOf(book, 10_000 + n, id)));
    const gone = near.slice(150).map(({ id }) => id);
    await store.remove(gone);
    model.remove(gone);
    await put(Array.from({ length: 500 }, (_, n) => itemOf(book, 20_000 + n, `item ${random.integer(3000)}`)));
    const filters: (ItemFilter | undefined)[] = [
      ...[undefined, { labels: ['cat'] }, { metadata: { n: { lt: 40 } } }, { metadata: { name: ['n1', 'n2'] } }],
      ...[{ metadata: { even: true, name: { gt: 'n1' } } }, { ids: ['item 1', 'item 77', 'item 2999', 'nobody'] }],
    ];
    const distances: Distance[] = ['aqd', 'ip', 'sqd'];
    for (const [i, filter] of filters.entries()) {
      for (const k of [1, 10, 200]) {
        const o = { k, distance: distances[i % 3], ...(filter && { filter }) };
        const asked = i < 2 ? query : queryOf(book, 2 + i);
        const hits = await store.search(asked, o);
        model.expectHits(hits, asked, o);
        const ranked = model.ranked(asked, o).sort((a, b) => a.distance - b.distance || (a.id < b.id ? -1 : 1));
        expect(hits.map(({ id }) => id)).toEqual(ranked.slice(0, k).map(({ id }) => id));
      }
    }
    await store.compact();
    model.expectHits(await store.search(query, { k: 50 }), query, { k: 50 });
  }, 120_000);

  it('gives the same by a sample of the codes, also where what lay near is gone since', async () => {
    const sampleBytes = 1000;
    await using store = await openClickHouseStoreWith(
      urlOf('sampled'),
      { ...book, create: { idKind: 'string' } },
      { plainBelow: 0, firstLeast: 8, sampleBytes },
    );
    const model = new Model(book);
    await store.put(items);
    model.put(items);
    const query = queryOf(book, 1);
    const same = async (k: number, o: { distance?: Distance; filter?: ItemFilter } = {}) =>
      model.expectHits(await store.search(query, { k, ...o }), query, { k, ...o });
    const { index: without } = store.stats().bytes;
    await same(10);
    await same(10);
    await expect.poll(() => store.stats().bytes.index - without, { timeout: 10_000 }).toBeGreaterThan(sampleBytes / 2);
    // More than the sample holds, too.
    for (const k of [1, 10, 200, 1000])
      for (const distance of ['aqd', 'ip', 'sqd'] as const) await same(k, { distance });
    await same(10, { filter: { labels: ['cat'] } });
    const near = model.ranked(query).slice(0, 400);
    const gone = near.slice(200).map(({ id }) => id);
    await store.remove(gone);
    model.remove(gone);
    const moved = near.slice(0, 200).map(({ id }, n) => itemOf(book, 10_000 + n, id));
    await store.put(moved);
    model.put(moved);
    for (const k of [1, 10, 200]) await same(k);
  }, 60_000);

  it('finds what others have put where nothing was known to be', async () => {
    const options = { ...book, create: { idKind: 'u64' as const } };
    await using store = await openClickHouseStoreWith(urlOf('others'), options, { plainBelow: 0 });
    await store.put([{ id: '18446744073709551615', code: codeOf(book, 1) }]);
    await using other = await openClickHouseStore(urlOf('others'), options);
    await other.put([2, 30, 7].map((n) => ({ id: n, code: codeOf(book, 2) })));
    const hits = await store.search(queryOf(book, 1), { k: 10 });
    expect(hits.map(({ id }) => id).sort()).toEqual(['18446744073709551615', '2', '30', '7']);
    // Numbers that are as near come by their value.
    expect(hits.map(({ id }) => id).filter((id) => id !== '18446744073709551615')).toEqual(['2', '7', '30']);
  }, 60_000);
});

describe('cells', () => {
  const book = madeUpBook({ M: 4, K: 16, D: 16 });
  const { codebook } = book;
  const table = Float32Array.from({ length: 64 }, (_, i) => Math.sin(i));
  const cell = chooseSubspaces(codebook);
  const bounds = boundsOf(table, codebook, cell);

  it('bound every code that lies in them', () => {
    for (let n = 0; n < 2000; n++) {
      const code = codeOf(book, n);
      let distance = 0;
      for (let m = 0; m < 4; m++) distance += table[m * 16 + code[m]];
      const at = 256 * code[cell[0]] + code[cell[1]];
      expect(bounds[at]).toBeLessThanOrEqual(distance);
      expect([...cellsWithin(bounds, new Uint32Array(CELLS), distance).cells]).toContain(at);
    }
  });

  it('come nearest first, as many as hold what is wanted', () => {
    const counts = new Uint32Array(CELLS);
    for (let n = 0; n < 3000; n++) {
      const code = codeOf(book, n);
      counts[256 * code[cell[0]] + code[cell[1]]]++;
    }
    const near = nearestCells(bounds, counts, 100);
    const held = near.reduce((sum, one) => sum + counts[one], 0);
    expect(held).toBeGreaterThanOrEqual(100);
    expect(held).toBeLessThan(400);
    const furthest = Math.max(...Array.from(near, (one) => bounds[one]));
    const others = Array.from(bounds.keys()).filter((one) => counts[one] > 0 && !near.includes(one));
    expect(Math.min(...others.map((one) => bounds[one]))).toBeGreaterThanOrEqual(furthest);
    expect(nearestCells(bounds, counts, 1e9)).toHaveLength(counts.filter((n) => n > 0).length);
    expect(nearestCells(bounds, new Uint32Array(CELLS), 10)).toHaveLength(0);
  });

  it('are made of the subspaces that lie furthest apart', () => {
    const codewords = codebook.codewords.slice();
    for (let i = 0; i < 16 * 4; i++) codewords[2 * 16 * 4 + i] *= 10;
    expect(chooseSubspaces({ ...codebook, codewords })[0]).toBe(2);
    expect(chooseSubspaces(madeUpBook({ M: 1, D: 4 }).codebook)).toEqual([0, 0]);
  });
});

describe('texts from outside', () => {
  const book = madeUpBook();
  const wild = [
    ...[
      "it's",
      "'; DROP TABLE items; --",
      '\\',
      "\\'",
      '\0',
      'a\0b',
      '\n\r\t\b\f',
      '☕🫖',
      '\ud7ff\ue000\uffff',
      '%_`"[](){}',
    ],
    ...["') OR 1=1 --", '$1 {x:String} ?', '\u2028', 'é', 'x'.repeat(1000)],
  ];

  it('come back as they were, find what is theirs and nothing else', async () => {
    await using store = await openClickHouseStore(urlOf('wild'), { ...book, create: { idKind: 'string' } });
    const model = new Model(book);
    const items = wild.map((text, n): StoredItem => {
      const metadata = { [text]: text, list: [text, n], huge: n === 0 ? 'y'.repeat(60_000) : 'z' };
      return {
        id: text,
        code: codeOf(book, n),
        labels: [text],
        metadata,
        thumbnail: new Uint8Array(Buffer.from(`\t\n\\${text}`)),
      };
    });
    await store.put(items);
    model.put(items);
    await model.expectSame(store);
    const query = queryOf(book, 1);
    for (const [i, text] of wild.entries()) {
      const filters: ItemFilter[] = [
        ...[{ labels: [text] }, { metadata: { [text]: text } }, { metadata: { list: text } }, { ids: [text] }],
        ...[{ metadata: { list: { gte: text } } }, { metadata: { list: { lt: text } } }],
      ];
      for (const filter of [filters[i % 3], filters[3 + (i % 3)]]) {
        model.expectHits(await store.search(query, { filter, k: 30 }), query, { filter, k: 30 });
      }
    }
    for (const n of [-1, 0, 0.5, 1e300, -1e-300, Number.POSITIVE_INFINITY]) {
      const filter = { metadata: { list: { gt: n } } };
      model.expectHits(await store.search(query, { filter, k: 30 }), query, { filter, k: 30 });
    }
    const long = 'q'.repeat(2 ** 20);
    expect(await store.search(query, { filter: { metadata: { [long]: `${long}'` }, ids: [long] } })).toEqual([]);
    await expect(store.search(query, { filter: { labels: [long] } })).rejects.toMatchObject({ code: 'UNKNOWN_LABEL' });
    expect(await store.get(`${long}\0'`)).toBeUndefined();
    expect(await store.remove([`${long}'`, "it's"])).toEqual([false, true]);
    expect(await store.has("it's")).toBe(false);
  }, 120_000);
});

describe('opening', () => {
  const book = madeUpBook();

  it('refuses what is no gallery of this model', async () => {
    const url = urlOf('opening');
    await expect(openClickHouseStore(url, book)).rejects.toMatchObject({ code: 'GALLERY_NOT_FOUND' });
    await using store = await openClickHouseStore(url, { ...book, create: { idKind: 'string' } });
    await expect(openClickHouseStore(url, madeUpBook({ seed: 2 }))).rejects.toMatchObject({
      code: 'CODEBOOK_MISMATCH',
      message: expect.stringContaining(book.codebookSha256),
    });
    await using reader = await openClickHouseStore(url, { ...book, readOnly: true });
    await expect(reader.put([itemOf(book, 1)])).rejects.toMatchObject({ code: 'READ_ONLY' });
    expect(reader.stats().trouble?.code).toBe('READ_ONLY');
    await store.put([itemOf(book, 1)]);
    expect(await reader.has('item 1')).toBe(true);
  }, 60_000);

  it.each([
    ...[
      'clickhouse://host',
      'clickhouse:///db',
      'clickhouse://host/db/x',
      'chdb:',
      'http://host/db',
      'clickhouse://h/1db',
    ],
    ...['clickhouse://a,b/db', 'clickhouse://host/db?x=1', 'clickhouse://host:port/db', 'clickhouse://host/'],
    'clickhouse://me:secret@host/db',
    'clickhouse://me:se/secret@host/db',
    'clickhouse://me:p@secret@host/db',
    'clickhouse://%@host/db',
  ])('refuses the address %s and tells no secret', async (url) => {
    const refused = await openClickHouseStore(url, book).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ServerError);
    expect(refused).toMatchObject({ code: 'BAD_CONFIG', message: expect.not.stringContaining('secret') });
  });
});
