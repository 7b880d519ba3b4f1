import { describe, expect, it } from 'vitest';
import { calibrateBottleneck } from './calibrate.ts';
import { FakeLearner } from './testing/fakeLearner.ts';
import { tinyData, tinyOptions } from './testing/tiny.ts';

describe('calibrateBottleneck', () => {
  it('brings every pre-activation to mean 0 and the deviation asked for', async () => {
    const { graph, recipe } = tinyOptions('unused');
    const learner = new FakeLearner({ graph, optimiser: recipe.optimiser });
    await calibrateBottleneck(learner, tinyData.pixels, 100, 0.5);
    const z = await learner.embed(tinyData.pixels, 100);
    for (let d = 0; d < 8; d++) {
      const a = Array.from({ length: 100 }, (_, i) => Math.atanh(z[i * 8 + d]));
      const mean = a.reduce((sum, value) => sum + value, 0) / 100;
      const square = a.reduce((sum, value) => sum + value * value, 0) / 100;
      expect(mean).toBeCloseTo(0, 4);
      expect(Math.sqrt(square)).toBeCloseTo(0.5, 4);
    }
  });

  it('leaves an output that is the same for all images finite', async () => {
    const { graph, recipe } = tinyOptions('unused');
    const learner = new FakeLearner({ graph, optimiser: recipe.optimiser });
    await calibrateBottleneck(learner, new Uint8Array(8 * 8 * 3 * 5), 5, 0.5);
    for (const { data } of (await learner.parameters()).values()) {
      expect(data.every(Number.isFinite)).toBe(true);
    }
  });
});
