import { createRandom, decode, encode } from '@dqn/pq';
import { describe, expect, it } from 'vitest';
import { fitBaselines } from './baselines.ts';
import { solvePositive } from './cholesky.ts';

describe('solvePositive', () => {
  it('solves equations with several right sides', () => {
    const x = solvePositive(Float64Array.of(4, 2, 2, 3), Float64Array.of(8, 2, 8, 7), 2, 2);
    expect([...x].map((value) => Math.round(value * 1e9) / 1e9)).toEqual([1, -1, 2, 3]);
  });
});

describe('the baselines', () => {
  const F = 7;
  const classes = 3;
  const images = 90;
  const random = createRandom(5);
  /** The class is in the small second feature; the first is large and says nothing. */
  const labels = Array.from({ length: images }, (_, i) => [i % classes]);
  const values = Float32Array.from({ length: 2 * images * F }, (_, at) => {
    const image = Math.floor(at / F) % images;
    if (at % F === 0) return 50 * random.normal();
    return random.normal() * 0.1 + (at % F === 1 + labels[image][0] ? 1 : 0);
  });
  const options = { features: { values, views: 2, images }, labels, classes, M: 2, K: 16, seed: 1 };

  it('fit M codebooks of K codewords, to the features as they are and to class scores', async () => {
    const { raw, ridge } = await fitBaselines(options);
    expect(raw.codebook).toMatchObject({ M: 2, K: 16, D: 8 });
    expect(ridge.codebook).toMatchObject({ M: 2, K: 16, D: 4 });
    const nearest = (baseline: typeof raw): number => {
      const x = baseline.project(values.subarray(0, images * F), images);
      const { D } = baseline.codebook;
      const found = decode(baseline.codebook, encode(baseline.codebook, x));
      let right = 0;
      for (let i = 0; i < images; i++) {
        let best = -1;
        let least = Number.POSITIVE_INFINITY;
        for (let j = 0; j < images; j++) {
          let distance = 0;
          for (let d = 0; d < D; d++) distance += (x[i * D + d] - found[j * D + d]) ** 2;
          if (j !== i && distance < least) [best, least] = [j, distance];
        }
        if (labels[best][0] === labels[i][0]) right++;
      }
      return right / images;
    };
    expect(nearest(ridge)).toBeGreaterThan(0.95);
    expect(nearest(raw)).toBeLessThan(0.8);
  });

  it('are the same for the same seed', async () => {
    const [one, two] = [await fitBaselines(options), await fitBaselines(options)];
    expect(two.ridge.codebook).toEqual(one.ridge.codebook);
  });
});
