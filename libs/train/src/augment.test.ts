import { describe, expect, it } from 'vitest';
import { type Augmentation, augment, centreCrop, meanColour, NO_AUGMENTATION } from './augment.ts';

/** Pixel (y, x) of image i holds (i, y, x), so that a view says where it came from. */
function mapOf(N: number, S: number): Uint8Array {
  const pixels = new Uint8Array(N * S * S * 3);
  for (let i = 0, at = 0; i < N; i++) {
    for (let y = 0; y < S; y++) {
      for (let x = 0; x < S; x++, at += 3) pixels.set([i, y, x], at);
    }
  }
  return pixels;
}

const FILL = [200, 201, 202] as const;
const images = { pixels: mapOf(4, 8), stored: 8 };

function view(augmentation: Partial<Augmentation>, o: { epoch?: number; size?: number; indices?: number[] } = {}) {
  return augment(images, o.indices ?? [0, 1, 2, 3], {
    size: o.size ?? 8,
    augmentation: { ...NO_AUGMENTATION, ...augmentation },
    seed: 1,
    epoch: o.epoch ?? 0,
    fill: FILL,
  });
}

/** [i, y, x] triples of a view. */
function triples(bytes: Uint8Array): number[][] {
  return Array.from({ length: bytes.length / 3 }, (_, i) => [...bytes.subarray(i * 3, i * 3 + 3)]);
}

describe('augment', () => {
  it('gives the stored pixels where nothing may happen', () => {
    expect(view({})).toEqual(images.pixels);
  });

  it('mirrors each image every other epoch where it alternates, some first and some later', () => {
    const many = Array.from({ length: 4 }, (_, i) => i);
    const mirrored = (epoch: number) =>
      many.map((index) => view({ flip: 'alternate' }, { epoch, indices: [index] })[2] === 7);
    const first = mirrored(0);
    expect(mirrored(1)).toEqual(first.map((is) => !is));
    expect(mirrored(2)).toEqual(first);
    const seeds = Array.from(
      { length: 40 },
      (_, seed) =>
        augment(images, [0], {
          ...{ size: 8, seed, epoch: 0, fill: FILL },
          augmentation: { ...NO_AUGMENTATION, flip: 'alternate' },
        })[2] === 7,
    );
    expect(seeds.filter(Boolean).length).toBeGreaterThan(8);
    expect(seeds.filter(Boolean).length).toBeLessThan(32);
  });

  it('gives an image the same view whatever else is in the batch', () => {
    const options = { flip: true, shift: 2, cutout: 3 };
    const all = view(options);
    const one = view(options, { indices: [2] });
    expect(one).toEqual(all.subarray(2 * 8 * 8 * 3, 3 * 8 * 8 * 3));
  });

  it('gives another view in another epoch, and the same one again', () => {
    const options = { flip: true, shift: 3 };
    expect(view(options, { epoch: 1 })).not.toEqual(view(options, { epoch: 2 }));
    expect(view(options, { epoch: 1 })).toEqual(view(options, { epoch: 1 }));
  });

  it('mirrors about half of the views left to right', () => {
    let mirrored = 0;
    for (let epoch = 0; epoch < 100; epoch++) {
      const rows = triples(view({ flip: true }, { epoch, indices: [1] })).slice(0, 8);
      if (rows[0][2] === 7) {
        mirrored++;
        expect(rows.map((p) => p[2])).toEqual([7, 6, 5, 4, 3, 2, 1, 0]);
      } else {
        expect(rows.map((p) => p[2])).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
      }
    }
    expect(mirrored).toBeGreaterThan(30);
    expect(mirrored).toBeLessThan(70);
  });

  it('shifts by every offset up to the limit and mirrors what lies over the edge', () => {
    const seen = new Set<string>();
    for (let epoch = 0; epoch < 300; epoch++) {
      const pixels = triples(view({ shift: 2 }, { epoch, indices: [0] }));
      const [, y, x] = pixels[8 * 4 + 4];
      seen.add(`${y - 4},${x - 4}`);
      for (let row = 0; row < 8; row++) {
        const from = Math.abs(row + (y - 4));
        expect(pixels[row * 8 + 4][1]).toBe(from > 7 ? 14 - from : from);
      }
    }
    expect(seen.size).toBe(25);
  });

  it('paints the fill colour over the edge when told so', () => {
    const counts = new Set<number>();
    for (let epoch = 0; epoch < 60; epoch++) {
      const pixels = triples(view({ shift: 1, padding: 'fill' }, { epoch, indices: [0] }));
      counts.add(pixels.filter(([r]) => r === FILL[0]).length);
    }
    expect([...counts].sort((a, b) => a - b)).toEqual([0, 8, 15]);
  });

  it('crops anywhere inside a larger stored image', () => {
    const seen = new Set<string>();
    for (let epoch = 0; epoch < 200; epoch++) {
      const pixels = triples(view({}, { epoch, indices: [3], size: 6 }));
      expect(pixels).toHaveLength(36);
      seen.add(pixels[0].join());
      const [i, y, x] = pixels[0];
      expect(pixels[35]).toEqual([i, y + 5, x + 5]);
    }
    expect(seen.size).toBe(9);
  });

  it('cuts out a square that may reach over the edge', () => {
    for (let epoch = 0; epoch < 50; epoch++) {
      const painted = triples(view({ cutout: 4 }, { epoch, indices: [0] })).filter(([r]) => r === FILL[0]).length;
      expect(painted).toBeGreaterThanOrEqual(4);
      expect(painted).toBeLessThanOrEqual(16);
    }
  });
});

describe('centreCrop', () => {
  it('is the pixels themselves where the sizes agree', () => {
    expect(centreCrop(images, undefined, 8)).toBe(images.pixels);
  });

  it('takes the middle', () => {
    const [first] = triples(centreCrop(images, [2], 6));
    expect(first).toEqual([2, 1, 1]);
    expect(triples(centreCrop(images, undefined, 6))).toHaveLength(4 * 36);
  });
});

describe('meanColour', () => {
  it('averages each channel', () => {
    expect(meanColour(Uint8Array.of(0, 10, 255, 100, 20, 255))).toEqual([50, 15, 255]);
  });
});
