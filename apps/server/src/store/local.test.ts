/** @file The store on a disk. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStoreWith } from './local.ts';
import { itemOf, madeUpBook, queryOf } from './testing/books.ts';

const book = madeUpBook();
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dqn-store-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('a store on a disk', () => {
  it('finds everything again when it is opened anew, whether it is in the journal or in the file', async () => {
    const path = join(folder, 'a.gallery');
    const open = () => openStoreWith(path, { ...book, create: { idKind: 'string' } }, { inThread: false });
    const store = await open();
    await store.put([1, 2, 3, 4, 5, 6].map((n) => itemOf(book, n)));
    expect(await store.remove(['item 2', 'nobody'])).toEqual([true, false]);
    await store.compact();
    expect(await store.put([itemOf(book, 7), itemOf(book, 1)])).toEqual([true, false]);
    const hits = await store.search(queryOf(book, 9), { metadata: true });
    await store.close();
    const again = await open();
    expect(await again.search(queryOf(book, 9), { metadata: true })).toEqual(hits);
    expect(await again.get('item 7')).toEqual(expect.objectContaining({ id: 'item 7', labels: ['dog'] }));
    expect(await again.thumbnail('item 7')).toEqual(Uint8Array.of(7, 8, 9));
    expect(await again.has('item 2')).toBe(false);
    await again.close();
  });
});
