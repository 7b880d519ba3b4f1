import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type CodebookFile, openGallery, readCodebook, sha256Hex, writeCodebook } from '@dqn/format';
import { fileSource, readFileChecked } from '@dqn/format/node';
import { createRandom } from '@dqn/pq';
import { Searcher } from '@dqn/runtime';
import { beforeAll, describe, expect, it } from 'vitest';
import { makeModel, temporaryFolder } from '../testing/model.ts';
import { type Content, joinContent } from './content.ts';
import { checkReplaceable, galleryToAddTo, newGallery } from './destination.ts';

describe('joinContent', () => {
  it('puts one gallery behind the other and joins classes by name', () => {
    const first = {
      codes: Uint8Array.of(1, 2),
      items: [{ id: 'a', labels: [0] }],
      classes: ['cat', 'dog'],
      weights: '',
    };
    const second = {
      codes: Uint8Array.of(3, 4),
      items: [{ id: 'b', labels: [0, 1], thumbnail: Uint8Array.of(9) }],
      classes: ['owl', 'cat'],
      weights: 'i8',
    };
    expect(joinContent(first, second)).toEqual({
      codes: Uint8Array.of(1, 2, 3, 4),
      items: [
        { id: 'a', labels: [0] },
        { id: 'b', labels: [0, 2], thumbnail: Uint8Array.of(9) },
      ],
      classes: ['cat', 'dog', 'owl'],
      weights: 'i8',
    });
  });
});

describe('what a new gallery takes the place of', () => {
  it('is a gallery, a piece of one, or nothing', async () => {
    const folder = await temporaryFolder();
    const file = join(folder, 'file');
    await checkReplaceable(file);
    for (const bytes of [[], [0x89, 0x44], [0x89, 0x44, 0x51, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 1, 2]]) {
      await writeFile(file, Uint8Array.from(bytes));
      await checkReplaceable(file);
    }
    await writeFile(file, 'a photo');
    await expect(checkReplaceable(file)).rejects.toMatchObject({ code: 'WRONG_USAGE' });
  });
});

describe('a gallery that grows', () => {
  const { signal } = new AbortController();
  const random = createRandom(5);
  const CLASSES = ['red', 'blue'];
  let folder: string;
  let model: { codebook: CodebookFile; codebookSha256: string };
  let path: string;

  beforeAll(async () => {
    folder = await temporaryFolder();
    const codebook = await makeModel(join(folder, 'model'));
    model = { codebook, codebookSha256: sha256Hex(writeCodebook(codebook)) };
    path = join(folder, 'grown.gallery');
  });

  function content(name: string, count: number): Content {
    return {
      codes: Uint8Array.from({ length: 4 * count }, () => random.integer(16)),
      items: Array.from({ length: count }, (_, i) => ({ id: `${name}/${i}`, labels: [i % 2] })),
      classes: CLASSES,
      weights: 'i8',
    };
  }

  async function add(more: Content) {
    await using gallery = await galleryToAddTo(path, model, signal);
    return await gallery.write(more, signal);
  }

  /** The codes by id, as a search sees them. */
  async function found(): Promise<Map<string, string>> {
    await using gallery = await openGallery(await fileSource(path));
    await gallery.verify();
    using searcher = await Searcher.open(gallery, model);
    const { hits } = searcher.search(new Float32Array(16), { k: 30_000 });
    return new Map(hits.map(({ id, row }) => [id, Buffer.from(searcher.code(row)).toString('hex')]));
  }

  function expected(...parts: Content[]): Map<string, string> {
    return new Map(
      parts.flatMap(({ items, codes }) =>
        items.map(({ id }, i): [string, string] => [
          String(id),
          Buffer.from(codes.subarray(4 * i, 4 * i + 4)).toString('hex'),
        ]),
      ),
    );
  }

  it('is written with its index, appended to, and merged once what was added is much', async () => {
    const [first, few, many] = [content('first', 5000), content('few', 10), content('many', 16_400)];
    const written = await newGallery(path, model).write(first, signal);
    expect(written).toMatchObject({ how: 'new', count: 5000, tail: 0, structure: 'flat' });
    expect(await found()).toEqual(expected(first));

    expect(await add(few)).toMatchObject({ how: 'appended', count: 5010, tail: 10, structure: 'flat' });
    expect(await found()).toEqual(expected(first, few));
    const before = await readFile(path);
    expect(await add(content('none', 0))).toMatchObject({ how: 'unchanged', count: 5010, tail: 10 });
    expect(await readFile(path)).toEqual(before);

    expect(await add(many)).toMatchObject({ how: 'merged', count: 21_410, tail: 0 });
    expect(await found()).toEqual(expected(first, few, many));
    await using gallery = await galleryToAddTo(path, model, signal);
    expect(gallery.known.size).toBe(21_410);
    expect(gallery.known.has('few/9')).toBe(true);
  });

  it('is added to by one at a time', async () => {
    await using _ = await galleryToAddTo(path, model, signal);
    await expect(galleryToAddTo(path, model, signal)).rejects.toMatchObject({ code: 'LOCKED' });
  });

  it('keeps what was added where it can not be merged, and tries again', async () => {
    path = join(folder, 'unmerged.gallery');
    const [first, many] = [content('first', 10), content('many', 16_400)];
    await newGallery(path, model).write(first, signal);
    let isFull = false;
    const failing = {
      ...model,
      get codebook() {
        if (isFull) throw new Error('no room for an index');
        return model.codebook;
      },
    };
    {
      await using gallery = await galleryToAddTo(path, failing, signal);
      isFull = true;
      const written = await gallery.write(many, signal);
      expect(written).toMatchObject({
        how: 'appended',
        count: 16_410,
        tail: 16_400,
        notMerged: new Error('no room for an index'),
      });
    }
    expect(await found()).toEqual(expected(first, many));
    expect(await add(content('none', 0))).toMatchObject({ how: 'merged', count: 16_410, tail: 0 });
    expect(await found()).toEqual(expected(first, many));
  });

  it('is converted from schema version 1', async () => {
    const fixture = (name: string) =>
      fileURLToPath(new URL(`../../../../libs/format/fixtures/v1/${name}`, import.meta.url));
    path = join(folder, 'old.gallery');
    await copyFile(fixture('items.gallery'), path);
    const bytes = await readFileChecked(fixture('codebook.pb'));
    const old = { codebook: readCodebook(bytes), codebookSha256: sha256Hex(bytes) };
    {
      await using gallery = await galleryToAddTo(path, old, signal);
      expect(gallery.known).toContain('Vögel/☕.png');
      const more = {
        codes: Uint8Array.of(1, 2, 3),
        items: [{ id: 'new', labels: [0] }],
        classes: ['Vögel'],
        weights: '',
      };
      expect(await gallery.write(more, signal)).toMatchObject({ how: 'converted', count: 5, tail: 0 });
    }
    await using gallery = await openGallery(await fileSource(path));
    expect(gallery.meta).toMatchObject({ schemaVersion: 2, count: 5 });
    using searcher = await Searcher.open(gallery, old);
    expect(searcher.labels(searcher.row('new'))).toEqual(['Vögel']);
    expect(searcher.code(searcher.row('new'))).toEqual(Uint8Array.of(1, 2, 3));
    expect(await gallery.thumbnail(3)).toEqual(Uint8Array.of(0, 0, 7));
  });

  it('begins anew where nothing is', async () => {
    path = join(folder, 'fresh.gallery');
    expect(await add(content('first', 3))).toMatchObject({ how: 'new', count: 3, structure: 'flat' });
    await writeFile(path, 'no gallery');
    await expect(add(content('more', 1))).rejects.toMatchObject({ code: 'NOT_A_GALLERY' });
  });
});
