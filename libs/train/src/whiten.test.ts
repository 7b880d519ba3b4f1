import { createRandom } from '@dqn/pq';
import { describe, expect, it } from 'vitest';
import { symmetricEigen } from './eigen.ts';
import { coloured } from './testing/pictures.ts';
import { channelStatistics, whiteningFilters } from './whiten.ts';

describe('symmetricEigen', () => {
  it('diagonalises: A v = λ v, orthonormal, largest first', () => {
    const n = 20;
    const random = createRandom(1);
    const half = Float64Array.from({ length: n * n }, () => random.normal());
    const a = new Float64Array(n * n);
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) for (let k = 0; k < n; k++) a[i * n + j] += half[i * n + k] * half[j * n + k];
    const { values, vectors } = symmetricEigen(a, n);
    for (let i = 0; i < n; i++) {
      if (i > 0) expect(values[i]).toBeLessThanOrEqual(values[i - 1]);
      for (let j = 0; j < n; j++) {
        let av = 0;
        let dot = 0;
        for (let k = 0; k < n; k++) {
          av += a[j * n + k] * vectors[i * n + k];
          dot += vectors[i * n + k] * vectors[j * n + k];
        }
        expect(av).toBeCloseTo(values[i] * vectors[i * n + j], 9);
        expect(dot).toBeCloseTo(i === j ? 1 : 0, 10);
      }
    }
  });

  it('takes a matrix of zeros', () => {
    expect([...symmetricEigen(new Float64Array(4), 2).values]).toEqual([0, 0]);
  });
});

describe('whiteningFilters', () => {
  it('gives patches unit variance along each filter, and none in common', () => {
    const { pixels } = coloured({ N: 40, size: 16, classes: 10 });
    const images = { pixels, stored: 16 };
    const { mean, deviation } = channelStatistics(pixels);
    const kernel = 2;
    const channels = 6;
    const filters = whiteningFilters(images, { kernel, channels, floor: 0, mean, deviation, seed: 1 });
    const outputs: number[][] = [];
    for (let image = 0; image < 40; image++) {
      for (let top = 0; top < 15; top++) {
        for (let left = 0; left < 15; left++) {
          const out = new Array<number>(channels).fill(0);
          for (let i = 0; i < 12; i++) {
            const [c, y, x] = [Math.floor(i / 4), Math.floor((i % 4) / 2), i % 2];
            const value = (pixels[((image * 16 + top + y) * 16 + left + x) * 3 + c] - mean[c]) / deviation[c];
            for (let f = 0; f < channels; f++) out[f] += filters[f * 12 + i] * value;
          }
          outputs.push(out);
        }
      }
    }
    const average = Array.from({ length: channels }, (_, f) => outputs.reduce((s, o) => s + o[f], 0) / outputs.length);
    for (let f = 0; f < channels; f++) {
      for (let g = 0; g <= f; g++) {
        const covariance = outputs.reduce((s, o) => s + (o[f] - average[f]) * (o[g] - average[g]), 0) / outputs.length;
        expect(covariance).toBeCloseTo(f === g ? 1 : 0, 5);
      }
    }
  });
});
