/** @file What is under way while something fails or the store is closed, over an engine that is only played. */
import { expect, it } from 'vitest';
import { madeUpBook, queryOf } from '../testing/books.ts';
import { dialectOf } from './dialect.ts';
import type { Engine, Run } from './engine.ts';
import { newFacts } from './schema.ts';
import { ClickHouseStore } from './store.ts';

const book = madeUpBook();
const place = { database: 'db', cluster: undefined };
const facts = newFacts(book, { idKind: 'string', thumbnailType: 'image/webp', shards: 1 });

/** A store whose engine answers counts and searches so, has one item where it is asked by ids, and no more. */
async function storeOf(o: { count?: (run: Run) => Promise<object[]>; search?: (n: number) => Promise<object[]> }) {
  const seen = { searches: 0, underWay: 0, underWayAtClose: -1 };
  const engine = {
    servers: ['played'],
    async query(sql: string, run: Run = {}) {
      if (sql.startsWith('SELECT cell, count()')) return o.count?.(run) ?? [];
      if (sql.includes('argMax(deleted')) return [{ id: 'a', code: [0, 0, 0, 0], isGone: 0, newest: '1' }];
      if (!sql.includes(' AS d ')) return [];
      seen.underWay++;
      return (o.search?.(++seen.searches) ?? Promise.resolve([])).finally(() => seen.underWay--);
    },
    insert: async () => undefined,
    async close() {
      seen.underWayAtClose = seen.underWay;
    },
  } as unknown as Engine;
  const parts = { engine, dialect: dialectOf([25, 8]), place, facts, shards: new Map(), codebook: book.codebook };
  return { store: await ClickHouseStore.open({ ...parts, readOnly: false }), seen };
}

const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

it('of many queries none is begun after one has failed, and closing waits for those that were', async () => {
  const { store, seen } = await storeOf({
    search: async (n) => {
      await later(n === 2 ? 5 : 30);
      if (n === 2) throw new Error('failed');
      return [];
    },
  });
  const queries = new Float32Array(book.codebook.D * 40).map((_, i) => queryOf(book, 1)[i % book.codebook.D]);
  await expect(store.searchMany(queries, { k: 2 })).rejects.toThrow('failed');
  await store.close();
  expect(seen.underWayAtClose).toBe(0);
  await later(100);
  // The four that were begun, each of two statements at most.
  expect(seen.searches).toBeLessThanOrEqual(8);
});

it('counts nothing below zero, where others wrote what is removed here', async () => {
  const { store } = await storeOf({});
  expect(await store.remove(['a'])).toEqual([true]);
  expect(store.count).toBe(0);
  await store.close();
});

it('closing gives a count up instead of waiting for it, which has a longer limit than a search', async () => {
  const limits: unknown[] = [];
  let counts = 0;
  const { store } = await storeOf({
    count: ({ signal, timeout }) => {
      limits.push(timeout);
      if (++counts === 1) return Promise.resolve([{ cell: 3, n: '1' }]);
      return new Promise((_, reject) => signal!.addEventListener('abort', () => reject(signal!.reason)));
    },
  });
  const { now } = performance;
  performance.now = () => now.call(performance) + 3_600_000;
  try {
    expect(store.count).toBe(1);
  } finally {
    performance.now = now;
  }
  expect(counts).toBe(2);
  await store.close();
  expect(limits).toEqual([300_000, 300_000]);
});
