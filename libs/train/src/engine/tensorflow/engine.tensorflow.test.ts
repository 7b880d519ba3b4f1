import { describe, expect, it } from 'vitest';
import { compareEngines } from '../../testing/engine-suite.ts';
import { around, layers, positiveLayers, randomGraph } from '../../testing/graphs.ts';
import { native } from '../../testing/native.ts';
import type { LoadedTf } from '../../tf.ts';

const loaded = native as LoadedTf;

describe.skipIf(!native)('the tensorflow engine against the onnxruntime engine', () => {
  it.each(Object.keys(layers))('%s', async (name) => {
    const { z, gradients } = await compareEngines(loaded, around(layers[name]));
    expect(z).toBeLessThan(1e-4);
    for (const [parameter, worst] of Object.entries(gradients)) expect(worst, parameter).toBeLessThan(1e-4);
  });

  it.each(Object.keys(positiveLayers))('%s', async (name) => {
    const { z, gradients } = await compareEngines(loaded, around(positiveLayers[name], { positive: true }));
    expect(z).toBeLessThan(1e-4);
    for (const [parameter, worst] of Object.entries(gradients)) expect(worst, parameter).toBeLessThan(1e-4);
  });

  it('random networks', async () => {
    for (let seed = 1; seed <= 16; seed++) {
      const { z, gradients } = await compareEngines(loaded, randomGraph(seed), 2, { embed: true });
      expect(z, `seed ${seed}`).toBeLessThan(1e-4);
      for (const [name, worst] of Object.entries(gradients)) expect(worst, `seed ${seed}, ${name}`).toBeLessThan(1e-4);
    }
  });
});
