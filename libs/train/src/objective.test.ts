import { createRandom, learnCodebook } from '@dqn/pq';
import { describe, expect, it } from 'vitest';
import { createObjective } from './objective.ts';
import { recipeFor } from './recipes/index.ts';
import { plainObjective } from './testing/plainObjective.ts';

const ORT = new URL('./testing/ort.mjs', import.meta.url).href;
const random = createRandom(5);
const [n, D, M, K] = [24, 12, 3, 8];
const z = Float32Array.from({ length: n * D }, () => Math.tanh(random.normal()));
const labels = Array.from({ length: n }, (_, i) => (i % 5 === 0 ? [0, 3] : [i % 4]));
const { codebook } = learnCodebook(z, { M, K, D, seed: 1 });

describe('createObjective', () => {
  it.each(['paper', 'fast', 'best'] as const)('agrees with float64 loops (%s)', async (name) => {
    const recipe = recipeFor(name, { size: 32 });
    const strong = { ...recipe, quantization: { ...recipe.quantization, lambda: 0.3, beta: 0.2 } };
    const [ours, plain] = await Promise.all(
      [createObjective, plainObjective].map(async (create) => {
        const objective = await create(strong, { M, K, D }, 'onnxruntime', ORT);
        return objective.evaluate({ z, n, labels, codebook });
      }),
    );
    expect(ours.loss).toBeCloseTo(plain.loss, 5);
    expect(ours.pairwise).toBeCloseTo(plain.pairwise, 5);
    expect(ours.quantization).toBeCloseTo(plain.quantization, 4);
    const scale = Math.max(...plain.dz.map(Math.abs));
    ours.dz.forEach((value, i) => {
      expect(Math.abs(value - plain.dz[i])).toBeLessThan(1e-5 * scale);
    });
    ours.dCodewords!.forEach((value, i) => {
      expect(value).toBeCloseTo(plain.dCodewords![i], 5);
    });
  });
});
