/** @file A gallery in ClickHouse as the store's suite takes it, wherever the database runs. */
import { join } from 'node:path';
import { openStoreWith } from '../../local.ts';
import type { storeSuite } from '../../testing/store-suite.ts';
import { openClickHouseStore } from '../open.ts';
import type { ClickHouseStore } from '../store.ts';

/** How the suite opens one. @param place the next gallery's address, and a folder for its snapshot */
export function opener(place: () => { url: string; folder: string; number: number }): Parameters<typeof storeSuite>[0] {
  return async (book, idKind) => {
    const { url, folder, number } = place();
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
  };
}
