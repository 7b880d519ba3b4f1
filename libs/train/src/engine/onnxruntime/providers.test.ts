/**
 * @file Other providers than the CPU: what they compute is held against it. WebGPU runs on a software adapter: half a minute
 * on an idle core for two small networks.
 */
import { type Attribute, convnet, GraphBuilder } from '@dqn/onnx';
import { createRandom } from '@dqn/pq';
import { describe, expect, it } from 'vitest';
import { webgpuIsMissing } from '../../../../../tools/webgpu.mjs';
import { randomPictures } from '../../testing/engine-suite.ts';
import { relativeDifference, worstDisagreement } from './agreement.ts';
import { createOnnxEngine } from './engine.ts';
import { createOnnxLearner } from './learner.ts';
import { networkProgram } from './network.ts';

const module = (name: string) => new URL(`../../testing/${name}.mjs`, import.meta.url).href;
const [cpu, webgpu, wrong] = [module('ort'), module('ort-webgpu'), module('ort-wrong')];
/** A software adapter, and a machine that may be busy. */
const LONG = 600_000;

const ints = (...values: number[]): Attribute => ({ ints: values });

/** Everything that the tails of pretrained networks and our own are made of, once. */
function everything() {
  const b = new GraphBuilder('everything', { seed: 5 });
  const pad = { pads: ints(1, 1, 1, 1) };
  const clip = (x: string) => b.node('Clip', [x, b.constant('zero', scalar(0)), b.constant('six', scalar(6))]);
  const scale = [1 / 64, 1 / 64, 1 / 64];
  // Six channels: what WebGPU gets wrong in the layout that it prefers.
  let x = b.conv(b.pixels(16, { mean: [120, 120, 120], scale }), { name: 'first', channels: 6, bias: 0.1 });
  x = b.node('Relu', [b.conv(x, { name: 'second', channels: 8, kernel: 3 })]);
  x = b.node('MaxPool', [x], { kernel_shape: ints(2, 2), strides: ints(2, 2) });
  const block = clip(b.conv(x, { name: 'expand', channels: 16, kernel: 1 }));
  const depthwise = b.parameter('depthwise.weight', values([16, 1, 3, 3]));
  const deep = clip(b.node('Conv', [block, depthwise], { kernel_shape: ints(3, 3), group: { int: 16 }, ...pad }));
  x = b.node('Add', [x, b.conv(deep, { name: 'project', channels: 8, kernel: 1 })]);
  x = b.node('MaxPool', [x], { kernel_shape: ints(3, 3), strides: ints(2, 2), ...pad });
  x = b.node('AveragePool', [x], { kernel_shape: ints(2, 2), strides: ints(2, 2) });
  const hidden = b.node('Gemm', [
    b.flatten(x),
    b.parameter(
      'hidden.weight',
      values([
        b
          .shape(x)
          .slice(1)
          .reduce((a, c) => a * c),
        10,
      ]),
    ),
    b.parameter('hidden.bias', values([10])),
  ]);
  b.bottleneck(b.node('Tanh', [hidden]), { dimensions: 5 });
  return b.build();
}

const scalar = (value: number) => ({ type: 'float32', dims: [], data: Float32Array.of(value) }) as const;

function values(dims: number[]) {
  const random = createRandom(dims.length);
  const data = Float32Array.from({ length: dims.reduce((a, c) => a * c) }, () => random.next() - 0.5);
  return { type: 'float32', dims, data } as const;
}

describe.skipIf(webgpuIsMissing('The gradients of WebGPU'))('WebGPU', { timeout: LONG }, () => {
  it('gives the CPU’s outputs and gradients, to 1e-4', async () => {
    const graph = everything();
    await using right = await createOnnxEngine({ graph, ortModule: cpu });
    await using ours = await createOnnxEngine({ graph, ortModule: webgpu });
    expect(ours.device).toBe('ONNX Runtime, WebGPU');
    const images = randomPictures(3, graph.inputs[0]!.dims);
    const how = { training: true, seed: 3, step: 5 };
    const a = await right.forward(images, 3, how);
    const b = await ours.forward(images, 3, how);
    expect(relativeDifference(b.z, a.z)).toBeLessThan(1e-4);
    const random = createRandom(9);
    const dz = Float32Array.from(a.z, () => random.next() * 2 - 1);
    const expected = await right.backward(a.kept, dz);
    const gradients = await ours.backward(b.kept, dz);
    expect([...gradients.keys()]).toEqual([...expected.keys()]);
    for (const [name, gradient] of expected) {
      expect(relativeDifference(gradients.get(name)!, gradient), name).toBeLessThan(1e-4);
    }
    expect(relativeDifference(await ours.embed(images, 3), await right.embed(images, 3))).toBeLessThan(1e-4);
  });

  it('learns on one worker, as the CPU does', async () => {
    const graph = convnet({ size: 32, dimensions: 3, seed: 3, stages: [{ width: 4, pool: 'average' }] });
    const optimiser = { kind: 'sgd', momentum: 0 } as const;
    const losses: number[][] = [];
    for (const ortModule of [webgpu, cpu]) {
      await using learner = await createOnnxLearner({
        graph,
        optimiser,
        workers: ortModule === cpu ? 1 : 3,
        ortModule,
      });
      expect(learner.workers).toBe(1);
      const run: number[] = [];
      for (let step = 0; step < 2; step++) {
        const batch = { images: randomPictures(4, graph.inputs[0]!.dims), n: 4, step, seed: 1, learningRate: 0.001 };
        const { loss } = await learner.step(batch, (z) => ({
          loss: z.reduce((sum, v) => sum + (v * v) / 2, 0),
          dz: z.slice(),
        }));
        run.push(loss);
      }
      losses.push(run);
    }
    expect(losses[0]![1]!).toBeLessThan(losses[0]![0]!);
    losses[0]!.forEach((loss, i) => {
      expect(Math.abs(loss / losses[1]![i]! - 1)).toBeLessThan(1e-4);
    });
  });
});

describe('a provider that computes something else', { timeout: LONG }, () => {
  it('is refused before anything is learnt, and the worst tensor named', async () => {
    const graph = convnet({ size: 32, dimensions: 3, seed: 3, stages: [{ width: 4 }] });
    const optimiser = { kind: 'sgd', momentum: 0 } as const;
    const made = createOnnxLearner({ graph, optimiser, ortModule: wrong });
    await expect(made).rejects.toMatchObject({
      code: 'ENGINE_UNAVAILABLE',
      message: /provider webgpu computes this network wrongly: z.* is off by \d+ % .*--provider cpu/,
    });
  });

  it('is measured by norms: rounding in a gradient of nearly nothing is no difference', () => {
    const right = new Map([
      ['large', Float32Array.of(3, 4)],
      ['nothing', Float32Array.of(1e-8, 0)],
    ]);
    const theirs = new Map([
      ['large', Float32Array.of(3, 4.05)],
      ['nothing', Float32Array.of(-1e-8, 0)],
    ]);
    const { tensor, difference } = worstDisagreement(theirs, right);
    expect(tensor).toBe('large');
    expect(difference).toBeCloseTo(0.01, 4);
    expect(relativeDifference(Float32Array.of(Number.NaN), Float32Array.of(1))).toBe(Number.POSITIVE_INFINITY);
  });
});

it('asks no pool for the places of its maxima where a provider has none', () => {
  const kept = (indices: boolean) => networkProgram(everything(), { indices }).kept.map(({ type }) => type);
  expect(kept(true)).toContain('int64');
  expect(kept(false)).not.toContain('int64');
});
