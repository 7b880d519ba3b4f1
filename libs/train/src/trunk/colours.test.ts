import { describe, expect, it } from 'vitest';
import { erase, recolour } from './colours.ts';

const same = { brightness: 1, contrast: 1, saturation: 1 };
const changed = (pixels: number[], change: Partial<typeof same>): number[] => {
  const out = Uint8Array.from(pixels);
  recolour(out, { ...same, ...change });
  return [...out];
};

describe('recolour', () => {
  it('leaves pixels as they are by factors of 1', () => {
    const pixels = Array.from({ length: 300 }, (_, i) => (i * 37) % 256);
    expect(changed(pixels, {})).toEqual(pixels);
  });

  it('is brighter up to white, darker down to black', () => {
    expect(changed([100, 50, 200], { brightness: 1.3 })).toEqual([130, 65, 255]);
    expect(changed([100, 50, 200], { brightness: 0.5 })).toEqual([50, 25, 100]);
  });

  it('goes away from the mean grey of the picture by contrast, from its own grey by saturation', () => {
    expect(changed([100, 100, 100, 200, 200, 200], { contrast: 0.5 })).toEqual([125, 125, 125, 175, 175, 175]);
    expect(changed([100, 100, 100, 200, 200, 200], { contrast: 2 })).toEqual([50, 50, 50, 250, 250, 250]);
    expect(changed([200, 100, 0], { saturation: 0 })).toEqual([119, 119, 119]);
    expect(changed([119, 119, 119], { saturation: 1.3 })).toEqual([119, 119, 119]);
  });
});

describe('erase', () => {
  it('paints the square in the mean colour, and nothing else', () => {
    const size = 6;
    const pixels = Uint8Array.from({ length: size * size * 3 }, (_, i) => (i * 53) % 256);
    const before = pixels.slice();
    erase(pixels, size, { top: 3, left: 1, side: 3 });
    for (let y = 0; y < size; y++) {
      for (let x = 0; x < size; x++) {
        const at = (y * size + x) * 3;
        const inside = y >= 3 && x >= 1 && x < 4;
        for (let c = 0; c < 3; c++) {
          const mean = before.filter((_, i) => i % 3 === c).reduce((sum, value) => sum + value, 0) / size ** 2;
          expect(pixels[at + c]).toBe(inside ? Math.round(mean) : before[at + c]);
        }
      }
    }
  });
});
