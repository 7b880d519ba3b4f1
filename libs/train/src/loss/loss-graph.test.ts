import { afterAll, describe, expect, it } from 'vitest';
import { loadOrt } from '../engine/onnxruntime/ort.ts';
import { lossSuite } from '../testing/loss-suite.ts';
import { LossGraphs } from './loss-graph.ts';

const ort = await loadOrt(new URL('../testing/ort.mjs', import.meta.url).href);
const graphs = new LossGraphs(ort);
afterAll(() => graphs.close());

describe('LossGraphs on ONNX Runtime', () => {
  lossSuite(async () => ({ loss: (input) => graphs.evaluate(input) }));

  it('makes a session for the shapes that it has not met', async () => {
    let made = 0;
    const own = new LossGraphs({
      ...{ Tensor: ort.Tensor },
      createSession: (...parts) => {
        made++;
        return ort.createSession(...parts);
      },
    });
    const pairwise = { dissimilarTarget: 0, similarWeight: 2 };
    for (const n of [3, 3, 2, 3]) {
      await own.evaluate({ z: new Float32Array(2 * n).fill(1), n, similar: new Float32Array(n * n), pairwise });
    }
    expect(made).toBe(2);
    await own.close();
  });
});
