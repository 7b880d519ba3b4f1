/** @file The store on two servers, and what it says when one of them isn't what it should be. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cluster, clusterIsMissing, startCluster } from '../../../../../tools/cluster.mjs';
import { itemOf, madeUpBook, queryOf } from '../testing/books.ts';
import { Model } from '../testing/model.ts';
import { storeSuite } from '../testing/store-suite.ts';
import { openClickHouseStoreWith } from './open.ts';
import { opener } from './testing/opened.ts';

describe.skipIf(clusterIsMissing('the store on two servers'))('on two servers', () => {
  let cluster: Cluster;
  let folder: string;
  let number = 0;
  const urlOf = (database: string) =>
    `clickhouse://${cluster.shards.map(({ host, httpPort }) => `${host}:${httpPort}`).join()}/${database}?cluster=${cluster.cluster}`;

  beforeAll(async () => {
    cluster = await startCluster({ redis: false });
    folder = await mkdtemp(join(tmpdir(), 'dqn-cluster-test-'));
  });
  afterAll(async () => {
    await cluster.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('is searched by a sample of the codes of all shards', async () => {
    const book = madeUpBook({ M: 3, K: 64, D: 12 });
    const options = { ...book, create: { idKind: 'string' } } as const;
    await using store = await openClickHouseStoreWith(urlOf('sampled'), options, { plainBelow: 0 });
    const items = Array.from({ length: 1000 }, (_, n) => itemOf(book, n));
    const model = new Model(book);
    await store.put(items);
    model.put(items);
    const { index: without } = store.stats().bytes;
    const query = queryOf(book, 1);
    for (let i = 0; i < 2; i++) model.expectHits(await store.search(query), query, { k: 10 });
    // All of them: they are few.
    await expect.poll(() => store.stats().bytes.index - without, { timeout: 10_000 }).toBe(3 * items.length);
    model.expectHits(await store.search(query, { k: 100 }), query, { k: 100 });
  }, 60_000);

  storeSuite(
    opener(() => ({ url: urlOf(`g${++number}`), folder, number })),
    { steps: 9, timeout: 120_000 },
  );
});
