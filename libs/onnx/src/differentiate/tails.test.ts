import { describe, expect, it } from 'vitest';
import type { GraphBuilder } from '../builder.ts';
import { cut } from '../cut.ts';
import { findCuts } from '../cuts.ts';
import { backboneGraph } from '../networks/backbone.ts';
import { readModel } from '../read.ts';
import { float32, int64 } from '../tensor.ts';
import { compareGradients, runGradients, worstOf } from '../testing/gradients.ts';
import { type Layer, layerGraph } from '../testing/layer.ts';
import { backbones, randomFloats, runGraph } from '../testing/run.ts';

/** Not 0: where a whole neighbourhood is cut off, 0 would be the very kink of the activation. */
const bias = 0.07;
/** Of the central differences; small, so that few of them cross a kink. */
const step = 1e-7;

const bound = (b: GraphBuilder, value: number) => b.constant(`bound.${value}`, float32([], [value]));
const relu6 = (b: GraphBuilder, x: string) => b.node('Clip', [x, bound(b, 0), bound(b, 6)]);
const list = (b: GraphBuilder, ...values: number[]) =>
  b.constant(`list.${values.join('.')}`, int64([values.length], values));

/** MobileNetV2's block: wide, depthwise, narrow again; the sum with its input where the sizes allow it. */
function inverted(b: GraphBuilder, x: string, name: string, o: { channels: number; stride: number }): string {
  const inner = b.shape(x)[1]! * 3;
  const wide = relu6(b, b.conv(x, { name: `${name}.expand`, bias, channels: inner, kernel: 1 }));
  const deep = relu6(
    b,
    b.conv(wide, { name: `${name}.depth`, bias, channels: inner, groups: inner, stride: o.stride }),
  );
  const narrow = b.conv(deep, { name: `${name}.project`, bias, channels: o.channels, kernel: 1 });
  return o.stride === 1 && o.channels === b.shape(x)[1] ? b.add(x, narrow) : narrow;
}

/** SqueezeNet's block: few channels, then 1 × 1 and 3 × 3 side by side. */
function fire(b: GraphBuilder, x: string, name: string): string {
  const few = b.relu(b.conv(x, { name: `${name}.squeeze`, bias, channels: 4, kernel: 1 }));
  const sides = [1, 3].map((kernel) => b.relu(b.conv(few, { name: `${name}.${kernel}`, bias, channels: 6, kernel })));
  return b.node('Concat', sides, { axis: { int: 1 } });
}

/** ResNet's block with a shortcut that is a convolution itself. */
function residual(b: GraphBuilder, x: string, name: string): string {
  const inner = b.relu(b.conv(x, { name: `${name}.1`, bias, channels: 8, stride: 2 }));
  const shortcut = b.conv(x, { name: `${name}.short`, bias, channels: 8, kernel: 1, stride: 2, pad: 0 });
  return b.relu(b.add(b.conv(inner, { name: `${name}.2`, bias, channels: 8 }), shortcut));
}

const ends: [string, Layer][] = [
  ['GlobalAveragePool, Flatten', (b, x) => b.flatten(b.globalAveragePool(x))],
  ['GlobalAveragePool, Squeeze', (b, x) => b.node('Squeeze', [b.globalAveragePool(x), list(b, 2, 3)])],
  ['GlobalAveragePool, Reshape', (b, x) => b.node('Reshape', [b.globalAveragePool(x), list(b, 0, -1)])],
  ['ReduceMean', (b, x) => b.node('ReduceMean', [x], { axes: { ints: [2, 3] }, keepdims: { int: 0 } })],
  [
    'AveragePool, Reshape',
    (b, x) => {
      const pooled = b.averagePool(x, { kernel: b.shape(x)[2]!, stride: 1 });
      return b.node('Reshape', [pooled, list(b, -1, b.shape(x)[1]!)]);
    },
  ],
];

describe('tails of pretrained networks', () => {
  it.each(ends)('inverted residuals, then %s and Gemm', async (_name, end) => {
    const graph = layerGraph([4, 8, 8], (b, x) => {
      let y = inverted(b, x, 'one', { channels: 6, stride: 2 });
      y = inverted(b, y, 'two', { channels: 6, stride: 1 });
      return b.gemm(end(b, y), { name: 'fc', size: 5 });
    });
    expect(worstOf(await compareGradients(graph, { elements: 4, step }))).toBeLessThan(5e-5);
  });

  it('fire modules behind a pool in ceil_mode, then MatMul and Add', async () => {
    const graph = layerGraph([4, 9, 9], (b, x) => {
      const windows = { kernel_shape: { ints: [3, 3] }, strides: { ints: [2, 2] }, ceil_mode: { int: 1 } };
      const y = fire(b, b.node('MaxPool', [fire(b, x, 'one')], windows), 'two');
      const features = b.flatten(b.globalAveragePool(y));
      const product = b.node('MatMul', [features, b.parameter('w', b.normal('w', [12, 5], 0.3))]);
      return b.add(product, b.parameter('bias', float32([5], [1, 2, 3, 4, 5])));
    });
    expect(worstOf(await compareGradients(graph, { elements: 4, step }))).toBeLessThan(5e-5);
  });

  it('residual blocks with a convolution as shortcut', async () => {
    const graph = layerGraph([4, 8, 8], (b, x) => b.globalAveragePool(residual(b, x, 'one')));
    expect(worstOf(await compareGradients(graph, { elements: 4, step }))).toBeLessThan(5e-5);
  });
});

const pretrained = backbones();

describe.skipIf(pretrained.length === 0)('the last blocks of pretrained networks', () => {
  // The reference would take minutes: the step along the gradient is taken by ONNX Runtime in float32, all weights at once.
  it.each(pretrained)('$name: a step along the gradient changes the output as much as it says', async ({ bytes }) => {
    const graph = backboneGraph(readModel(bytes), { mean: [120, 120, 120], scale: [0.01, 0.01, 0.01], size: 96 });
    const cuts = findCuts(graph);
    const at = cuts.findLast(({ flopsBehind }) => flopsBehind! > cuts[0]!.flopsBehind! * 0.4)!;
    const { tail } = cut(graph, at.tensor);
    const data = randomFloats([2, ...(at.dims.slice(1) as number[])]);
    const inputs = { [at.tensor]: float32(data.dims, (data.data as Float32Array).map(Math.abs)) };
    const { d, gradients, dz } = await runGradients(tail, { inputs });
    expect(d.parameters.length).toBeGreaterThan(10);
    const square = (values: Float32Array) => values.reduce((sum, value) => sum + value * value, 0);
    const slope = [...gradients.values()].reduce((sum, { data }) => sum + square(data as Float32Array), 0);
    const moved = async (by: number) => {
      const stepped = new Map(tail.initializers);
      for (const [name, { data }] of gradients) {
        const weight = stepped.get(name)!;
        const values = (weight.data as Float32Array).map((value, i) => value + by * (data as Float32Array)[i]!);
        stepped.set(name, float32(weight.dims, values));
      }
      const output = (await runGraph({ ...tail, initializers: stepped }, inputs))[tail.outputs[0]!.name]!;
      return (output.data as Float32Array).reduce((sum, value, i) => sum + value * dz[i]!, 0);
    };
    // Small against the curvature, large against float32's rounding.
    const h = 2e-4 / Math.sqrt(slope);
    const found = ((await moved(h)) - (await moved(-h))) / (2 * h);
    expect(Math.abs(found / slope - 1)).toBeLessThan(0.02);
  });
});
