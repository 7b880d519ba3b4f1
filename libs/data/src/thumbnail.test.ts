import { describe, expect, it } from 'vitest';
import { decodePicture } from './picture.ts';
import { encodeThumbnail } from './thumbnail.ts';

const plain = (width: number, height: number) => ({
  width,
  height,
  data: new Uint8Array(width * height * 3).fill(200),
});

describe('encodeThumbnail', () => {
  it.each([
    [plain(200, 100), [64, 32]],
    [plain(30, 90), [21, 64]],
    [plain(32, 32), [32, 32]],
  ])('fits a picture into 64 pixels and enlarges none', async (picture, expected) => {
    const { width, height, data } = await decodePicture(await encodeThumbnail(picture, 64));
    expect([width, height]).toEqual(expected);
    expect(Math.abs(data[0] - 200)).toBeLessThan(4);
  });
});
