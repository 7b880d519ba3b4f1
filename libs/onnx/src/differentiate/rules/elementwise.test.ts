import { describe, expect, it } from 'vitest';
import type { GraphBuilder } from '../../builder.ts';
import { float32 } from '../../tensor.ts';
import { compareGradients, worstOf } from '../../testing/gradients.ts';
import { type Layer, layerGraph, parameter } from '../../testing/layer.ts';

const node =
  (op: string, attributes = {}): Layer =>
  (b, x) =>
    b.node(op, [x], attributes);

const constant = (b: GraphBuilder, value: number) => b.constant(`c${value}`, float32([], [value]));

describe('the gradient of an element-wise operation', () => {
  const anywhere: [string, Layer][] = [
    ['Relu', node('Relu')],
    ['LeakyRelu', node('LeakyRelu', { alpha: { float: 0.1 } })],
    ['LeakyRelu with a negative slope', node('LeakyRelu', { alpha: { float: -0.3 } })],
    ['Sigmoid', node('Sigmoid')],
    ['HardSigmoid', node('HardSigmoid', { alpha: { float: 0.7 }, beta: { float: 0.4 } })],
    ['HardSwish', node('HardSwish')],
    ['HardSwish beyond ±3', (b, x) => b.node('HardSwish', [b.node('Mul', [x, constant(b, 4)])])],
    ['Tanh', node('Tanh')],
    ['Exp', node('Exp')],
    ['Neg', node('Neg')],
    ['Abs', node('Abs')],
    ['Identity', node('Identity')],
    ['Clip', (b, x) => b.node('Clip', [x, constant(b, -0.5), constant(b, 0.75)])],
    ['Clip from below', (b, x) => b.node('Clip', [x, constant(b, -0.5)])],
    ['Clip from above', (b, x) => b.node('Clip', [x, '', constant(b, 0.5)])],
    ['Clip without bounds', node('Clip')],
    ['squares', (b, x) => b.node('Pow', [x, constant(b, 2)])],
    ['cubes', (b, x) => b.node('Pow', [x, constant(b, 3)])],
    ['x · x', (b, x) => b.node('Mul', [x, x])],
    ['x − x', (b, x) => b.node('Sub', [x, x])],
    ['x + x + x', (b, x) => b.node('Sum', [x, x, x])],
  ];
  it.each(anywhere)('%s', async (_name, layer) => {
    expect(worstOf(await compareGradients(layerGraph([3, 4, 5], layer)))).toBeLessThan(1e-5);
  });

  const positive: [string, Layer][] = [
    ['Sqrt', node('Sqrt')],
    ['Log', node('Log')],
    ['Reciprocal', node('Reciprocal')],
    ['a power', (b, x) => b.node('Pow', [x, constant(b, 1.7)])],
    [
      '1 / √(x + ε)',
      (b, x) => b.node('Div', [constant(b, 1), b.node('Sqrt', [b.node('Add', [x, constant(b, 0.01)])])]),
    ],
  ];
  it.each(positive)('%s above 0', async (_name, layer) => {
    expect(worstOf(await compareGradients(layerGraph([3, 4], layer, { range: [1.5, 2] })))).toBeLessThan(1e-5);
  });

  const shapes = [[3, 4, 5], [1, 4, 5], [5], [4, 1], [], [1, 1, 1, 1], [1, 3, 1, 1], [1]];
  const binary = ['Add', 'Sub', 'Mul', 'Div'].flatMap((op) => shapes.map((dims) => [op, dims] as const));
  it.each(binary)('%s of a broadcast operand %j, on either side', async (op, dims) => {
    for (const side of [0, 1]) {
      const graph = layerGraph(
        [3, 4, 5],
        (b, x) => {
          const other = parameter(b, 'other', dims, 0.5, 1.5);
          return b.node(op, side ? [other, x] : [x, other]);
        },
        { range: [1.5, 2] },
      );
      expect(worstOf(await compareGradients(graph))).toBeLessThan(1e-5);
    }
  });

  it('adds up over all uses of a tensor', async () => {
    const graph = layerGraph([4], (b, x) => {
      const [y, w] = [b.node('Tanh', [x]), parameter(b, 'w', [4])];
      const p = b.node('Mul', [y, w]);
      return b.node('Add', [b.node('Mul', [p, y]), b.node('Sub', [b.node('Exp', [w]), b.node('Sigmoid', [y])])]);
    });
    expect(worstOf(await compareGradients(graph))).toBeLessThan(1e-5);
  });
});
