/** @file The local store does what every store has to. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LocalStore, openStoreWith } from './local.ts';
import { storeSuite } from './testing/store-suite.ts';

storeSuite(async (book, idKind) => {
  const folder = await mkdtemp(join(tmpdir(), 'dqn-store-'));
  const open = (name = 'a.gallery') =>
    openStoreWith(join(folder, name), { ...book, create: { idKind } }, { inThread: false });
  let store = await open();
  return {
    store,
    async again() {
      await store.close();
      store = await open();
      return store;
    },
    settle: (one) => (one as LocalStore).compact(),
    snapshotPath: join(folder, 'snapshot.gallery'),
    openSnapshot: () => open('snapshot.gallery'),
    async end() {
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
});
