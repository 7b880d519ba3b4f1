import { createHash } from 'node:crypto';
import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tar from 'tar';
import { describe, expect, it } from 'vitest';
import { cacheFolder } from '../cache.ts';
import { kindOf } from '../files.ts';
import { holdout } from '../holdout.ts';
import { openDataset } from '../open.ts';
import { plainPng, temporaryFolder, writeTree } from '../testing/pictures.ts';
import { readCatalogue } from './catalogue.ts';
import { EMOJI_COUNT } from './fetch.ts';
import { openEmoji } from './open.ts';

const emoji = (image: string, short_name: string, subcategory: string, tones: string[] = []) => ({
  image: `${image}.png`,
  short_name,
  category: subcategory === 'flag' ? 'Flags' : 'People',
  subcategory,
  has_img_google: true,
  skin_variations: Object.fromEntries(
    tones.map((tone) => [tone, { image: `${image}-${tone}.png`, has_img_google: tone !== 'none' }]),
  ),
});

/** A package with two hands (one in three tones) and three flags, two of which show the same picture. */
async function fakePackage() {
  const folder = await temporaryFolder();
  const list = [
    emoji('1f44b', 'wave', 'hand', ['1f3fb', '1f3fc', 'none']),
    emoji('1f446', 'point_up', 'hand'),
    emoji('1f1eb', 'flag-fr', 'flag'),
    emoji('1f1f2', 'flag-mf', 'flag'),
    emoji('1f1e9', 'flag-de', 'flag'),
  ];
  const blue = await plainPng(0, 0, 255);
  await writeTree(join(folder, 'package'), {
    'emoji.json': JSON.stringify(list),
    'categories.json': '{}',
    'img/google/64/1f44b.png': await plainPng(1, 0, 0),
    'img/google/64/1f44b-1f3fb.png': await plainPng(2, 0, 0),
    'img/google/64/1f44b-1f3fc.png': await plainPng(3, 0, 0),
    'img/google/64/1f446.png': await plainPng(4, 0, 0),
    'img/google/64/1f1eb.png': blue,
    'img/google/64/1f1f2.png': blue,
    'img/google/64/1f1e9.png': await plainPng(5, 0, 0),
    'img/google/sheets/64.png': blue,
  });
  const pack = async (into: string): Promise<string> => {
    const file = join(into, 'x.tgz');
    await tar.create({ file, cwd: folder, gzip: { level: 1 }, portable: true, mtime: new Date(0) }, ['package']);
    return file;
  };
  const tarball = await readFile(await pack(folder));
  return { pack, integrity: createHash('sha512').update(tarball).digest('base64') };
}

describe('emoji', () => {
  it('are fetched once, only what is needed, with both kinds of labels', async () => {
    const cache = await temporaryFolder();
    const { pack, integrity } = await fakePackage();
    const dataset = await openEmoji({ cache, pack, integrity, count: 7 });
    expect(dataset.classes).toEqual(['Flags', 'People', 'flag', 'hand']);
    const ids = [...Array(7).keys()].map((row) => dataset.id(row));
    expect(ids).toContain('1f44b-1f3fb wave');
    expect(dataset.labels(ids.indexOf('1f44b wave'))).toEqual([1, 3]);
    expect((await dataset.read(0)).width).toBe(8);
    const folder = join(cache, 'emoji-datasource-google-16.0.0');
    await expect(access(join(folder, 'img/google/sheets'))).rejects.toThrow();
    await expect(access(join(folder, 'x.tgz'))).rejects.toThrow();
    const again = await openEmoji({ cache, count: 7, pack: () => Promise.reject(new Error('fetched twice')) });
    expect(again.describe()).toBe(dataset.describe());
  });

  it('of all skin tones, and those that show the same picture, share a group', async () => {
    const cache = await temporaryFolder();
    const dataset = await openEmoji({ cache, ...(await fakePackage()), count: 7 });
    const groups = new Map([...Array(7).keys()].map((row) => [dataset.id(row), dataset.group(row)]));
    expect(groups.get('1f44b-1f3fc wave')).toBe(groups.get('1f44b wave'));
    expect(groups.get('1f1f2 flag-mf')).toBe(groups.get('1f1eb flag-fr'));
    expect(new Set(groups.values()).size).toBe(4);
  });

  it('are refused when the tarball is not the published one, and nothing stays in the cache', async () => {
    const cache = await temporaryFolder();
    const { pack } = await fakePackage();
    await expect(openEmoji({ cache, pack })).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
    await expect(access(join(cache, 'emoji-datasource-google-16.0.0'))).rejects.toThrow();
  });

  it('are refused when pictures are missing from the list', async () => {
    const cache = await temporaryFolder();
    await expect(openEmoji({ cache, ...(await fakePackage()), count: 8 })).rejects.toThrow(/expected 8 .* found 7/);
  });

  it('have a list that is checked', () => {
    for (const text of [
      '{',
      '{}',
      '[{}]',
      '[null]',
      JSON.stringify([{ ...emoji('x', 'x', 'flag'), image: '../x.png' }]),
    ]) {
      expect(() => readCatalogue(text, 'emoji.json')).toThrow(expect.objectContaining({ code: 'DATASET_INVALID' }));
    }
  });
});

const isFetched = (await kindOf(join(cacheFolder(), 'emoji-datasource-google-16.0.0/emoji.json'))) === 'file';
describe.skipIf(!isFetched)('the published emoji (in the cache)', () => {
  it(`are ${EMOJI_COUNT}, and a holdout tears no skin tones apart`, async () => {
    const dataset = await openDataset('emoji');
    expect(dataset.length).toBe(EMOJI_COUNT);
    const { train, query } = holdout(dataset, 1);
    const trained = new Set([...train].map((row) => dataset.group(row)));
    expect([...query].filter((row) => trained.has(dataset.group(row)))).toEqual([]);
    expect(query.length / dataset.length).toBeCloseTo(0.2, 1);
  });
});
