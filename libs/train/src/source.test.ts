import { describe, expect, it } from 'vitest';
import { featureSource } from './source.ts';

/** 3 views of 4 images of one number: 10 · view + image. */
const values = Float32Array.from({ length: 12 }, (_, i) => 10 * Math.floor(i / 4) + (i % 4));
const source = featureSource({ values, views: 3, images: 4 }, 1);

describe('features of a frozen trunk', () => {
  it('are one view of each image an epoch, drawn by (seed, epoch, image) alone', async () => {
    const whole = await source.batch([0, 1, 2, 3], 5);
    const parts = [await source.batch([2, 3], 5), await source.batch([0, 1], 5)];
    expect([...whole]).toEqual([...parts[1], ...parts[0]]);
    expect([...whole].map((value) => value % 10)).toEqual([0, 1, 2, 3]);
  });

  it('show every view sooner or later', async () => {
    const seen = new Set<number>();
    for (let epoch = 0; epoch < 40; epoch++) seen.add((await source.batch([2], epoch))[0]);
    expect([...seen].sort((a, b) => a - b)).toEqual([2, 12, 22]);
  });

  it('are the image itself at inference, and further views in order', async () => {
    expect([...(await source.plain())]).toEqual([0, 1, 2, 3]);
    expect([...(await source.plain([3, 1]))]).toEqual([3, 1]);
    expect([...(await source.further([0, 1], 0))]).toEqual([10, 11]);
    expect([...(await source.further([0, 1], 2))]).toEqual([0, 1]);
  });
});
