import { describe, expect, it } from 'vitest';
import { checkGraph } from './check.ts';
import type { Graph, Node } from './graph.ts';
import { float32 } from './tensor.ts';

const node = (name: string, inputs: string[], outputs: string[]): Node => ({
  op: 'Relu',
  name,
  inputs,
  outputs,
  attributes: {},
});
const x = { name: 'x', type: 'float32' as const, dims: ['N', 4] };
const good: Graph = {
  name: 'g',
  opset: 17,
  inputs: [x],
  outputs: [{ ...x, name: 'b' }],
  nodes: [node('1', ['x'], ['a']), node('2', ['a', ''], ['b'])],
  initializers: new Map([['w', float32([2], [1, 2])]]),
  metadata: {},
};

describe('checkGraph', () => {
  it('accepts a well-formed graph', () => {
    expect(() => checkGraph(good)).not.toThrow();
  });

  it.each<[string, Partial<Graph>]>([
    ['"c", which nothing before it makes', { nodes: [node('1', ['c'], ['b'])] }],
    ['topological', { nodes: [...good.nodes].reverse() }],
    ['"a" is given twice', { nodes: [node('1', ['x'], ['a']), node('2', ['x'], ['a']), node('3', ['a'], ['b'])] }],
    ['"x" is given twice', { inputs: [x, x] }],
    ['two nodes are called "1"', { nodes: [node('1', ['x'], ['a']), node('1', ['a'], ['b'])] }],
    ['has no name', { nodes: [node('', ['x'], ['b'])] }],
    ['has no output', { nodes: [node('1', ['x'], [''])] }],
    ['nothing makes the graph output "z"', { outputs: [{ ...x, name: 'z' }] }],
    ['listed twice', { outputs: [...good.outputs, ...good.outputs] }],
    ['has no output', { outputs: [] }],
    ['3 elements', { initializers: new Map([['w', { type: 'float32', dims: [2], data: new Float32Array(3) }]]) }],
    ['operator set', { opset: 0 }],
  ])('refuses a graph where %s', (text, change) => {
    expect(() => checkGraph({ ...good, ...change })).toThrow(
      expect.objectContaining({ code: 'INVALID_GRAPH', message: expect.stringContaining(text) }),
    );
  });
});
