import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDataset } from './open.ts';
import { plainPng, temporaryFolder, writeTree } from './testing/pictures.ts';

const red = await plainPng(255, 0, 0);
const blue = await plainPng(0, 0, 255);

describe('a folder of class folders', () => {
  it('has its folders as classes, sorted, with everything below them', async () => {
    const folder = await temporaryFolder();
    await writeTree(folder, {
      'cat/2.png': red,
      'cat/deep/er/1.PNG': blue,
      'ant/1.png': red,
      'ant/2.png': red,
      'ant/.hidden.png': red,
      'ant/notes.txt': 'no picture',
      '.git/x.png': red,
    });
    await mkdir(join(folder, 'empty'));
    await symlink(folder, join(folder, 'cat', 'loop'));
    const dataset = await openDataset(folder);
    expect(dataset.classes).toEqual(['ant', 'cat']);
    const rows = [...Array(dataset.length).keys()];
    expect(rows.map((row) => dataset.id(row))).toEqual(['ant/1.png', 'ant/2.png', 'cat/2.png', 'cat/deep/er/1.PNG']);
    expect(dataset.labels(2)).toEqual([1]);
    expect([...(await dataset.read(3)).data.subarray(0, 3)]).toEqual([0, 0, 255]);
    expect(dataset.describe()).toBe((await openDataset(folder)).describe());
  });

  it('takes no picture twice for a link that leads back to it, and says so', async () => {
    const folder = await temporaryFolder();
    await writeTree(folder, {
      'data/cat/1.png': red,
      'data/cat/2.png': red,
      'data/dog/1.png': blue,
      'data/dog/2.png': red,
    });
    const data = join(folder, 'data');
    await symlink('.', join(data, 'self'));
    await symlink('..', join(data, 'above'));
    await symlink('../..', join(data, 'dog', 'far'));
    for (const labelsOptional of [false, true]) {
      const dataset = await openDataset(data, { labelsOptional });
      expect(dataset.classes).toEqual(['cat', 'dog']);
      expect(dataset.length).toBe(4);
      expect(dataset.warnings).toEqual(
        ['above', 'dog/far', 'self'].map((name) => expect.stringContaining(`${join(data, name)} leads back`)),
      );
    }
  });

  it('is not a picture', async () => {
    const folder = await temporaryFolder();
    await writeTree(folder, { '1.png': red });
    await expect(openDataset(join(folder, '1.png'))).rejects.toMatchObject({
      code: 'DATASET_NOT_FOUND',
      message: expect.stringMatching(/1\.png is a picture.*folder/),
    });
  });

  it('is refused where a picture lies outside of every class, unless labels are optional', async () => {
    const folder = await temporaryFolder();
    await writeTree(folder, { 'cat/1.png': red, 'stray.png': red });
    await expect(openDataset(folder)).rejects.toMatchObject({
      code: 'IMAGE_WITHOUT_LABEL',
      message: expect.stringContaining('stray.png'),
    });
    const gallery = await openDataset(folder, { labelsOptional: true });
    expect([gallery.length, gallery.labels(1)]).toEqual([2, []]);
  });

  it('is refused without classes and without pictures', async () => {
    const bare = await temporaryFolder();
    await expect(openDataset(bare)).rejects.toMatchObject({ code: 'NO_IMAGES' });
    await writeTree(bare, { '1.png': red });
    await expect(openDataset(bare)).rejects.toMatchObject({ code: 'NO_CLASSES' });
    expect((await openDataset(bare, { labelsOptional: true })).length).toBe(1);
  });

  it('warns of a class with one picture', async () => {
    const folder = await temporaryFolder();
    await writeTree(folder, { 'cat/1.png': red, 'dog/1.png': red, 'dog/2.png': red });
    expect((await openDataset(folder)).warnings).toEqual([expect.stringContaining('class cat has one picture')]);
  });

  it('is found under the data root, and nowhere else', async () => {
    const root = await temporaryFolder();
    await writeTree(root, { 'mine/cat/1.png': red, 'mine/cat/2.png': red });
    expect((await openDataset('mine', { root })).name).toBe('mine');
    await expect(openDataset('yours', { root })).rejects.toMatchObject({
      code: 'DATASET_NOT_FOUND',
      message: expect.stringContaining('yours'),
    });
    await expect(openDataset('miml2000', { root })).rejects.toMatchObject({ code: 'DATASET_NOT_FOUND' });
  });
});

describe('a folder with labels.csv', () => {
  it('goes by the list alone', async () => {
    const folder = await temporaryFolder();
    await writeTree(folder, {
      'labels.csv': 'path,labels\nx/1.png,sun;sea\n2.png,sea\nmissing.png,sun\n',
      'x/1.png': red,
      '2.png': blue,
      'unlisted.png': red,
    });
    const dataset = await openDataset(folder);
    expect(dataset.classes).toEqual(['sea', 'sun']);
    expect([0, 1, 2].map((row) => dataset.labels(row))).toEqual([[0, 1], [0], [1]]);
    await expect(dataset.read(2)).rejects.toMatchObject({
      code: 'UNREADABLE_PICTURE',
      message: expect.stringContaining('missing.png'),
    });
  });

  it('is refused with a row without labels, by its name', async () => {
    const folder = await temporaryFolder();
    await writeTree(folder, { 'labels.csv': '1.png,sea\n2.png,\n', '1.png': red, '2.png': red });
    await expect(openDataset(folder)).rejects.toMatchObject({
      code: 'IMAGE_WITHOUT_LABEL',
      message: expect.stringMatching(/1 of 2 pictures.*2\.png/),
    });
  });

  it.each(['file,label', 'image,tags', 'filename,labels', 'Image Path,classes'])(
    'is refused with the header %s, which would be a picture and a class',
    async (header) => {
      const folder = await temporaryFolder();
      await writeTree(folder, { 'labels.csv': `${header}\n1.png,sea\n`, '1.png': red });
      await expect(openDataset(folder)).rejects.toMatchObject({
        code: 'CSV_INVALID',
        message: expect.stringContaining(`the header must be path,labels; found ${header}`),
      });
    },
  );

  it('takes a picture for a picture, whatever its name', async () => {
    const folder = await temporaryFolder();
    await writeTree(folder, { 'labels.csv': 'file,label\nmissing.png,sea\n', file: red });
    expect((await openDataset(folder)).classes).toEqual(['label', 'sea']);
  });

  it.each([
    ['path;labels\n1.png;sea\n2.png;sea', '";"'],
    ['1.png\tsea\n2.png\tsea', '"\\t"'],
  ])('is refused where no comma parts its columns: %j', async (text, separator) => {
    const folder = await temporaryFolder();
    await writeTree(folder, { 'labels.csv': text, '1.png': red });
    await expect(openDataset(folder)).rejects.toMatchObject({
      code: 'CSV_INVALID',
      message: expect.stringContaining(`put a comma, not ${separator},`),
    });
  });

  it('is refused where not one of its pictures is there', async () => {
    const folder = await temporaryFolder();
    await writeTree(folder, { 'labels.csv': 'path,labels\nimages/1.png,sea\nimages/2.png,sea\n', '1.png': red });
    await expect(openDataset(folder)).rejects.toMatchObject({
      code: 'NO_IMAGES',
      message: expect.stringContaining(join(folder, 'images/1.png')),
    });
  });

  it('may be named itself, or be a plain list', async () => {
    const folder = await temporaryFolder();
    await writeTree(folder, { 'some.csv': '1.png,sea\n', 'list.txt': '1.png\n', '1.png': red });
    expect((await openDataset(join(folder, 'some.csv'))).classes).toEqual(['sea']);
    expect((await openDataset(join(folder, 'list.txt'), { labelsOptional: true })).id(0)).toBe('1.png');
  });
});

describe('miml2000', () => {
  const files = {
    'classes_names.txt': 'sea\nsun',
    'train_img.txt': '1.jpg\n2.jpg',
    'train_label.txt': '1 0\n1 1\n',
    'test_img.txt': '3.jpg',
    'test_label.txt': '0 1',
    'train_img/1.jpg': red,
    'train_img/2.jpg': red,
    'test_img/3.jpg': blue,
  };

  it('has several labels a picture and its own split', async () => {
    const root = await temporaryFolder();
    await writeTree(join(root, 'miml2000'), files);
    const dataset = await openDataset('miml2000', { root });
    expect([0, 1, 2].map((row) => [dataset.id(row), dataset.labels(row), dataset.split?.(row)])).toEqual([
      ['train/1.jpg', [0], 'train'],
      ['train/2.jpg', [0, 1], 'train'],
      ['test/3.jpg', [1], 'test'],
    ]);
    expect([...(await dataset.read(2)).data.subarray(0, 3)]).toEqual([0, 0, 255]);
  });

  it.each([
    [{ 'train_label.txt': '1 0\n' }, /has 1 rows, but .* names 2/],
    [{ 'train_label.txt': '1 0\n1 2\n' }, /row 2: expected 2 values of 0 or 1, found "1 2"/],
    [{ 'train_label.txt': '1 0\n1 0 1\n' }, /row 2: expected 2 values/],
    [{ 'test_label.txt': '0 0\n' }, /1 of 3 pictures have no label/],
  ])('is refused where lists contradict each other: %j', async (change, message) => {
    const folder = await temporaryFolder();
    await writeTree(folder, { ...files, ...change });
    await expect(openDataset(folder)).rejects.toThrow(message);
  });
});
