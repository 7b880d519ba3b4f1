import { describe, expect, it } from 'vitest';
import { GraphBuilder } from './builder.ts';
import { checkGraph } from './check.ts';
import { fold } from './fold.ts';
import type { Attribute, Graph } from './graph.ts';
import { convnet } from './networks/convnet.ts';
import { readModel } from './read.ts';
import { float32, int64, tensor } from './tensor.ts';
import { backbones, largestDifference, randomFloats, randomPixels, runGraph } from './testing/run.ts';

/** Folds, runs both, and gives the folded graph and how far the outputs are apart, as a share of their largest (or 1). */
async function foldAndCompare(graph: Graph, feeds: Parameters<typeof runGraph>[1]) {
  const folded = fold(graph);
  checkGraph(folded);
  const [before, after] = [await runGraph(graph, feeds), await runGraph(folded, feeds)];
  const apart = graph.outputs.map(({ name }) => {
    const largest = (before[name]!.data as Float32Array).reduce((most, value) => Math.max(most, Math.abs(value)), 1);
    return largestDifference(before[name]!, after[name]!) / largest;
  });
  return { folded, apart: Math.max(...apart), ops: folded.nodes.map((node) => node.op) };
}

const x4 = [2, 6, 5, 7];
function network(build: (b: GraphBuilder, x: string) => string, dims = x4): Graph {
  const b = new GraphBuilder('g');
  b.output(build(b, b.input('x', 'float32', dims)), 'y');
  return b.build();
}

function batchNorm(b: GraphBuilder, x: string, channels: number): string {
  const value = (name: string, seed: number, from = 0) => {
    const { data } = randomFloats([channels], seed);
    return b.parameter(
      name,
      float32(
        [channels],
        (data as Float32Array).map((v) => (from ? Math.abs(v) + from : v)),
      ),
    );
  };
  const inputs = [x, value('gain', 1), value('beta', 2), value('mean', 3), value('variance', 4, 0.1)];
  return b.node('BatchNormalization', inputs, { epsilon: { float: 1e-3 } }, { name: 'norm' });
}

describe('fold', () => {
  it('takes BatchNormalization into the convolution before it', async () => {
    const graph = network((b, x) => b.relu(batchNorm(b, b.conv(x, { name: 'c', channels: 8 }), 8)));
    const { apart, ops } = await foldAndCompare(graph, { x: randomFloats(x4) });
    expect(ops).toEqual(['Conv', 'Relu', 'Identity'].slice(0, ops.length));
    expect(apart).toBeLessThan(1e-5);
  });

  it('makes Mul and Add of a BatchNormalization that has no convolution to itself', async () => {
    const shared = network((b, x) => {
      const c = b.conv(x, { name: 'c', channels: 8 });
      return b.add(batchNorm(b, c, 8), c);
    });
    const first = network((b, x) => b.relu(batchNorm(b, b.relu(x), 6)));
    const flat = network((b, x) => batchNorm(b, b.gemm(b.flatten(x), { name: 'fc', size: 9 }), 9));
    for (const graph of [shared, first, flat]) {
      const { apart, ops } = await foldAndCompare(graph, { x: randomFloats(x4) });
      expect(ops).not.toContain('BatchNormalization');
      expect(apart).toBeLessThan(1e-5);
    }
  });

  it('takes Mul and Add per channel into the convolution, and leaves others', async () => {
    const scaled = network((b, x) => {
      const c = b.conv(x, { name: 'c', channels: 8, bias: false });
      const m = b.node('Mul', [b.parameter('m', randomFloats([1, 8, 1, 1], 5)), c]);
      return b.node('Add', [m, b.parameter('a', randomFloats([8, 1, 1], 6))]);
    });
    const { apart, ops } = await foldAndCompare(scaled, { x: randomFloats(x4) });
    expect(ops.filter((op) => op !== 'Identity')).toEqual(['Conv']);
    expect(apart).toBeLessThan(1e-5);
    const along = network((b, x) =>
      b.node('Mul', [b.conv(x, { name: 'c', channels: 7 }), b.parameter('m', randomFloats([7]))]),
    );
    const kept = await foldAndCompare(along, { x: randomFloats(x4) });
    expect(kept.ops).toContain('Mul');
    expect(kept.apart).toBe(0);
  });

  it('computes stored weights: float16, int8 with scales, quantized ones, shape arithmetic', async () => {
    const graph = network((b, x) => {
      const half = b.parameter(
        'half',
        tensor(
          'float16',
          [4, 6, 1, 1],
          Uint16Array.from({ length: 24 }, (_, i) => 0x3800 + i * 16),
        ),
      );
      const a = b.node('Conv', [x, b.node('Cast', [half], { to: { int: 1 } })]);
      const bytes = b.parameter(
        'bytes',
        tensor(
          'int8',
          [4, 4, 1, 1],
          Int8Array.from({ length: 16 }, (_, i) => i * 9 - 70),
        ),
      );
      const cast = b.node('Cast', [bytes], { to: { int: 1 } });
      const c = b.node('Conv', [a, b.node('Mul', [cast, b.parameter('scale', randomFloats([4, 1, 1, 1], 3))])]);
      const quantized = b.node(
        'DequantizeLinear',
        [
          b.parameter(
            'q',
            tensor(
              'uint8',
              [4, 4, 1, 1],
              Uint8Array.from({ length: 16 }, (_, i) => i * 16),
            ),
          ),
          b.parameter('qs', randomFloats([4], 4)),
          b.parameter('qz', tensor('uint8', [4], Uint8Array.of(120, 130, 128, 1))),
        ],
        { axis: { int: 0 } },
      );
      const d = b.node('Conv', [c, quantized]);
      const shape = b.node('Concat', [b.constant('two', int64([1], [2])), b.constant('rest', int64([1], [-1]))], {
        axis: { int: 0 },
      });
      return b.node('Reshape', [d, shape]);
    });
    const { apart, ops } = await foldAndCompare(graph, { x: randomFloats(x4) });
    expect(ops.filter((op) => op !== 'Identity')).toEqual(['Conv', 'Conv', 'Conv', 'Reshape']);
    expect(apart).toBeLessThan(1e-4);
  });

  it.each<[string, (b: GraphBuilder, w: string) => string]>([
    ['Transpose', (b, w) => b.node('Transpose', [w], { perm: { ints: [1, 0, 2] } })],
    [
      'Slice',
      (b, w) =>
        b.node('Slice', [
          w,
          b.constant('s', int64([2], [2, -1])),
          b.constant('e', int64([2], [-9, -9])),
          b.constant('a', int64([2], [0, 2])),
          b.constant('t', int64([2], [-1, -2])),
        ]),
    ],
    ['Gather', (b, w) => b.node('Gather', [w, b.constant('i', int64([2, 2], [3, 0, -1, 1]))], { axis: { int: 1 } })],
    ['Concat', (b, w) => b.node('Concat', [w, w], { axis: { int: 1 } })],
    ['ReduceMean', (b, w) => b.node('ReduceMean', [w], { axes: { ints: [0, 2] }, keepdims: { int: 0 } })],
    ['ReduceSum', (b, w) => b.node('ReduceSum', [w, b.constant('a', int64([1], [-2]))])],
    [
      'Squeeze',
      (b, w) =>
        b.node('Squeeze', [
          b.node('Unsqueeze', [w, b.constant('a', int64([1], [1]))]),
          b.constant('b', int64([1], [1])),
        ]),
    ],
    ['Flatten', (b, w) => b.node('Flatten', [w], { axis: { int: 2 } })],
    [
      'Div, Sub and Sqrt, broadcast',
      (b, w) =>
        b.node('Sqrt', [
          b.node('Abs', [b.node('Div', [b.node('Sub', [b.parameter('v', randomFloats([4, 1], 8)), w]), w])]),
        ]),
    ],
    [
      'Clip, Exp, Tanh, Neg, Relu',
      (b, w) =>
        b.relu(b.node('Neg', [b.tanh(b.node('Exp', [b.node('Clip', [w, b.constant('l', float32([], [-0.5]))])]))])),
    ],
    [
      'Cast to int64 and back',
      (b, w) =>
        b.node('Cast', [b.node('Cast', [b.node('Mul', [w, b.constant('k', float32([], [9]))])], { to: { int: 7 } })], {
          to: { int: 1 },
        }),
    ],
    ['Expand', (b, w) => b.node('Expand', [b.node('ReduceMean', [w]), b.constant('s', int64([2], [2, 3]))])],
    [
      'Pow, Max',
      (b, w) =>
        b.node('Pow', [b.node('Max', [w, b.constant('l', float32([], [0.1]))]), b.constant('p', float32([], [1.5]))]),
    ],
  ])('computes %s of constants as ONNX Runtime does', async (_, build) => {
    const graph = network((b) => {
      const made = build(b, b.parameter('w', randomFloats([3, 4, 5], 7)));
      // Flattened, and added to something that varies.
      const flat = b.node('Reshape', [made, b.constant('flat', int64([1], [-1]))]);
      return b.add(b.node('ReduceSum', ['x']), flat);
    });
    const { apart, ops } = await foldAndCompare(graph, { x: randomFloats(x4) });
    expect(ops.filter((op) => op !== 'Identity')).toEqual(['ReduceSum', 'Add']);
    expect(apart).toBeLessThan(1e-5);
  });

  it('removes Identity and Dropout, and keeps the names of inputs and outputs', async () => {
    const b = new GraphBuilder('g');
    const x = b.input('x', 'float32', x4);
    const idle = b.dropout(b.node('Identity', [x]), { ratio: 0.3 });
    const y = b.relu(idle);
    b.output(y, 'first');
    b.output(y, 'second');
    b.output(x, 'copy');
    const { folded, apart, ops } = await foldAndCompare(b.build(), { x: randomFloats(x4) });
    expect(apart).toBe(0);
    expect(ops).not.toContain('Dropout');
    expect(folded.outputs.map((output) => output.name)).toEqual(['first', 'second', 'copy']);
  });

  it.each([undefined, { int: 1 } satisfies Attribute])('evaluates Constant nodes (value_int %o)', async (valueInt) => {
    const attributes = valueInt ? { value_int: valueInt } : { value_ints: { ints: [1] } };
    const graph = network((b, x) => {
      const axis = b.node('Constant', [], attributes);
      return b.node('ReduceSum', [x, b.node('Reshape', [axis, b.constant('one', int64([1], [1]))])]);
    });
    const { folded, apart } = await foldAndCompare(graph, { x: randomFloats(x4) });
    expect(folded.nodes.some((node) => node.op === 'Constant')).toBe(false);
    expect(apart).toBe(0);
  });

  it('turns weight standardisation into plain weights', async () => {
    const graph = convnet({
      size: 32,
      dimensions: 12,
      seed: 3,
      normalization: 'weight',
      stages: [{ width: 8 }, { width: 8, blocks: 1 }],
    });
    const { apart, ops } = await foldAndCompare(graph, { image: randomPixels(2, 32) });
    expect(ops.filter((op) => op === 'Conv')).toHaveLength(4);
    expect(ops.filter((op) => /Reduce|Sqrt|Div/.test(op))).toEqual([]);
    expect(apart).toBeLessThan(1e-5);
  });

  const pretrained = backbones();
  it.skipIf(pretrained.length === 0).each(pretrained)('expands the stored weights of $name', async ({ bytes }) => {
    const graph = readModel(bytes);
    checkGraph(graph);
    const { folded, apart } = await foldAndCompare(graph, { input: randomFloats([1, 3, 64, 64]) });
    expect(apart).toBeLessThan(1e-4);
    expect(folded.nodes.some((node) => node.op === 'Cast' || node.op === 'Identity')).toBe(false);
  });
});
