import { afterEach, describe, expect, it, vi } from 'vitest';
import { parseEntries, readCatalogue } from './catalogue.ts';
import { readSettings } from './settings.ts';

const BIRDS = { name: 'birds', title: 'Birds', model: './birds/', gallery: './birds.gallery' };
const MINE = { name: 'mine', title: 'Only mine', model: './birds/' };

function serve(status: number, body: unknown): void {
  vi.stubGlobal('fetch', async () => new Response(typeof body === 'string' ? body : JSON.stringify(body), { status }));
}

describe('the catalogue', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('opens the first entry, or the one that the address names', async () => {
    serve(200, [BIRDS, MINE]);
    expect((await readCatalogue(readSettings(''))).chosen).toEqual(BIRDS);
    expect((await readCatalogue(readSettings('?in=mine'))).chosen).toEqual({ ...MINE, gallery: undefined });
    expect((await readCatalogue(readSettings('?in=nobody'))).chosen).toEqual(BIRDS);
  });

  it('puts the files that the address names first', async () => {
    serve(200, [BIRDS]);
    const { entries, chosen } = await readCatalogue(readSettings('?model=./other/'));
    expect(chosen).toMatchObject({ model: './other/', gallery: './gallery' });
    expect(entries).toEqual([chosen, BIRDS]);
  });

  it('opens ./model/ and ./gallery where there is no list, or no network', async () => {
    const plain = { model: './model/', gallery: './gallery' };
    serve(404, 'nothing here');
    expect((await readCatalogue(readSettings(''))).chosen).toMatchObject(plain);
    vi.stubGlobal('fetch', async () => Promise.reject(new TypeError('offline')));
    expect((await readCatalogue(readSettings(''))).chosen).toMatchObject(plain);
  });

  it('says what is wrong with a list', () => {
    expect(() => parseEntries('[')).toThrow(/no JSON/);
    expect(() => parseEntries('{}')).toThrow(/has to be a list/);
    expect(() => parseEntries(JSON.stringify([BIRDS, { name: 'b', title: 'B' }]))).toThrow(/Entry 2 .* its model/);
    expect(() => parseEntries(JSON.stringify([{ ...BIRDS, gallery: 7 }]))).toThrow(/its gallery/);
    expect(() => parseEntries('[null]')).toThrow(/its name/);
  });
});
