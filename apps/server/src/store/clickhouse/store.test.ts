/** @file The store in ClickHouse does what every store has to: here in this process, by chdb. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { openStoreWith } from '../local.ts';
import { storeSuite } from '../testing/store-suite.ts';
import { openClickHouseStore } from './open.ts';
import type { ClickHouseStore } from './store.ts';

let folder: string;
let number = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dqn-chdb-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

storeSuite(
  async (book, idKind) => {
    const url = `chdb:${join(folder, 'data')}?database=g${++number}`;
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
