import { describe, expect, it } from 'vitest';
import { GraphBuilder } from './builder.ts';
import { OnnxError } from './errors.ts';
import type { Attribute, Graph } from './graph.ts';
import { inferShapes } from './shapes.ts';
import { float32, int64 } from './tensor.ts';
import { randomFloats, runGraph } from './testing/run.ts';

/** Builds one layer on [2, 6, 9, 11] and says which shapes its outputs get by inference and by running it. */
async function bothShapes(
  build: (b: GraphBuilder, x: string) => string,
): Promise<[readonly number[], readonly number[]]> {
  const b = new GraphBuilder('g');
  const x = b.input('x', 'float32', [2, 6, 9, 11]);
  b.output(build(b, x), 'y');
  const graph = b.build();
  const inferred = inferShapes(graph, {}).get('y')!;
  const outputs = graph.outputs.map((output) => ({ ...output, dims: ['...'] }));
  const { y } = await runGraph({ ...graph, outputs }, { x: randomFloats([2, 6, 9, 11]) });
  return [inferred, y!.dims];
}

const ints = (name: string, values: number[]): Record<string, Attribute> => ({ [name]: { ints: values } });

describe('inferShapes', () => {
  it.each<[string, (b: GraphBuilder, x: string) => string]>([
    ['Conv', (b, x) => b.conv(x, { name: 'c', channels: 4, kernel: 5, stride: 2, pad: 1 })],
    ['Conv in groups, dilated', (b, x) => b.conv(x, { name: 'c', channels: 4, groups: 2, dilation: 2, pad: 3 })],
    [
      'Conv SAME_UPPER',
      (b, x) =>
        b.node('Conv', [x, b.parameter('w', randomFloats([3, 6, 4, 4]))], {
          auto_pad: { string: 'SAME_UPPER' },
          ...ints('strides', [2, 3]),
        }),
    ],
    [
      'Conv SAME_LOWER',
      (b, x) =>
        b.node('Conv', [x, b.parameter('w', randomFloats([3, 6, 4, 4]))], { auto_pad: { string: 'SAME_LOWER' } }),
    ],
    [
      'Conv VALID',
      (b, x) => b.node('Conv', [x, b.parameter('w', randomFloats([3, 6, 4, 4]))], { auto_pad: { string: 'VALID' } }),
    ],
    [
      'ConvTranspose',
      (b, x) =>
        b.node('ConvTranspose', [x, b.parameter('w', randomFloats([6, 3, 4, 4]))], {
          ...ints('strides', [2, 2]),
          ...ints('pads', [1, 0, 1, 2]),
          ...ints('output_padding', [1, 0]),
        }),
    ],
    ['MaxPool', (b, x) => b.maxPool(x, { kernel: 3, stride: 2 })],
    [
      'MaxPool, ceil_mode',
      (b, x) =>
        b.node('MaxPool', [x], { ...ints('kernel_shape', [2, 2]), ...ints('strides', [2, 2]), ceil_mode: { int: 1 } }),
    ],
    [
      'MaxPool, ceil_mode, last window in the padding',
      (b, x) =>
        b.node('MaxPool', [x], {
          ...ints('kernel_shape', [2, 2]),
          ...ints('strides', [3, 3]),
          ...ints('pads', [1, 1, 1, 1]),
          ceil_mode: { int: 1 },
        }),
    ],
    ['AveragePool, padded', (b, x) => b.averagePool(x, { kernel: 3, stride: 2, pad: 1 })],
    ['GlobalAveragePool', (b, x) => b.globalAveragePool(x)],
    ['LRN', (b, x) => b.lrn(x, { size: 5, alpha: 1e-4, beta: 0.75 })],
    ['group normalisation', (b, x) => b.groupNorm(x, { name: 'g', groups: 3 })],
    ['Flatten, axis 2', (b, x) => b.node('Flatten', [x], { axis: { int: 2 } })],
    ['Flatten, axis -1', (b, x) => b.node('Flatten', [x], { axis: { int: -1 } })],
    ['Gemm', (b, x) => b.gemm(b.flatten(x), { name: 'fc', size: 5 })],
    ['MatMul, broadcast', (b, x) => b.node('MatMul', [x, b.parameter('w', randomFloats([6, 11, 4]))])],
    ['MatMul by a vector', (b, x) => b.node('MatMul', [x, b.parameter('w', randomFloats([11]))])],
    [
      'Add, broadcast both ways',
      (b, x) => b.node('Add', [b.globalAveragePool(x), b.parameter('w', randomFloats([7, 1]))]),
    ],
    ['Reshape with 0 and -1', (b, x) => b.node('Reshape', [x, b.constant('s', int64([3], [0, -1, 11]))])],
    [
      'Reshape to a computed shape',
      (b, x) => {
        const batch = b.node('Gather', [b.node('Shape', [x]), b.constant('zero', int64([1], [0]))], {
          axis: { int: 0 },
        });
        return b.node('Reshape', [
          x,
          b.node('Concat', [batch, b.constant('rest', int64([1], [-1]))], { axis: { int: 0 } }),
        ]);
      },
    ],
    ['Transpose', (b, x) => b.node('Transpose', [x], ints('perm', [0, 2, 3, 1]))],
    ['Squeeze', (b, x) => b.node('Squeeze', [b.globalAveragePool(x), b.constant('a', int64([2], [-1, 2]))])],
    ['Squeeze of everything', (b, x) => b.node('Squeeze', [b.globalAveragePool(x)])],
    ['Unsqueeze', (b, x) => b.node('Unsqueeze', [x, b.constant('a', int64([2], [-1, 1]))])],
    ['Concat', (b, x) => b.node('Concat', [x, b.relu(x), x], { axis: { int: -3 } })],
    [
      'Slice, negative steps and clamped ends',
      (b, x) =>
        b.node('Slice', [
          x,
          b.constant('s', int64([2], [-2, 1])),
          b.constant('e', int64([2], [-100, 2 ** 63])),
          b.constant('a', int64([2], [2, -1])),
          b.constant('t', int64([2], [-2, 3])),
        ]),
    ],
    ['Pad', (b, x) => b.node('Pad', [x, b.constant('p', int64([8], [0, 0, 1, 2, 0, 0, 3, -1]))])],
    ['ReduceMean, kept', (b, x) => b.node('ReduceMean', [x], ints('axes', [2, -1]))],
    ['ReduceMean of all, dropped', (b, x) => b.node('ReduceMean', [x], { keepdims: { int: 0 } })],
    [
      'ReduceSum, axes as input',
      (b, x) => b.node('ReduceSum', [x, b.constant('a', int64([1], [1]))], { keepdims: { int: 0 } }),
    ],
    ['Expand', (b, x) => b.node('Expand', [b.globalAveragePool(x), b.constant('s', int64([4], [1, 1, 3, 2]))])],
    ['Dropout', (b, x) => b.dropout(x, { ratio: 0.5 })],
  ])('agrees with ONNX Runtime: %s', async (_, build) => {
    const [inferred, run] = await bothShapes(build);
    expect(inferred).toEqual(run);
  });

  const graphOf = (op: string, inputs: string[], attributes: Record<string, Attribute> = {}): Graph => ({
    name: 'g',
    opset: 17,
    inputs: [{ name: 'x', type: 'float32', dims: ['N', 3, 4, 4] }],
    outputs: [{ name: 'y', type: 'float32', dims: ['...'] }],
    nodes: [{ op, name: 'it', inputs, outputs: ['y'], attributes }],
    initializers: new Map([['w', float32([2, 5, 3, 3], new Float32Array(90))]]),
    metadata: {},
  });

  it.each<[string, string, Graph]>([
    ['SHAPE_MISMATCH', '"it" (Conv) can\'t take input [1,3,4,4] with weights [2,5,3,3]', graphOf('Conv', ['x', 'w'])],
    ['SHAPE_MISMATCH', 'the picture is too small', graphOf('MaxPool', ['x'], ints('kernel_shape', [5, 5]))],
    ['SHAPE_MISMATCH', "can't combine shapes", graphOf('Add', ['x', 'w'])],
    ['UNSUPPORTED_OP', '"it" (NonZero): no shape rule', graphOf('NonZero', ['x'])],
    ['UNSUPPORTED_OP', 'as a constant', graphOf('Reshape', ['w', 'x'])],
  ])('names node and shapes: %s, %s', (code, text, graph) => {
    expect(() => inferShapes(graph, { x: [1, 3, 4, 4] })).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(text) }),
    );
  });

  it('asks for concrete shapes, and for fitting ones', () => {
    const graph = graphOf('Relu', ['x']);
    expect(() => inferShapes(graph, {})).toThrow(OnnxError);
    expect(() => inferShapes(graph, { x: [1, 3, 5, 4] })).toThrow(OnnxError);
    expect(inferShapes(graph, { x: [9, 3, 4, 4] }).get('y')).toEqual([9, 3, 4, 4]);
  });
});
