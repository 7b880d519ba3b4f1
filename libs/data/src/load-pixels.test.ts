import { describe, expect, it } from 'vitest';
import type { Dataset, Picture } from './dataset.ts';
import { DataError } from './errors.ts';
import { loadPixels, pixelBatches } from './load-pixels.ts';
import { labelsOnly } from './testing/cifar10.ts';

const SIZE = 2;
/** Row r is a 2 × 2 picture whose bytes are all r; rows in `broken` can't be read. */
function rows(count: number, broken: number[] = []): Dataset {
  return {
    ...labelsOnly(
      'rows',
      1,
      Array.from({ length: count }, () => [0]),
    ),
    async read(row): Promise<Picture> {
      await new Promise((resolve) => setTimeout(resolve, (row * 7) % 5));
      if (broken.includes(row)) throw new DataError('UNREADABLE_PICTURE', `row ${row} is broken`);
      return { width: SIZE, height: SIZE, data: new Uint8Array(SIZE * SIZE * 3).fill(row) };
    },
  };
}
const toPixels = ({ data }: Picture): Uint8Array => data;
const first = (pixels: Uint8Array): number[] => [...pixels].filter((_, i) => i % (SIZE * SIZE * 3) === 0);

describe('loadPixels', () => {
  it('keeps the order that was asked for, however long a picture takes', async () => {
    const seen: number[] = [];
    const { pixels, rows: kept } = await loadPixels(rows(20), [9, 3, 17, 0, 4, 12], toPixels, {
      size: SIZE,
      onProgress: ({ done }) => seen.push(done),
    });
    expect(first(pixels)).toEqual([9, 3, 17, 0, 4, 12]);
    expect([...kept]).toEqual([9, 3, 17, 0, 4, 12]);
    expect(seen).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('skips, counts and names what it cannot read', async () => {
    const told: string[] = [];
    const loaded = await loadPixels(rows(10, [0, 4, 9]), [...Array(10).keys()], toPixels, {
      size: SIZE,
      onSkip: ({ id }) => told.push(id),
    });
    expect(first(loaded.pixels)).toEqual([1, 2, 3, 5, 6, 7, 8]);
    expect([...loaded.rows]).toEqual([1, 2, 3, 5, 6, 7, 8]);
    expect(loaded.skipped.map(({ id }) => id)).toEqual(['0', '4', '9']);
    expect(told.sort()).toEqual(['0', '4', '9']);
  });

  it('stops at the first unreadable picture when strict, and where none can be read', async () => {
    const strict = loadPixels(rows(10, [4]), [3, 4, 5], toPixels, { size: SIZE, strict: true });
    await expect(strict).rejects.toMatchObject({ code: 'UNREADABLE_PICTURE' });
    await expect(loadPixels(rows(2, [0, 1]), [0, 1], toPixels, { size: SIZE })).rejects.toMatchObject({
      code: 'NO_IMAGES',
    });
  });

  it('passes on what is no broken picture: an abort, a wrong size, a failing network', async () => {
    const abort = new AbortController();
    const aborted = loadPixels(rows(50), [...Array(50).keys()], toPixels, {
      size: SIZE,
      signal: abort.signal,
      onProgress: () => abort.abort(),
    });
    await expect(aborted).rejects.toMatchObject({ name: 'AbortError' });
    await expect(loadPixels(rows(2), [0, 1], toPixels, { size: 3 })).rejects.toThrow(/12 bytes, expected 27/);
    const failing = (): never => {
      throw new Error('session lost');
    };
    await expect(loadPixels(rows(2), [0, 1], failing, { size: SIZE })).rejects.toThrow('session lost');
  });
});

describe('pixelBatches', () => {
  it('gives every row once, in order, without the broken ones', async () => {
    const all: number[] = [];
    for await (const batch of pixelBatches(rows(23, [5, 22]), [...Array(23).keys()], toPixels, {
      size: SIZE,
      batch: 5,
      keepPictures: true,
    })) {
      expect(first(batch.pixels)).toEqual([...batch.rows]);
      expect(batch.pictures.map(({ data }) => data[0])).toEqual([...batch.rows]);
      all.push(...batch.rows);
    }
    expect(all).toEqual([...Array(23).keys()].filter((row) => row !== 5 && row !== 22));
  });

  it('decodes the next batch while this one is being worked on', async () => {
    let read = 0;
    const dataset = rows(12);
    const counting: Dataset = {
      ...dataset,
      read: (row) => {
        read++;
        return dataset.read(row);
      },
    };
    const batches = pixelBatches(counting, [...Array(12).keys()], toPixels, { size: SIZE, batch: 4 });
    await batches.next();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(read).toBe(8);
    await batches.return();
  });
});
