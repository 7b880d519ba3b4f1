/** @file The store on two servers, and what it says when one of them isn't what it should be. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import { type Cluster, clusterIsMissing, startCluster } from '../../../../../tools/cluster.mjs';
import { openStoreWith } from '../local.ts';
import { storeSuite } from '../testing/store-suite.ts';
import { openClickHouseStore } from './open.ts';
import type { ClickHouseStore } from './store.ts';

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

  storeSuite(
    async (book, idKind) => {
      const url = urlOf(`g${++number}`);
      const open = () => openClickHouseStore(url, { ...book, create: { idKind } });
      let store = await open();
      return {
        store,
        async again() {
          await store.close();
          store = await open();
          return store;
        },
        settle: (one) => (one as ClickHouseStore).compact(),
        snapshotPath: join(folder, `snapshot-${number}.gallery`),
        openSnapshot: (path) => openStoreWith(path, book, { inThread: false }),
        end: () => store.close(),
      };
    },
    { steps: 9, timeout: 120_000 },
  );
});
