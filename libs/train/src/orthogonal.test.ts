import { createRandom } from '@dqn/pq';
import { describe, expect, it } from 'vitest';
import { nearestOrthogonal } from './orthogonal.ts';

function identity(n: number): Float32Array {
  return Float32Array.from({ length: n * n }, (_, i) => Number(i % (n + 1) === 0));
}

/** Largest element of |RᵀR − 1|. */
function defect(R: Float32Array, n: number): number {
  let worst = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let k = 0; k < n; k++) sum += R[k * n + i] * R[k * n + j];
      worst = Math.max(worst, Math.abs(sum - Number(i === j)));
    }
  }
  return worst;
}

describe('nearestOrthogonal', () => {
  it('gives back an orthogonal matrix, whatever it was scaled by', () => {
    const turn = Float64Array.of(0, -3, 3, 0);
    expect([...nearestOrthogonal(turn, 2, identity(2))].map((v) => Math.round(v * 1e6) / 1e6)).toEqual([0, -1, 1, 0]);
  });

  it('gives the factor U Vᵀ: no other orthogonal matrix has a larger product with it', () => {
    const n = 12;
    const random = createRandom(4);
    const A = Float64Array.from({ length: n * n }, () => random.normal());
    const R = nearestOrthogonal(A, n, identity(n));
    expect(defect(R, n)).toBeLessThan(1e-6);
    // A Rᵀ is symmetric and positive: the polar decomposition.
    const product = (other: Float32Array) => A.reduce((sum, value, i) => sum + value * other[i], 0);
    const best = product(R);
    for (let trial = 0; trial < 20; trial++) {
      const noisy = Float64Array.from(R, (value) => value + 0.05 * random.normal());
      expect(product(nearestOrthogonal(noisy, n, identity(n)))).toBeLessThanOrEqual(best + 1e-6);
    }
  });

  it('takes the fallback where the matrix has no say: singular, or zero', () => {
    const n = 4;
    expect(nearestOrthogonal(new Float64Array(n * n), n, identity(n))).toEqual(identity(n));
    const rankOne = new Float64Array(n * n);
    rankOne[0] = 5;
    const R = nearestOrthogonal(rankOne, n, identity(n));
    expect(defect(R, n)).toBeLessThan(1e-6);
    expect(R[0]).toBeCloseTo(1, 6);
  });
});
