/** @file The store on two servers, and what it says when one of them isn't what it should be. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import { type Cluster, clusterIsMissing, startCluster } from '../../../../../tools/cluster.mjs';
import { storeSuite } from '../testing/store-suite.ts';
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

  storeSuite(
    opener(() => ({ url: urlOf(`g${++number}`), folder, number })),
    { steps: 9, timeout: 120_000 },
  );
});
