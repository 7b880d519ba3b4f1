/** @file Disks that are full, broken, slow or without power: nothing is answered wrongly, and nothing acknowledged is lost. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom } from '@dqn/pq';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StoreEvent } from './events.ts';
import { type LocalStore, openStoreWith } from './local.ts';
import { codeOf, itemOf, madeUpBook, queryOf } from './testing/books.ts';
import { CrashFiles, systemError } from './testing/crash-files.ts';
import { Model } from './testing/model.ts';

const book = madeUpBook();
let folder: string;
let files: CrashFiles;
let path: string;
let events: StoreEvent[];
beforeEach(async () => {
  // Locks are real.
  folder = await mkdtemp(join(tmpdir(), 'dqn-faults-'));
  path = join(folder, 'a.gallery');
  files = new CrashFiles();
  events = [];
});
afterEach(() => rm(folder, { recursive: true, force: true, maxRetries: 20 }));

function open(): Promise<LocalStore> {
  const onEvent = (event: StoreEvent) => events.push(event);
  return openStoreWith(path, { ...book, create: { idKind: 'string' }, onEvent }, { files, inThread: false });
}

const items = (...numbers: number[]) => numbers.map((n) => itemOf(book, n));
const kinds = () => events.map(({ kind }) => kind);

/** Tries a write until it is taken. */
async function untilTaken(write: () => Promise<unknown>): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await write();
      return;
    } catch (error) {
      if (tries === 20) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

describe('a full disk', () => {
  it('refuses writes and says so, lets searches go on, and takes writes again when there is room', async () => {
    const store = await open();
    const model = new Model(book);
    await store.put(items(1, 2, 3));
    model.put(items(1, 2, 3));
    files.capacity = files.paths.reduce((sum, one) => sum + files.content(one).length, 0) + 40;
    for (let i = 0; i < 3; i++) {
      await expect(store.put(items(4, 5))).rejects.toMatchObject({ code: 'WRITES_REFUSED', retryAfter: 10 });
    }
    expect(store.stats().trouble).toMatchObject({ code: 'DISK_FULL' });
    await expect(store.compact()).rejects.toMatchObject({ code: 'ENOSPC' });
    await model.expectSame(store, ['item 4', 'item 5']);
    const query = queryOf(book, 1);
    model.expectHits(await store.search(query), query);
    expect(files.paths.filter((one) => one.endsWith('.part'))).toEqual([]);
    files.capacity = Number.POSITIVE_INFINITY;
    await untilTaken(() => store.put(items(6)));
    model.put(items(6));
    expect(store.stats().trouble).toBeUndefined();
    expect(kinds()).toEqual(['refusing', 'compaction-failed', 'recovered']);
    await store.compact();
    await model.expectSame(store, ['item 4', 'item 5']);
    await store.close();
    const again = await open();
    await model.expectSame(again, ['item 4', 'item 5']);
    await again.close();
  });

  it('is noticed to have room again by itself', async () => {
    const store = await open();
    await store.put(items(1));
    files.fault = (operation) => {
      if (operation === 'write') throw systemError('ENOSPC');
      return undefined;
    };
    await expect(store.put(items(2))).rejects.toMatchObject({ code: 'WRITES_REFUSED' });
    files.fault = () => undefined;
    await expect.poll(() => store.stats().trouble).toBeUndefined();
    await store.close();
  });
});

describe.each(['write', 'sync', 'open', 'truncate', 'rename', 'syncFolder', 'remove', 'read'])(
  'EIO at %s',
  (operation) => {
    it('is either not noticed, or refused with a code, and nothing acknowledged is lost', async () => {
      for (let seed = 0; seed < 3; seed++) {
        files = new CrashFiles();
        const random = createRandom(seed);
        const model = new Model(book);
        let store = await open();
        for (let step = 0; step < 25; step++) {
          let calls = random.integer(6);
          files.fault = (name) => {
            if (name === operation && calls-- === 0) throw systemError('EIO');
            return undefined;
          };
          const numbers = [random.integer(12), random.integer(12)];
          const names = numbers.map((n) => `item ${n}`);
          const isPut = random.next() < 0.7;
          const some = numbers.map((n) => ({ ...itemOf(book, random.integer(100), `item ${n}`) }));
          try {
            if (isPut) await store.put(some);
            else await store.remove(names);
            if (isPut) model.put(some);
            else model.remove(names);
          } catch (error) {
            expect(error).toMatchObject({ code: 'WRITES_REFUSED' });
          }
          if (step % 5 === 4) await store.compact().catch(() => undefined);
          files.fault = () => undefined;
          await model.expectSame(store);
          if (step % 10 === 9) {
            await store.close();
            store = await open();
            await model.expectSame(store, ['item 0', 'item 1', 'item 2']);
          }
        }
        await untilTaken(() => store.put(items(50)));
        model.put(items(50));
        await store.compact();
        await model.expectSame(store);
        await store.close();
      }
    }, 30_000);
  },
);

describe('short writes and reads', () => {
  it('are finished', async () => {
    const random = createRandom(3);
    files.fault = (_, __, bytes) => (bytes > 1 ? 1 + random.integer(bytes) : undefined);
    const model = new Model(book);
    const store = await open();
    for (let n = 0; n < 20; n++) {
      await store.put(items(n, n + 1));
      model.put(items(n, n + 1));
      if (n % 6 === 5) await store.compact();
    }
    await model.expectSame(store);
    await store.close();
    const again = await open();
    await model.expectSame(again);
    await again.verify();
    await again.close();
  });
});

describe('a slow disk', () => {
  it('lets those that wait share a sync, and sheds what would wait too long', async () => {
    const store = await open();
    await store.put(items(0));
    const { syncs } = store.stats().writes;
    files.fault = async (operation) => {
      if (operation === 'sync') await new Promise((resolve) => setTimeout(resolve, 40));
      return undefined;
    };
    await Promise.all(Array.from({ length: 100 }, (_, n) => store.put(items(n))));
    expect(store.stats().writes.syncs - syncs).toBeLessThanOrEqual(3);
    const thumbnail = new Uint8Array(2 ** 20);
    const big = Array.from({ length: 50 }, (_, n) => ({ ...itemOf(book, n), thumbnail }));
    const all = await Promise.allSettled(Array.from({ length: 6 }, () => store.put(big)));
    const refused = all.filter((one) => one.status === 'rejected');
    expect(refused.length).toBeGreaterThan(0);
    for (const { reason } of refused) expect(reason).toMatchObject({ code: 'OVERLOADED', retryAfter: 1 });
    expect(all[0].status).toBe('fulfilled');
    await store.close();
  });
});

describe('a power cut', () => {
  it('at any moment leaves every acknowledged write, and none that was not asked for', async () => {
    for (let seed = 0; seed < 8; seed++) {
      files = new CrashFiles();
      const random = createRandom(seed);
      const ids = Array.from({ length: 8 }, (_, n) => `item ${n}`);
      /** What an item may be: what was acknowledged last, or one of the writes since. */
      const allowed = new Map<string, (number | undefined)[]>(ids.map((id) => [id, [undefined]]));
      let serial = 0;
      for (let life = 0; life < 3; life++) {
        let store: LocalStore;
        let calls = 5 + random.integer(120);
        const cut = new Promise<void>((resolve) => {
          files.fault = () => {
            if (calls-- > 0) return undefined;
            resolve();
            // Nothing comes back any more.
            return new Promise<never>(() => {});
          };
        });
        const work = (async () => {
          store = await open();
          const compactions = (async () => {
            for (;;) {
              await store.compact();
              await new Promise((resolve) => setImmediate(resolve));
            }
          })();
          const client = async (own: string[], at: number) => {
            const mine = createRandom(1000 * seed + 10 * life + at);
            for (;;) {
              const id = own[mine.integer(own.length)];
              const value = mine.next() < 0.7 ? ++serial : undefined;
              allowed.get(id)!.push(value);
              if (value === undefined) await store.remove([id]);
              else await store.put([{ id, code: codeOf(book, value), metadata: { serial: value } }]);
              allowed.set(id, [value]);
            }
          };
          await Promise.all([
            client(ids.slice(0, 3), 0),
            client(ids.slice(3, 6), 1),
            client(ids.slice(6), 2),
            compactions,
          ]);
        })();
        await Promise.race([work, cut]);
        files.powerCut(random);
        files.fault = () => undefined;
        // The lock is of this process, which lives on, and what was under way may still be taking it.
        await rm(folder, { recursive: true, force: true, maxRetries: 20 });
        folder = await mkdtemp(join(tmpdir(), 'dqn-faults-'));
        files = moved(files, path, join(folder, 'a.gallery'));
        path = join(folder, 'a.gallery');
        const after = await open();
        for (const id of ids) {
          const found = await after.get(id);
          const value = found?.metadata?.serial as number | undefined;
          expect(allowed.get(id), `seed ${seed}, life ${life}, ${id}`).toContain(value);
          if (found !== undefined) expect(found.code).toEqual(codeOf(book, value!));
          allowed.set(id, [value]);
        }
        expect(after.count).toBe([...allowed.values()].filter(([value]) => value !== undefined).length);
        await after.verify();
        await after.close();
      }
    }
  }, 60_000);
});

/** The same files in another folder. */
function moved(from: CrashFiles, old: string, to: string): CrashFiles {
  from.move(old, to);
  return from;
}
