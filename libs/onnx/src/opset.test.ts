import { describe, expect, it } from 'vitest';
import { checkGraph } from './check.ts';
import type { Attribute, Graph, Node } from './graph.ts';
import { atOpset } from './opset.ts';
import { int64 } from './tensor.ts';
import { largestDifference, randomFloats, runGraph } from './testing/run.ts';

/** A chain of nodes on x [2, 3, 4, 4] in the given operator set. */
function chain(opset: number, steps: [string, Record<string, Attribute>, string[]?][]): Graph {
  const nodes = steps.map(
    ([op, attributes, more = []], i): Node => ({
      op,
      name: `n${i}`,
      inputs: [i === 0 ? 'x' : `t${i - 1}`, ...more],
      outputs: [`t${i}`],
      attributes,
    }),
  );
  return {
    name: 'g',
    opset,
    inputs: [{ name: 'x', type: 'float32', dims: [2, 3, 4, 4] }],
    outputs: [{ name: `t${nodes.length - 1}`, type: 'float32', dims: ['...'] }],
    nodes,
    initializers: new Map([['axes', int64([2], [2, 3])]]),
    metadata: {},
  };
}

describe('atOpset', () => {
  it.each<[string, Graph]>([
    [
      'operator set 7',
      chain(7, [
        ['Relu', {}],
        ['Dropout', { ratio: { float: 0.3 } }],
        ['Clip', { min: { float: -0.5 } }],
        ['Sum', {}],
      ]),
    ],
    [
      'operator set 9',
      chain(9, [
        ['Clip', { min: { float: -0.5 } }],
        ['Dropout', { ratio: { float: 0.3 } }],
        ['Pad', { pads: { ints: [0, 0, 1, 0, 0, 0, 0, 2] }, value: { float: 7 } }],
        ['Slice', { starts: { ints: [1] }, ends: { ints: [5] }, axes: { ints: [2] } }],
        ['ReduceSum', { axes: { ints: [3] } }],
        ['Squeeze', { axes: { ints: [3] } }],
        ['Unsqueeze', { axes: { ints: [0] } }],
      ]),
    ],
    [
      'operator set 11',
      chain(11, [
        ['Softmax', {}],
        ['LogSoftmax', { axis: { int: 2 } }],
        ['Softmax', { axis: { int: -1 } }],
      ]),
    ],
    [
      'operator set 13',
      chain(13, [
        ['Relu', {}],
        ['ReduceMean', { axes: { ints: [1] } }],
      ]),
    ],
    [
      'operator set 18',
      chain(18, [
        ['ReduceMean', { keepdims: { int: 0 } }, ['axes']],
        ['ReduceL2', {}],
      ]),
    ],
    [
      'operator set 19',
      chain(19, [
        ['Cast', { to: { int: 11 }, saturate: { int: 1 } }],
        ['Cast', { to: { int: 1 } }],
      ]),
    ],
  ])('keeps what a network of %s computes', async (_, graph) => {
    const raised = atOpset(graph);
    expect(raised.opset).toBe(17);
    checkGraph(raised);
    const x = randomFloats([2, 3, 4, 4]);
    const name = graph.outputs[0]!.name;
    const [before, after] = [await runGraph(graph, { x }), await runGraph(raised, { x })];
    expect(after[name]!.dims).toEqual(before[name]!.dims);
    expect(largestDifference(before[name]!, after[name]!)).toBe(0);
  });

  it.each<[string, Graph]>([
    ['UNSUPPORTED', chain(6, [['Relu', {}]])],
    ['UNSUPPORTED', chain(99, [['Relu', {}]])],
    ['UNSUPPORTED_OP', chain(10, [['Resize', {}]])],
    ['UNSUPPORTED_OP', chain(21, [['GroupNormalization', { num_groups: { int: 1 } }]])],
    ['UNSUPPORTED_OP', chain(18, [['Resize', { antialias: { int: 1 } }]])],
    ['UNSUPPORTED_OP', chain(7, [['BatchNormalization', { spatial: { int: 0 } }]])],
    ['UNSUPPORTED_OP', chain(15, [['BatchNormalization', { training_mode: { int: 1 } }]])],
    ['UNSUPPORTED_OP', chain(16, [['GridSample', {}]])],
  ])('refuses with %s what it cannot judge', (code, graph) => {
    expect(() => atOpset(graph)).toThrow(expect.objectContaining({ code }));
  });
});
