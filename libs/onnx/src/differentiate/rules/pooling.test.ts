import { describe, expect, it } from 'vitest';
import { compareGradients, worstOf } from '../../testing/gradients.ts';
import { type Layer, layerGraph } from '../../testing/layer.ts';
import { differentiate } from '../differentiate.ts';

type Attributes = Record<string, { ints: number[] } | { int: number } | { string: string }>;

const geometries: [string, Attributes][] = [
  ['2 × 2 tiles', { kernel_shape: { ints: [2, 2] }, strides: { ints: [2, 2] } }],
  ['2 × 3 tiles', { kernel_shape: { ints: [2, 3] }, strides: { ints: [2, 3] } }],
  ['tiles that leave a rest', { kernel_shape: { ints: [3, 4] }, strides: { ints: [3, 4] } }],
  ['padded tiles', { kernel_shape: { ints: [2, 2] }, strides: { ints: [2, 2] }, pads: { ints: [1, 1, 1, 1] } }],
  ['overlapping windows', { kernel_shape: { ints: [3, 3] }, strides: { ints: [2, 2] } }],
  [
    'overlapping, padded windows',
    { kernel_shape: { ints: [3, 3] }, strides: { ints: [2, 2] }, pads: { ints: [1, 1, 1, 1] } },
  ],
  ['stride 1', { kernel_shape: { ints: [2, 2] }, strides: { ints: [1, 1] } }],
  ['gaps', { kernel_shape: { ints: [1, 2] }, strides: { ints: [2, 3] } }],
  ['ceil_mode', { kernel_shape: { ints: [3, 3] }, strides: { ints: [2, 2] }, ceil_mode: { int: 1 } }],
  ['SAME_UPPER', { kernel_shape: { ints: [3, 3] }, strides: { ints: [2, 2] }, auto_pad: { string: 'SAME_UPPER' } }],
];

async function worst(layer: Layer, o: { indices?: boolean } = {}): Promise<number> {
  return worstOf(await compareGradients(layerGraph([3, 8, 6], layer), { elements: 40, ...o }));
}

describe('the gradient of MaxPool', () => {
  it.each(geometries)('%s', async (_name, attributes) => {
    expect(await worst((b, x) => b.node('MaxPool', [x], attributes))).toBeLessThan(1e-5);
  });

  it.each(geometries)('behind Relu: %s', async (_name, attributes) => {
    expect(await worst((b, x) => b.node('MaxPool', [b.node('Relu', [x])], attributes))).toBeLessThan(1e-5);
  });

  it.each(geometries)('by comparing, where nothing says where the maxima lay: %s', async (_name, attributes) => {
    const pool: Layer = (b, x) => b.node('MaxPool', [b.node('Relu', [x])], attributes, { name: 'pooled' });
    expect(differentiate(layerGraph([3, 8, 6], pool), { indices: false }).kept).not.toContain('pooled.indices');
    expect(await worst(pool, { indices: false })).toBeLessThan(1e-5);
    expect(await worst((b, x) => b.node('MaxPool', [x], attributes), { indices: false })).toBeLessThan(1e-5);
  });

  it('behind LeakyRelu', async () => {
    const leaky: Layer = (b, x) => b.node('LeakyRelu', [x], { alpha: { float: 0.2 } });
    expect(await worst((b, x) => b.node('MaxPool', [leaky(b, x)], geometries[0]![1]))).toBeLessThan(1e-5);
  });

  it("behind a Relu that something else reads too: the mask isn't left out there", async () => {
    const graph: Layer = (b, x) => {
      const y = b.node('Relu', [x]);
      const pooled = b.node('MaxPool', [y], geometries[0]![1]);
      return b.node('Concat', [b.flatten(pooled), b.flatten(b.node('Tanh', [y]))], { axis: { int: 1 } });
    };
    expect(await worst(graph)).toBeLessThan(1e-5);
  });

  it('asks for the places of the maxima only where windows overlap or leave something out', () => {
    const kept = (attributes: Attributes) =>
      differentiate(
        layerGraph([3, 8, 6], (b, x) => b.node('MaxPool', [b.node('Relu', [x])], attributes, { name: 'pooled' })),
      ).kept;
    expect(kept(geometries[0]![1])).not.toContain('pooled.indices');
    expect(kept(geometries[2]![1])).toContain('pooled.indices');
    expect(kept(geometries[4]![1])).toContain('pooled.indices');
  });

  it('over whole planes', async () => {
    expect(await worst((b, x) => b.node('GlobalMaxPool', [x]))).toBeLessThan(1e-5);
    expect(await worst((b, x) => b.node('GlobalMaxPool', [b.node('Relu', [x])]))).toBeLessThan(1e-5);
  });

  it("isn't multiplied where several elements are equally large", async () => {
    // Level pictures: every window is a tie, and the sum of the gradient must be that of dz all the same.
    const graph = layerGraph([1, 4, 4], (b, x) => {
      const flat = b.node('Mul', [x, b.constant('zero', { type: 'float32', dims: [], data: Float32Array.of(0) })]);
      const level = b.parameter('level', { type: 'float32', dims: [1], data: Float32Array.of(0.5) });
      return b.node('MaxPool', [b.node('Add', [flat, level])], geometries[0]![1]);
    });
    expect(worstOf(await compareGradients(graph))).toBeLessThan(1e-5);
  });
});

describe('the gradient of AveragePool', () => {
  const both = geometries.flatMap(([name, attributes]) =>
    [0, 1].map((include) => [name, include, attributes] as const),
  );
  it.each(both)('%s, count_include_pad %i', async (_name, include, attributes) => {
    const layer: Layer = (b, x) => b.node('AveragePool', [x], { ...attributes, count_include_pad: { int: include } });
    expect(await worst(layer)).toBeLessThan(1e-5);
  });

  it('over whole planes', async () => {
    expect(await worst((b, x) => b.node('GlobalAveragePool', [x]))).toBeLessThan(1e-5);
  });
});
