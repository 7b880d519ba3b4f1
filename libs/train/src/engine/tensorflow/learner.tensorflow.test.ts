import { convnet } from '@dqn/onnx';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { distance, randomPictures } from '../../testing/engine-suite.ts';
import { native } from '../../testing/native.ts';
import type { Batch, LearnerState, LossFunction, OptimiserOptions } from '../engine.ts';
import { createOnnxLearner } from '../onnxruntime/learner.ts';
import type { TeamLearner } from '../team/learner.ts';
import { createTensorflowLearner } from './learner.ts';

const ortModule = new URL('../../testing/ort.mjs', import.meta.url).href;
const graph = convnet({
  size: 32,
  dimensions: 6,
  seed: 3,
  stages: [{ width: 4, dropout: 0.3 }, { width: 5 }],
  hidden: 7,
  dropout: 0.3,
});

/** ½ Σ (z − 3 z̄)²: the mean couples the rows, no worker could compute it from its own. */
const coupled: LossFunction = (z, n) => {
  const D = z.length / n;
  const mean = Array.from({ length: D }, (_, d) => z.reduce((sum, x, i) => (i % D === d ? sum + x / n : sum), 0));
  const apart = z.map((x, i) => x - 3 * mean[i % D]);
  return { loss: apart.reduce((sum, x) => sum + 0.5 * x * x, 0), dz: z.map((x, i) => x + 3 * mean[i % D]) };
};

const batch = (n: number, step = 0): Batch => ({
  images: randomPictures(n, ['N', 32, 32, 3]),
  n,
  step,
  seed: 5,
  learningRate: 0.01,
});

const optimiser: OptimiserOptions = { kind: 'adamw', weightDecay: 0.01 };

describe.skipIf(!native)('the tensorflow learner', () => {
  // A thread takes a second to load the library, so all tests share these three and begin from `first`.
  let [one, two, other]: TeamLearner[] = [];
  let first: LearnerState;
  beforeAll(async () => {
    [one, two, other] = await Promise.all([
      createTensorflowLearner({ graph, optimiser }),
      createTensorflowLearner({ graph, optimiser, workers: 2 }),
      createOnnxLearner({ graph, optimiser, workers: 1, ortModule }),
    ]);
    first = await other.state();
  });
  beforeEach(async () => {
    for (const learner of [one, two, other]) await learner.restore(first);
  });
  afterAll(async () => {
    for (const learner of [one, two, other]) await learner?.close();
  });

  it('gives the gradient of the onnxruntime learner, for one worker and for two, dropout included', async () => {
    const right = await other.gradients(batch(9), coupled);
    for (const ours of [one, two]) {
      for (const [name, gradient] of await ours.gradients(batch(9), coupled)) {
        const worst = distance(gradient, right.get(name) as Float32Array);
        expect(worst, `${name}, ${ours.workers} workers`).toBeLessThan(1e-4);
      }
    }
  });

  it('makes the same bits again from the same state, on two workers', async () => {
    const run = async () => {
      await two.restore(first);
      for (let step = 0; step < 3; step++) await two.step(batch(6, step), coupled);
      return two.state();
    };
    expect(await run()).toEqual(await run());
  });

  it('ends a short training at the losses of the other engine, within 1 %', async () => {
    for (let step = 0; step < 12; step++) {
      const [a, b] = [await one.step(batch(16, step), coupled), await other.step(batch(16, step), coupled)];
      expect(Math.abs(a.loss / b.loss - 1)).toBeLessThan(0.01);
    }
    const pictures = randomPictures(70, ['N', 32, 32, 3], 4);
    expect(distance(await one.embed(pictures, 70), await other.embed(pictures, 70))).toBeLessThan(0.01);
  });

  it('keeps no memory from step to step', async () => {
    for (let step = 0; step < 3; step++) await one.step(batch(32, step), coupled);
    const before = process.memoryUsage.rss();
    for (let step = 0; step < 40; step++) await one.step(batch(32, step), coupled);
    // The activations of one batch are 2 MB.
    expect(process.memoryUsage.rss() - before).toBeLessThan(60e6);
  });

  it('refuses a graph that it has no operation for, before any thread is started', async () => {
    const odd = { ...graph, nodes: graph.nodes.map((node) => (node.op === 'Tanh' ? { ...node, op: 'Sign' } : node)) };
    await expect(createTensorflowLearner({ graph: odd, optimiser })).rejects.toMatchObject({
      code: 'OP_NOT_TRAINED',
      message: expect.stringMatching(/\(Sign\)/),
    });
  });
});
