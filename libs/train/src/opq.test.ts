import { createRandom, decode, encode, learnCodebook } from '@dqn/pq';
import { describe, expect, it } from 'vitest';
import { learnRotation, rotate } from './opq.ts';

const D = 8;
/** Vectors whose variance lies in three directions of the first half. */
function lopsided(N: number): Float32Array {
  const random = createRandom(2);
  const x = new Float32Array(N * D);
  for (let i = 0; i < N; i++) for (let d = 0; d < D; d++) x[i * D + d] = random.normal() * (d < 3 ? 1 : 0.05);
  return x;
}

function error(x: Float32Array): number {
  const { codebook } = learnCodebook(x, { M: 2, K: 16, D, seed: 1 });
  const found = decode(codebook, encode(codebook, x));
  return x.reduce((sum, value, i) => sum + (value - found[i]) ** 2, 0);
}

describe('learnRotation', () => {
  it('shares the variance between the subspaces: codes lose less', () => {
    const x = lopsided(600);
    const R = learnRotation(x, { M: 2, K: 16, D, seed: 1 });
    expect(error(rotate(x, R, D))).toBeLessThan(0.8 * error(x));
  });

  it('keeps lengths', () => {
    const x = lopsided(100);
    const turned = rotate(x, learnRotation(x, { M: 4, K: 4, D, seed: 1 }), D);
    for (let i = 0; i < x.length; i += D) {
      expect(Math.hypot(...turned.subarray(i, i + D))).toBeCloseTo(Math.hypot(...x.subarray(i, i + D)), 4);
    }
  });

  it('is the same for the same seed', () => {
    const x = lopsided(200);
    const o = { M: 2, K: 8, D, seed: 3 };
    expect(learnRotation(x, o)).toEqual(learnRotation(x, o));
  });
});
