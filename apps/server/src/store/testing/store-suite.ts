/** @file What every store has to do, whoever keeps it: a suite that is run over each. */
import type { IdKind } from '@dqn/format';
import { createRandom, type Distance } from '@dqn/pq';
import { describe, expect, it } from 'vitest';
import type { GalleryStore, ItemFilter, ItemId } from '../store.ts';
import { type Book, codeOf, itemOf, madeUpBook, queryOf } from './books.ts';
import { checkHistory, type Read, type Write } from './history.ts';
import { Model } from './model.ts';

/** A store, and what can be done to it from outside. */
export interface Opened {
  readonly store: GalleryStore;
  /** Closes it and opens it again. */
  again(): Promise<GalleryStore>;
  /** What a store does in the background when it is due, done now. */
  settle(store: GalleryStore): Promise<void>;
  /** A path for a snapshot, and a store over one. */
  readonly snapshotPath: string;
  openSnapshot(path: string): Promise<GalleryStore>;
  /** Closes what is open and removes it. */
  end(): Promise<void>;
}

const IDS: Record<IdKind, (n: number) => ItemId> = {
  string: (n) => `item ${n} ☕`,
  u32: (n) => 7 * n,
  u64: (n) => String(2n ** 53n + BigInt(n)),
};

const FILTERS: ItemFilter[] = [
  { labels: ['cat'] },
  { labels: ['cat', 'dog'] },
  { labels: [] },
  { ids: [] },
  { metadata: { even: true } },
  { metadata: { n: { gte: 3, lt: 20 } } },
  { metadata: { n: { gt: 3, lte: 20 }, even: false } },
  { metadata: { name: ['n1', 'n2', 'nothing'] } },
  { metadata: { name: { gte: 'n1', lt: 'n3' } } },
  { metadata: { name: [] } },
  { metadata: { tags: 't1' } },
  { metadata: { tags: 0 }, labels: ['dog'] },
  { metadata: { nothing: null } },
  { metadata: { ['__proto__']: 1, toString: 'x' } },
  {},
];

/**
 * Runs the suite.
 *
 * @param o.steps of the long tests; fewer for a store that takes its time
 * @param o.timeout milliseconds of each of them
 */
export function storeSuite(
  open: (book: Book, idKind: IdKind) => Promise<Opened>,
  { steps = 60, timeout = 30_000 }: { steps?: number; timeout?: number } = {},
): void {
  const book = madeUpBook();

  describe.each(['string', 'u32', 'u64'] as const)('a store of ids that are %s', (idKind) => {
    const item = (n: number, id = n) => itemOf(book, n, IDS[idKind](id));
    const ids = (...numbers: number[]) => numbers.map(IDS[idKind]);

    it(
      'answers as a model does, whatever is put, removed, settled and opened again',
      async () => {
        const opened = await open(book, idKind);
        let { store } = opened;
        const random = createRandom(5);
        const model = new Model(book);
        const all = Array.from({ length: 60 }, (_, n) => IDS[idKind](n));
        for (let step = 0; step < steps; step++) {
          const numbers = Array.from({ length: 1 + random.integer(6) }, () => random.integer(all.length));
          if (random.next() < 0.65) {
            const items = numbers.map((id) => item(random.integer(100), id));
            expect(await store.put(items)).toEqual(model.put(items));
          } else expect(await store.remove(ids(...numbers))).toEqual(model.remove(ids(...numbers)));
          if (step % 7 === 3) await opened.settle(store);
          if (step % 11 === 5) store = await opened.again();
          const query = queryOf(book, step);
          const o = { k: 1 + random.integer(20), offset: random.integer(8), metadata: step % 2 === 0 };
          const filter = { ...FILTERS[step % FILTERS.length], ...(step % 9 === 0 && { ids: ids(1, 2, 3, 4, 99) }) };
          const distance = (['aqd', 'ip', 'sqd'] as Distance[])[step % 3];
          model.expectHits(await store.search(query, { ...o, distance }), query, { ...o, distance });
          const usesLabels = (filter.labels ?? []).every((label) => store.stats().classes.includes(label));
          if (usesLabels) model.expectHits(await store.search(query, { ...o, filter }), query, { ...o, filter });
          if (step % 12 === 0) await model.expectSame(store, all);
        }
        await model.expectSame(store, all);
        await store.verify();
        await opened.end();
      },
      timeout,
    );

    it('takes ids of its kind, finds numbers by their text, and refuses others', async () => {
      const opened = await open(book, idKind);
      const { store } = opened;
      const [first] = ids(3);
      await store.put([item(3)]);
      expect(await store.has(String(first))).toBe(true);
      const wrong: Record<IdKind, ItemId[]> = {
        string: [3, '', '\ud800', 'x'.repeat(2000)],
        u32: [-1, 2 ** 32, 0.5, Number.NaN, 'three', '03', ''],
        u64: [-1, 0.5, 2 ** 53, '18446744073709551616', 'x'],
      };
      for (const id of wrong[idKind]) {
        await expect(store.put([itemOf(book, 1, id)])).rejects.toMatchObject({ code: 'BAD_ITEM' });
        expect(await store.has(id)).toBe(false);
        expect(await store.remove([id])).toEqual([false]);
      }
      expect(store.count).toBe(1);
      await opened.end();
    });
  });

  describe('a store', () => {
    const withStore = async (work: (store: GalleryStore, opened: Opened) => Promise<void>) => {
      const opened = await open(book, 'string');
      try {
        await work(opened.store, opened);
      } finally {
        await opened.end();
      }
    };

    it('gives nothing while it is empty', () =>
      withStore(async (store) => {
        expect(store.count).toBe(0);
        expect(await store.search(queryOf(book, 1))).toEqual([]);
        expect(await store.search(queryOf(book, 1), { filter: { metadata: { a: 1 } } })).toEqual([]);
        expect(await store.put([])).toEqual([]);
        expect(await store.remove(['a'])).toEqual([false]);
      }));

    it('keeps the later of two items with one id, and orders changes of one write', () =>
      withStore(async (store) => {
        expect(await store.put([itemOf(book, 1, 'a'), itemOf(book, 2, 'a')])).toEqual([true, false]);
        expect((await store.get('a'))?.metadata).toMatchObject({ n: 2 });
        const results = await Promise.all([
          store.remove(['a']),
          store.put([itemOf(book, 3, 'a')]),
          store.remove(['a', 'a']),
          store.put([itemOf(book, 5, 'a')]),
        ]);
        expect(results).toEqual([[true], [true], [true, false], [true]]);
        expect((await store.get('a'))?.metadata).toMatchObject({ n: 5 });
      }));

    it('answers many queries as it answers each', () =>
      withStore(async (store) => {
        await store.put(Array.from({ length: 40 }, (_, n) => itemOf(book, n)));
        const queries = [1, 2, 3].map((n) => queryOf(book, n));
        const all = await store.searchMany(Float32Array.from(queries.flatMap((query) => [...query])), { k: 5 });
        expect(all).toEqual(await Promise.all(queries.map((query) => store.search(query, { k: 5 }))));
        expect(await store.searchMany(new Float32Array(0))).toEqual([]);
      }));

    it('refuses items that it can not keep, all of them together', () =>
      withStore(async (store) => {
        const good = itemOf(book, 1);
        const circular: Record<string, unknown> = {};
        circular.self = circular;
        const bad: object[] = [
          { code: Uint8Array.of(1, 2, 3) },
          { code: Uint8Array.of(1, 2, 3, 16) },
          { code: [1, 2, 3, 4] },
          { labels: 'cat' },
          { labels: [''] },
          { labels: [7] },
          { labels: ['\udc00'] },
          { metadata: [] },
          { metadata: 'text' },
          { metadata: circular },
          { metadata: { text: 'x'.repeat(70_000) } },
          { metadata: { big: 1n } },
          { thumbnail: new Uint8Array(2 ** 20 + 1) },
          { thumbnail: 'picture' },
        ];
        for (const part of bad) {
          const items = [good, { ...itemOf(book, 2), ...part }];
          await expect(store.put(items as never), JSON.stringify(Object.keys(part))).rejects.toMatchObject({
            name: 'ServerError',
            code: 'BAD_ITEM',
          });
        }
        expect(store.count).toBe(0);
      }));

    it('answers filters on many members, those of others meanwhile, too', () =>
      withStore(async (store, opened) => {
        const names = (from: number, n: number) => Array.from({ length: n }, (_, i) => `member ${from + i}`);
        const filterOf = (members: string[]) => ({ metadata: Object.fromEntries(members.map((name) => [name, 1])) });
        await store.put([{ ...itemOf(book, 1, 'a'), metadata: filterOf(names(0, 40)).metadata }, itemOf(book, 2, 'b')]);
        await opened.settle(store);
        const found = (from: number, n: number) => store.search(queryOf(book, 1), { filter: filterOf(names(from, n)) });
        const all = await Promise.all([found(0, 16), found(16, 16), found(8, 16), found(24, 16), found(0, 16)]);
        for (const hits of all) expect(hits.map(({ id }) => id)).toEqual(['a']);
        await expect(found(100, 17)).rejects.toMatchObject({ code: 'BAD_FILTER' });
      }));

    it('takes no text that is not well-formed for another', () =>
      withStore(async (store, opened) => {
        await store.put([itemOf(book, 1, '\ufffd')]);
        await opened.settle(store);
        expect(await store.remove(['\ud800'])).toEqual([false]);
        expect(await store.get('\ud800')).toBeUndefined();
        expect(await store.search(queryOf(book, 1), { filter: { ids: ['\ud800'] } })).toEqual([]);
        expect(store.count).toBe(1);
      }));

    it('refuses a write of more bytes than go to the disk together', () =>
      withStore(async (store) => {
        const thumbnail = new Uint8Array(2 ** 20);
        const many = Array.from({ length: 130 }, (_, n) => ({ ...itemOf(book, n), thumbnail }));
        await expect(store.put(many)).rejects.toMatchObject({ code: 'BAD_ITEM' });
        expect(store.count).toBe(0);
      }));

    it('refuses queries and filters that it can not answer', () =>
      withStore(async (store) => {
        await store.put([itemOf(book, 1)]);
        const query = queryOf(book, 1);
        const { D } = book.codebook;
        const nan = query.slice();
        nan[2] = Number.NaN;
        for (const wrong of [new Float32Array(D - 1), new Float32Array(2 * D), nan, [1] as never]) {
          await expect(store.search(wrong)).rejects.toMatchObject({ code: 'BAD_QUERY' });
        }
        await expect(store.searchMany(new Float32Array(D + 1))).rejects.toMatchObject({ code: 'BAD_QUERY' });
        for (const o of [{ k: 0 }, { k: 1.5 }, { k: 10_001 }, { offset: -1 }, { distance: 'l2' as never }]) {
          await expect(store.search(query, o)).rejects.toMatchObject({ code: 'BAD_QUERY' });
        }
        for (const condition of [{}, { from: 1 }, { gt: 1, lt: 'a' }, { gt: true }, [[1]], [{}], { gt: Number.NaN }]) {
          const filter = { metadata: { n: condition as never } };
          await expect(store.search(query, { filter }), JSON.stringify(condition)).rejects.toMatchObject({
            code: 'BAD_FILTER',
          });
        }
        await expect(store.search(query, { filter: { labels: ['cow'] } })).rejects.toMatchObject({
          code: 'UNKNOWN_LABEL',
        });
      }));

    it('writes a snapshot that is a gallery of what was there then', () =>
      withStore(async (store, opened) => {
        const model = new Model(book);
        const items = Array.from({ length: 30 }, (_, n) => itemOf(book, n));
        await store.put(items);
        model.put(items);
        await opened.settle(store);
        const removed = ['item 3', 'item 4'];
        await store.remove(removed);
        model.remove(removed);
        const changed = [itemOf(book, 77, 'item 5'), itemOf(book, 78, 'item 31')];
        await store.put(changed);
        model.put(changed);
        const snapshot = store.snapshot(opened.snapshotPath);
        const later = store.put([itemOf(book, 99, 'later')]);
        await Promise.all([snapshot, later]);
        const copy = await opened.openSnapshot(opened.snapshotPath);
        const hasLater = await copy.has('later');
        if (hasLater) model.put([itemOf(book, 99, 'later')]);
        await model.expectSame(copy, removed);
        await copy.verify();
        await copy.close();
        expect(await store.has('later')).toBe(true);
      }));

    it('hears a signal before it begins, and says CLOSED afterwards', () =>
      withStore(async (store) => {
        const signal = AbortSignal.abort(new Error('gone away'));
        const query = queryOf(book, 1);
        await expect(store.put([itemOf(book, 1)], { signal })).rejects.toThrow('gone away');
        await expect(store.remove(['a'], { signal })).rejects.toThrow('gone away');
        await expect(store.search(query, { signal })).rejects.toThrow('gone away');
        expect(store.count).toBe(0);
        const last = store.put([itemOf(book, 1)]);
        const closing = store.close();
        await expect(last).resolves.toEqual([true]);
        await closing;
        await store.close();
        for (const work of [
          () => store.put([itemOf(book, 1)]),
          () => store.get('a'),
          () => store.search(query),
          () => store.verify(),
        ]) {
          await expect(work()).rejects.toMatchObject({ code: 'CLOSED' });
        }
      }));

    it(
      'is right while eight clients write, remove, read and search the same items',
      () =>
        withStore(async (store, opened) => {
          const writes: Write[] = [];
          const reads: Read[] = [];
          let tick = 0;
          let serial = 0;
          const serialOf = (found: Awaited<ReturnType<GalleryStore['get']>>) =>
            found?.metadata?.serial as number | undefined;
          const client = async (seed: number) => {
            const random = createRandom(seed);
            for (let i = 0; i < steps; i++) {
              const id = `shared ${random.integer(5)}`;
              const start = tick++;
              const what = random.next();
              if (what < 0.4) {
                const value = ++serial;
                const one = { start, end: Number.POSITIVE_INFINITY, id, value };
                writes.push(one);
                await store.put([{ id, code: codeOf(book, value), metadata: { serial: value } }]);
                one.end = tick++;
              } else if (what < 0.6) {
                const one = { start, end: Number.POSITIVE_INFINITY, id, value: undefined };
                writes.push(one);
                await store.remove([id]);
                one.end = tick++;
              } else if (what < 0.8) {
                const found = await store.get(id);
                if (found !== undefined) expect(found.code).toEqual(codeOf(book, serialOf(found)!));
                reads.push({ start, end: tick++, id, value: serialOf(found) });
              } else if (what < 0.98) {
                const hits = await store.search(queryOf(book, i), { metadata: true, k: 5 });
                const end = tick++;
                for (const hit of hits)
                  reads.push({ start, end, id: String(hit.id), value: hit.metadata?.serial as number });
                for (let n = 0; n < 5; n++) {
                  const other = `shared ${n}`;
                  if (!hits.some((hit) => hit.id === other)) reads.push({ start, end, id: other, value: undefined });
                }
              } else await opened.settle(store);
            }
          };
          await Promise.all(Array.from({ length: 8 }, (_, n) => client(n)));
          checkHistory(writes, reads);
          const start = tick++;
          for (let n = 0; n < 5; n++) {
            const id = `shared ${n}`;
            reads.push({ start, end: tick++, id, value: serialOf(await store.get(id)) });
          }
          checkHistory(writes, reads);
          await store.verify();
        }),
      timeout,
    );
  });
}
