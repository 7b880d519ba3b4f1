import { describe, expect, it } from 'vitest';
import type { GraphBuilder } from './builder.ts';
import { atOpset } from './opset.ts';
import { inferShapes } from './shapes.ts';
import { spellOut } from './spell-out.ts';
import { float32, int64 } from './tensor.ts';
import { compareGradients, worstOf } from './testing/gradients.ts';
import { type Layer, layerGraph, parameter } from './testing/layer.ts';
import { largestDifference, randomFloats, runGraph } from './testing/run.ts';

const node =
  (op: string, attributes = {}): Layer =>
  (b, x) =>
    b.node(op, [x], attributes);
const list = (b: GraphBuilder, ...values: number[]) =>
  b.constant(`list.${values.join('.')}`, int64([values.length], values));

/** A Split whose outputs, those that are named, are put together in another order. */
const parts =
  (outputs: string[], axis: number, sizes?: number[]): Layer =>
  (b, x) => {
    const inputs = sizes ? [x, list(b, ...sizes)] : [x];
    b.node('Split', inputs, { axis: { int: axis } }, { outputs });
    const used = outputs.filter((output) => output !== '');
    return used.length === 1 ? used[0]! : b.node('Concat', [...used].reverse(), { axis: { int: axis } });
  };

const layers: [string, Layer][] = [
  [
    'LayerNormalization of channels that stand last',
    (b, x) => b.node('LayerNormalization', [x, parameter(b, 'gain', [5], 0.5, 1.5), parameter(b, 'bias', [5])]),
  ],
  [
    'LayerNormalization of everything, without a bias',
    (b, x) => b.node('LayerNormalization', [x, parameter(b, 'gain', [3, 4, 5])], { axis: { int: 1 } }),
  ],
  ['Gather of one', (b, x) => b.node('Gather', [x, b.constant('row', int64([], [-2]))], { axis: { int: 2 } })],
  ['Gather of a shuffle', (b, x) => b.node('Gather', [x, list(b, 2, 0, 1, 1)], { axis: { int: 1 } })],
  ['Gather of a range', (b, x) => b.node('Gather', [x, list(b, 1, 2, 3)], { axis: { int: 3 } })],
  ['Softplus', node('Softplus')],
  ['Elu', node('Elu', { alpha: { float: 0.7 } })],
  ['Selu', node('Selu')],
  ['PRelu', (b, x) => b.node('PRelu', [x, parameter(b, 'slope', [3, 1, 1], 0.1, 0.4)])],
  ['Max', (b, x) => b.node('Max', [x, parameter(b, 'other', [4, 5]), b.constant('c', float32([], [-0.2]))])],
  ['Min', (b, x) => b.node('Min', [x, b.constant('c', float32([], [0.3]))])],
  ['Mean', (b, x) => b.node('Mean', [x, b.node('Tanh', [x]), x])],
  ['ReduceSumSquare', node('ReduceSumSquare', { axes: { ints: [2, 3] }, keepdims: { int: 1 } })],
  ['ReduceL2', node('ReduceL2', { axes: { ints: [1] }, keepdims: { int: 0 } })],
];

describe('an operation that is written as smaller ones', () => {
  it.each(layers)('gives the same: %s', async (_name, layer) => {
    const graph = layerGraph([3, 4, 5], layer);
    const data = randomFloats([2, 3, 4, 5]);
    const small = spellOut(graph, { shapes: inferShapes(graph, { data: [7, 3, 4, 5] }) });
    expect(small.nodes.length).toBeGreaterThan(graph.nodes.length - 1);
    expect(small.nodes.map(({ op }) => op)).not.toEqual(graph.nodes.map(({ op }) => op));
    const [one, other] = [await runGraph(graph, { data }), await runGraph(small, { data })];
    expect(largestDifference(one.z!, other.z!)).toBeLessThan(1e-5);
  });

  it.each(layers)('has its gradient: %s', async (_name, layer) => {
    expect(worstOf(await compareGradients(layerGraph([3, 4, 5], layer)))).toBeLessThan(5e-5);
  });

  const added: [string, Layer][] = [
    ['Softmax', node('Softmax')],
    ['Softmax of channels', node('Softmax', { axis: { int: 1 } })],
    ['LogSoftmax', node('LogSoftmax', { axis: { int: -2 } })],
    ['Erf', node('Erf')],
    [
      'Gelu, spelled by its exporter',
      (b, x) => {
        const c = (value: number) => b.constant(`c${value}`, float32([], [value]));
        const gate = b.node('Add', [b.node('Erf', [b.node('Div', [x, c(Math.SQRT2)])]), c(1)]);
        return b.node('Mul', [b.node('Mul', [x, gate]), c(0.5)]);
      },
    ],
    ['Expand', (b, x) => b.node('Expand', [b.node('ReduceMean', [x], { axes: { ints: [2] } }), list(b, 1, 3, 4, 5)])],
    ['SiLU', (b, x) => b.node('Mul', [x, b.node('Sigmoid', [x])])],
    [
      'squeeze and excitation',
      (b, x) => {
        const pooled = b.node('ReduceMean', [x], { axes: { ints: [2, 3] } });
        const few = b.relu(b.conv(pooled, { name: 'few', channels: 2, kernel: 1, bias: 0.3 }));
        return b.node('Mul', [x, b.node('HardSigmoid', [b.conv(few, { name: 'back', channels: 3, kernel: 1 })])]);
      },
    ],
  ];
  it.each(added)('stands beside others that have theirs: %s', async (_name, layer) => {
    expect(worstOf(await compareGradients(layerGraph([3, 4, 5], layer), { step: 1e-6 }))).toBeLessThan(5e-5);
  });

  it.each<[string, Layer]>([
    ['in equal parts', parts(['a', 'b', 'c'], 1)],
    ['in given parts', parts(['a', 'b'], -1, [1, 3])],
    ['of which one is used', parts(['a', '', ''], 1)],
  ])('may have several outputs: Split %s', async (_name, layer) => {
    expect(worstOf(await compareGradients(layerGraph([3, 4, 4], layer)))).toBeLessThan(1e-5);
  });

  it.each([
    ['Gelu', {}, (x: number) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))],
    ['Mish', {}, (x: number) => x * Math.tanh(Math.log(1 + Math.exp(x)))],
  ])('is known in the operator set of networks: %s', async (op, attributes, f) => {
    const graph = { ...layerGraph([4, 5], node(op, attributes)), opset: 20 };
    const data = randomFloats([2, 4, 5]);
    const older = atOpset(graph);
    expect(older.opset).toBe(17);
    const shift = older.initializers.get('shift')!.data as Float32Array;
    const z = (await runGraph(older, { data })).z!.data as Float32Array;
    z.forEach((value, i) => {
      expect(value).toBeCloseTo(f((data.data as Float32Array)[i]! + shift[i % 20]!), 2);
    });
    expect(worstOf(await compareGradients(older))).toBeLessThan(5e-5);
  });

  it('stays where it works on integers, and where its shape is not known', () => {
    const graph = layerGraph([3, 4, 5], (b, x) => {
      const rows = b.node('Gather', [b.node('Shape', [x]), b.constant('row', int64([], [0]))]);
      return b.node('Reshape', [
        x,
        b.node('Concat', [b.node('Unsqueeze', [rows, list(b, 0)]), list(b, 12, 5)], { axis: { int: 0 } }),
      ]);
    });
    const shapes = inferShapes(graph, { data: [2, 3, 4, 5] });
    expect(spellOut(graph, { shapes }).nodes).toEqual(graph.nodes);
    const normal = layerGraph([3], (b, x) => b.node('LayerNormalization', [x, parameter(b, 'gain', [3])]));
    expect(spellOut(normal).nodes).toEqual(normal.nodes);
  });
});
