import type { Picture } from '@dqn/data';
import { describe, expect, it } from 'vitest';
import { Pictures } from './pictures.ts';
import { shrink } from './shrink.ts';

const noise = (width: number, height: number, seed = 0): Picture => ({
  width,
  height,
  data: Uint8Array.from({ length: width * height * 3 }, (_, i) => ((i + seed) * 7919) % 256),
});

describe('shrink', () => {
  it('leaves alone what is small enough', () => {
    const picture = noise(30, 20);
    expect(shrink(picture, 20)).toBe(picture);
  });

  it('is the mean of whole blocks', () => {
    const picture = noise(8, 6);
    const small = shrink(picture, 3);
    expect(small).toMatchObject({ width: 4, height: 3 });
    for (let y = 0; y < 3; y++) {
      for (let x = 0; x < 4; x++) {
        const at = (dy: number, dx: number) => picture.data[((2 * y + dy) * 8 + 2 * x + dx) * 3 + 1];
        const mean = (at(0, 0) + at(0, 1) + at(1, 0) + at(1, 1)) / 4;
        expect(small.data[(y * 4 + x) * 3 + 1]).toBe(Math.floor(mean + 0.5));
      }
    }
  });

  it('keeps one colour at any size, and the shape of the picture', () => {
    const white: Picture = { width: 101, height: 67, data: new Uint8Array(101 * 67 * 3).fill(255) };
    const small = shrink(white, 24);
    expect(small).toMatchObject({ width: 36, height: 24 });
    expect(small.data.every((value) => value === 255)).toBe(true);
  });
});

describe('pictures for fresh views', () => {
  it('are decoded once while there is room, and again beyond: the same pixels', async () => {
    const asked: number[] = [];
    const read = async (image: number): Promise<Picture> => {
      asked.push(image);
      return noise(40, 30, image);
    };
    const roomy = new Pictures(read, { size: 10 });
    const tight = new Pictures(read, { size: 10, room: 20 * 15 * 3 });
    for (const pictures of [roomy, tight]) {
      for (const image of [0, 1, 0, 1]) expect(await pictures.get(image)).toEqual(shrink(noise(40, 30, image), 15));
    }
    expect(asked).toEqual([0, 1, 0, 1, 1]);
    expect(await tight.original(0)).toEqual(noise(40, 30));
  });
});
