import { readFile, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { countClasses } from '../dataset.ts';
import { openDataset } from '../open.ts';
import { protocol } from '../protocols.ts';
import { realCifar10 } from '../testing/cifar10.ts';
import { temporaryFolder } from '../testing/pictures.ts';
import { BATCH_FILES, META_FILE, RECORD_BYTES } from './batches.ts';
import { openCifar10 } from './open.ts';

const real = realCifar10();

describe.skipIf(!real)('the real CIFAR-10', () => {
  const folder = real as string;

  it('has 6,000 pictures a class, its own split, and the bytes of the files', async () => {
    const dataset = await openDataset('cifar10', { root: folder });
    expect(dataset.length).toBe(60_000);
    expect(dataset.classes[9]).toBe('truck');
    expect([...countClasses(dataset)]).toEqual(Array(10).fill(6000));
    expect([dataset.id(0), dataset.id(50_003)]).toEqual(['train/00000', 'test/00003']);
    const test = await readFile(join(folder, 'test_batch.bin'));
    const picture = await dataset.read(50_003);
    const record = 3 * RECORD_BYTES;
    expect(dataset.labels(50_003)).toEqual([test[record]]);
    expect([...picture.data.subarray(3 * 100, 3 * 101)]).toEqual(
      [0, 1, 2].map((plane) => test[record + 1 + plane * 1024 + 100]),
    );
    const split = protocol(undefined, dataset, 1);
    expect([split.name, split.train.length, split.query.length, split.database.length]).toEqual([
      'cifar10-54000',
      5000,
      1000,
      54_000,
    ]);
    await expect(dataset.read(60_000)).rejects.toMatchObject({ code: 'ROW_OUT_OF_RANGE' });
    dataset.close?.();
    await expect(dataset.read(0)).rejects.toThrow('closed');
  });

  it('is refused when a file is truncated, with the file, expected and found bytes', async () => {
    const copy = await temporaryFolder();
    for (const name of [...BATCH_FILES, META_FILE]) {
      if (name !== 'data_batch_3.bin') await symlink(join(folder, name), join(copy, name));
    }
    const bad = join(copy, 'data_batch_3.bin');
    await writeFile(bad, await readFile(join(folder, 'data_batch_3.bin')));
    await truncate(bad, 30_000_000);
    await expect(openDataset(copy)).rejects.toMatchObject({
      code: 'DATASET_TRUNCATED',
      message: expect.stringMatching(/data_batch_3\.bin: expected 30730000 bytes .* found 30000000/),
    });
  });
});

describe('a folder of CIFAR-10', () => {
  it('that lacks a file is refused with its name', async () => {
    const folder = await temporaryFolder();
    await expect(openCifar10(folder)).rejects.toMatchObject({
      code: 'DATASET_NOT_FOUND',
      message: expect.stringContaining('data_batch_1.bin'),
    });
  });
});
