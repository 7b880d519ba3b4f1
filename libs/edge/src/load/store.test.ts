import { describe, expect, it } from 'vitest';
import { memoryCaches } from '../testing/memory-caches.ts';
import { FILES_CACHE, PICTURES_CACHE, Store } from './store.ts';

const bytes = (length: number, fill = 1) => new Uint8Array(length).fill(fill);
const note = (...names: string[]) => ({ version: '"1"', names, facts: {} });

describe('what was downloaded', () => {
  it('is kept by name, and found by another page', async () => {
    const caches = memoryCaches();
    const store = new Store(() => {}, caches);
    await store.put('a', bytes(3));
    await store.writeNote('https://x.test/m/', note('a'));
    const other = new Store(() => {}, caches);
    expect(await other.get('a')).toEqual(bytes(3));
    expect(await other.has('b')).toBe(false);
    expect(await other.note('https://x.test/m/')).toMatchObject({ version: '"1"', names: ['a'] });
    expect(await other.note('https://x.test/')).toBeUndefined();
  });

  it('goes when no address has it any more', async () => {
    const caches = memoryCaches();
    const store = new Store(() => {}, caches);
    for (const name of ['a', 'b', 'c']) await store.put(name, bytes(3));
    await store.writeNote('one', note('a', 'b'));
    await store.writeNote('two', note('b'));
    await store.writeNote('one', note('c'));
    expect(await Promise.all(['a', 'b', 'c'].map((name) => store.has(name)))).toEqual([false, true, true]);
  });

  it('makes room where it is short: pictures first, then addresses that nobody has open', async () => {
    const caches = memoryCaches();
    const before = new Store(() => {}, caches);
    await before.put('old', bytes(400));
    await before.writeNote('old address', note('old'));
    await before.put('orphan', bytes(400));
    const said: string[] = [];
    const store = new Store((why) => said.push(why), caches);
    await store.writeNote('open address', note('mine', 'new'));
    await store.put('mine', bytes(400));
    await store.putPicture('picture', bytes(400));
    caches.room = 2000;
    await store.put('new', bytes(1000));
    expect(said).toEqual([]);
    expect(await store.get('new')).toEqual(bytes(1000));
    expect(await store.get('mine')).toEqual(bytes(400));
    expect(await Promise.all(['old', 'orphan'].map((name) => store.has(name)))).toEqual([false, false]);
    expect(caches.entries.has(PICTURES_CACHE)).toBe(false);
  });

  it('isn’t kept where the browser refuses, which is told once; pages work without', async () => {
    const said: string[] = [];
    const full = memoryCaches();
    full.room = 10;
    const store = new Store((why) => said.push(why), full);
    await store.put('a', bytes(11));
    await store.put('b', bytes(12));
    expect(said).toEqual(['the storage that the browser gives this page is full']);
    expect(store.refused).toBe(said[0]);
    expect(await store.get('a')).toBeUndefined();

    const denied = memoryCaches();
    denied.denied = true;
    const second = new Store((why) => said.push(why), denied);
    await second.put('a', bytes(1));
    await second.writeNote('x', note('a'));
    expect(await second.note('x')).toBeUndefined();
    expect(said[1]).toBe('the browser denies the page its storage (not for you)');

    new Store((why) => said.push(why), undefined);
    expect(said[2]).toContain('Cache Storage');
    expect(said).toHaveLength(3);
  });

  it('that is no note is no harm', async () => {
    const caches = memoryCaches();
    const store = new Store(() => {}, caches);
    await store.writeNote('x', note('a'));
    const files = caches.entries.get(FILES_CACHE)!;
    for (const address of files.keys()) files.set(address, bytes(5, 0x7b));
    expect(await store.note('x')).toBeUndefined();
    await store.writeNote('x', note('b'));
    expect(await store.note('x')).toMatchObject({ names: ['b'] });
  });
});
