import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GraphBuilder } from '../../builder.ts';
import { int64 } from '../../tensor.ts';
import { compareGradients, worstOf } from '../../testing/gradients.ts';
import { type Layer, layerGraph, parameter } from '../../testing/layer.ts';

const list = (b: GraphBuilder, values: number[]) =>
  b.constant(`list.${values.join('.')}`, int64([values.length], values));

/** Something after the layer that makes every element count differently. */
async function worst(dims: number[], layer: Layer): Promise<number> {
  return worstOf(
    await compareGradients(
      layerGraph(dims, (b, x) => b.node('Tanh', [layer(b, x)])),
      { elements: 20 },
    ),
  );
}

describe('the gradient of what moves elements', () => {
  const layers: [string, number[], Layer][] = [
    ['Reshape', [2, 3, 4], (b, x) => b.node('Reshape', [x, list(b, [-1, 6, 4])])],
    ['Reshape that keeps an axis by 0', [2, 3, 4], (b, x) => b.node('Reshape', [x, list(b, [0, 0, 12])])],
    ['Flatten', [2, 3, 4], (b, x) => b.node('Flatten', [x], { axis: { int: 2 } })],
    ['Squeeze', [1, 3, 1], (b, x) => b.node('Squeeze', [x, list(b, [1, 3])])],
    ['Unsqueeze', [3], (b, x) => b.node('Unsqueeze', [x, list(b, [0, 3])])],
    ['Transpose', [2, 3, 4], (b, x) => b.node('Transpose', [x], { perm: { ints: [2, 0, 3, 1] } })],
    ['Transpose without perm', [2, 3], (b, x) => b.node('Transpose', [x])],
    ['Concat', [2, 3], (b, x) => b.node('Concat', [x, b.node('Exp', [x]), b.node('Neg', [x])], { axis: { int: -1 } })],
    ['Pad', [3, 4], (b, x) => b.node('Pad', [x, list(b, [0, 1, 2, 0, 0, 3])])],
    ['Pad by less than nothing', [3, 4], (b, x) => b.node('Pad', [x, list(b, [0, -1, 2, 0, 0, -2])])],
  ];
  it.each(layers)('%s', async (_name, dims, layer) => {
    expect(await worst(dims, layer)).toBeLessThan(1e-5);
  });

  it('Concat with a parameter', async () => {
    const layer: Layer = (b, x) =>
      b.node('Concat', [b.node('ReduceSum', [x, list(b, [0])]), parameter(b, 'rows', [2, 3])], { axis: { int: 0 } });
    expect(worstOf(await compareGradients(layerGraph([3], layer, { flatten: false })))).toBeLessThan(1e-5);
  });

  it('Slice, of any start, end and step', async () => {
    const whole = (low: number, high: number) => fc.integer({ min: low, max: high });
    const cut = fc.tuple(whole(-7, 7), whole(-9, 9), fc.constantFrom(1, 1, 2, 3, -1, -2));
    const taken = ([start, end, step]: [number, number, number]) =>
      Array.from({ length: 7 }, (_, i) => i).slice(...(step > 0 ? [start, end] : [0, 0])).length > 0 ||
      (step < 0 && (start < 0 ? start + 7 : Math.min(start, 6)) > (end < 0 ? Math.max(end + 7, -1) : end));
    await fc.assert(
      fc.asyncProperty(cut.filter(taken), cut.filter(taken), async (a, c) => {
        const layer: Layer = (b, x) =>
          b.node('Slice', [x, list(b, [a[0], c[0]]), list(b, [a[1], c[1]]), list(b, [1, -1]), list(b, [a[2], c[2]])]);
        expect(await worst([7, 7], layer)).toBeLessThan(1e-5);
      }),
      { numRuns: 25, seed: 5 },
    );
  });
});

describe('the gradient of a reduction', () => {
  const cases = ['ReduceMean', 'ReduceSum'].flatMap((op) =>
    [[1], [2, 3], [-1], [0], [0, 2], [0, 1, 2, 3], []].flatMap((axes) =>
      [0, 1].map((keepdims) => [op, axes, keepdims] as const),
    ),
  );
  it.each(cases)('%s over %j, keepdims %i', async (op, axes, keepdims) => {
    const layer: Layer = (b, x) => {
      const flags = { keepdims: { int: keepdims } };
      const inputs = op === 'ReduceSum' && axes.length > 0 ? [x, list(b, [...axes])] : [x];
      const attribute = op === 'ReduceMean' && axes.length > 0 ? { axes: { ints: axes } } : {};
      return b.node('Mul', [b.node(op, inputs, { ...flags, ...attribute }), parameter(b, 'factor', [1])]);
    };
    const graph = layerGraph([2, 3, 4], layer, { flatten: false });
    expect(worstOf(await compareGradients(graph))).toBeLessThan(1e-5);
  });
});
