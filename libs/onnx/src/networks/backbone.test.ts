import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../builder.ts';
import { checkGraph } from '../check.ts';
import { cut } from '../cut.ts';
import { findCuts } from '../cuts.ts';
import type { Graph, Node, Tensor } from '../graph.ts';
import { trainableParameters } from '../parameters.ts';
import { readModel } from '../read.ts';
import { float32, int64, tensor } from '../tensor.ts';
import { backbones, largestDifference, officialCheck, randomFloats, randomPixels, runGraph } from '../testing/run.ts';
import { backboneGraph, onBackbone } from './backbone.ts';
import { findFeatures } from './features.ts';
import { inputFacts, pixelsFromMetadata } from './input.ts';

const plain = { mean: [0, 0, 0], scale: [1, 1, 1], size: 8 };

/** What a test network is made of. */
interface Parts {
  batch?: number | string;
  layout?: 'nchw' | 'nhwc';
  size?: number | string;
  type?: 'float32' | 'uint8' | 'float16';
  /** From the pooled features [N, 6, 1, 1] to the classifier's input [N, 6]. */
  flat?: (b: GraphBuilder, pooled: string) => string;
  opset?: number;
}

/** A small classifier: convolution, BatchNormalization, Relu6, pool, something that flattens, Gemm. */
function classifier(o: Parts = {}): Graph {
  const { batch = 'N', layout = 'nchw', size = 8, type = 'float32', flat = (b, x) => b.flatten(x) } = o;
  const b = new GraphBuilder('classifier', { seed: 5, opset: o.opset ?? 17 });
  const picture = layout === 'nchw' ? [3, size, size] : [size, size, 3];
  // The builder follows shapes with a batch of one and needs numbers.
  let x = b.input('data', type, [1, ...picture.map((dim) => (typeof dim === 'number' ? dim : 8))]);
  if (type === 'uint8') x = b.node('Cast', [x], { to: { int: 1 } });
  if (layout === 'nhwc') x = b.node('Transpose', [x], { perm: { ints: [0, 3, 1, 2] } });
  x = b.conv(x, { name: 'conv', channels: 6, bias: false });
  const vector = (name: string, low: number) =>
    b.parameter(name, float32([6], [low, low + 0.1, low + 0.2, low + 0.3, low + 0.4, low + 0.5]));
  x = b.node('BatchNormalization', [x, vector('gain', 0.5), vector('beta', -0.2), vector('m', 0), vector('v', 1)]);
  x = b.node('Clip', [x, b.constant('low', float32([], [0])), b.constant('high', float32([], [6]))]);
  x = b.globalAveragePool(x, 'pooled');
  b.output(b.gemm(flat(b, x), { name: 'fc', size: 10 }), 'logits');
  const graph = b.build();
  return {
    ...graph,
    inputs: [{ name: 'data', type, dims: [batch, ...picture] }],
    outputs: [{ name: 'logits', type: 'float32', dims: [batch, 10] }],
  };
}

const pictures = randomPixels(3, 8);

/** [n, h, w, 3] bytes as [n, 3, h, w] or [n, h, w, 3] floats, (x - mean) * scale in the given order of channels. */
function fed(image: Tensor, o: { mean?: number[]; scale?: number[]; bgr?: boolean; nhwc?: boolean } = {}): Tensor {
  const [n, h, w] = image.dims as [number, number, number];
  const data = new Float32Array(image.data.length);
  for (let i = 0; i < n * h * w; i += 1) {
    for (let c = 0; c < 3; c += 1) {
      const value = Number(image.data[i * 3 + (o.bgr ? 2 - c : c)]);
      const at = o.nhwc ? i * 3 + c : (Math.floor(i / (h * w)) * 3 + c) * h * w + (i % (h * w));
      data[at] = (value - (o.mean?.[c] ?? 0)) * (o.scale?.[c] ?? 1);
    }
  }
  return float32(o.nhwc ? image.dims : [n, 3, h, w], data);
}

/** The features of a network as they were: of the classifier before anything was done to it. */
async function original(graph: Graph, x: Tensor, name = 'pooled') {
  const outputs = [{ name, type: 'float32' as const, dims: ['...'] }];
  return (await runGraph({ ...graph, outputs }, { data: x }))[name]!;
}

describe('backboneGraph', () => {
  it('keeps scaling and colour order inside: bytes in, the features of the original out', async () => {
    const graph = classifier();
    const o = { mean: [104, 117, 123], scale: [1 / 58, 1 / 57, 1 / 59], channels: 'bgr' as const };
    const made = backboneGraph(graph, { ...o, size: 8 });
    checkGraph(made);
    expect(made.outputs[0]).toMatchObject({ dims: ['N', 6] });
    expect(made.nodes.map(({ op }) => op)).not.toContain('BatchNormalization');
    const [features] = Object.values(await runGraph(made, { image: pictures }));
    const x = fed(pictures, { ...o, bgr: true });
    expect(largestDifference(features!, await original(graph, x))).toBeLessThan(1e-5);
  });

  it.each<[string, Parts, Parameters<typeof fed>[1]]>([
    ['float32 [N, H, W, 3]', { layout: 'nhwc' }, { nhwc: true }],
    ['with sizes that vary', { size: 'S' }, {}],
  ])('takes a network of %s', async (_name, parts, feeding) => {
    const graph = classifier(parts);
    const made = backboneGraph(graph, { mean: [10, 20, 30], scale: [0.1, 0.2, 0.3], size: 8 });
    const x = fed(pictures, { ...feeding, mean: [10, 20, 30], scale: [0.1, 0.2, 0.3] });
    const [features] = Object.values(await runGraph(made, { image: pictures }));
    expect(largestDifference(features!, await original(graph, x))).toBeLessThan(1e-5);
  });

  it.each(['nchw', 'nhwc'] as const)('takes a network of bytes, %s', async (layout) => {
    const graph = classifier({ type: 'uint8', layout });
    const made = backboneGraph(graph, plain);
    const bytes = fed(pictures, { nhwc: layout === 'nhwc' });
    const x = tensor('uint8', bytes.dims, Uint8Array.from(bytes.data as Float32Array));
    const [features] = Object.values(await runGraph(made, { image: pictures }));
    expect(largestDifference(features!, await original(graph, x))).toBeLessThan(1e-5);
    expect(() => backboneGraph(graph, { ...plain, scale: [2, 2, 2] })).toThrow(
      expect.objectContaining({ code: 'BAD_OPTION' }),
    );
  });

  describe('frees a network from the batch that it was exported with', () => {
    const shape = (b: GraphBuilder, dims: number[]) => b.constant(`to.${dims}`, int64([dims.length], dims));
    const ways: [string, NonNullable<Parts['flat']>][] = [
      ['Flatten', (b, x) => b.flatten(x)],
      ['Reshape to [1, -1]', (b, x) => b.node('Reshape', [x, shape(b, [1, -1])])],
      ['Reshape to [1, 6]', (b, x) => b.node('Reshape', [x, shape(b, [1, 6])])],
      ['Reshape to [-1, 6]', (b, x) => b.node('Reshape', [x, shape(b, [-1, 6])])],
      [
        'Reshape to a computed shape',
        (b, x) => {
          const size = b.node('Gather', [b.node('Shape', [x]), b.constant('zero', int64([1], [0]))]);
          return b.node('Reshape', [x, b.node('Concat', [size, shape(b, [-1])], { axis: { int: 0 } })]);
        },
      ],
      [
        'Reshape to a part of its shape',
        (b, x) => b.node('Reshape', [x, b.node('Shape', [x], { start: { int: 0 }, end: { int: 2 } })]),
      ],
    ];
    // What reshapes to one row only works for one picture, whatever the graph says of its batch.
    const both = ways.flatMap(([name, flat]) =>
      (name.includes('[1,') ? [1] : [1, 'N']).map((batch) => [name, batch, flat] as const),
    );
    it.each(both)('%s, batch %s', async (_name, batch, flat) => {
      const graph = classifier({ batch, flat });
      const made = backboneGraph(graph, { ...plain, features: 'logits' });
      expect(made.inputs[0]!.dims[0]).toBe('N');
      expect(made.nodes.filter(({ op }) => op === 'Shape' || op === 'Gather')).toEqual([]);
      const [all] = Object.values(await runGraph(made, { image: pictures }));
      const one = tensor('uint8', [1, 8, 8, 3], (pictures.data as Uint8Array).slice(-192));
      const alone = await original(graph, fed(one), 'logits');
      const last = (all!.data as Float32Array).slice(-10);
      expect(all!.dims).toEqual([3, 10]);
      for (let i = 0; i < 10; i += 1) expect(last[i]).toBeCloseTo((alone.data as Float32Array)[i]!, 3);
    });

    it('and says which node takes no other, where one does', () => {
      const flat: Parts['flat'] = (b, x) => {
        const two = b.node('Concat', [b.flatten(x), b.parameter('token', float32([1, 6], [1, 2, 3, 4, 5, 6]))], {
          axis: { int: 0 },
        });
        return b.node('ReduceSum', [two, shape(b, [0])], { keepdims: { int: 1 } });
      };
      const error = { code: 'SHAPE_MISMATCH', message: expect.stringMatching(/batch/) };
      expect(() => backboneGraph(classifier({ batch: 1, flat }), { ...plain, features: 'logits' })).toThrow(
        expect.objectContaining(error),
      );
      const rows: Parts['flat'] = (b, x) => {
        const made = b.node('Concat', [x, b.parameter('token', randomFloats([1, 6, 1, 1]))], { axis: { int: 1 } });
        return b.node('Slice', [b.flatten(made), shape(b, [0]), shape(b, [6]), shape(b, [1])]);
      };
      expect(() => backboneGraph(classifier({ batch: 1, flat: rows }), { ...plain, features: 'logits' })).toThrow(
        expect.objectContaining({ code: 'SHAPE_MISMATCH', message: expect.stringMatching(/batches of 1.*Concat/) }),
      );
    });
  });

  it('takes pictures of another size than a fully convolutional network was exported for, and refuses the rest', () => {
    expect(backboneGraph(classifier(), { ...plain, size: 20 }).inputs[0]!.dims).toEqual(['N', 20, 20, 3]);
    const b = new GraphBuilder('fixed');
    const x = b.relu(b.conv(b.input('data', 'float32', ['N', 3, 8, 8]), { name: 'conv', channels: 2 }));
    b.output(b.gemm(b.flatten(x), { name: 'fc', size: 4 }), 'features');
    expect(() => backboneGraph(b.build(), { ...plain, size: 16 })).toThrow(
      expect.objectContaining({ code: 'SHAPE_MISMATCH', message: expect.stringMatching(/\[3,8,8\].*\[3,16,16\].*fc/) }),
    );
  });

  it.each<[string, string | RegExp, (graph: Graph) => Graph]>([
    ['UNSUPPORTED', /float16/, () => classifier({ type: 'float16' })],
    [
      'UNSUPPORTED',
      /float16.*"half"/,
      (graph) => {
        const half: Node = {
          op: 'Cast',
          name: 'h',
          inputs: ['pooled'],
          outputs: ['half'],
          attributes: { to: { int: 10 } },
        };
        const back: Node = {
          op: 'Cast',
          name: 'f',
          inputs: ['half'],
          outputs: ['features'],
          attributes: { to: { int: 1 } },
        };
        return {
          ...graph,
          nodes: [...graph.nodes, half, back],
          outputs: [{ name: 'features', type: 'float32', dims: ['N', 6, 1, 1] }],
        };
      },
    ],
    [
      'UNSUPPORTED_OP',
      /com\.acme\.Swirl \(node "swirl"\), NonMaxSuppression \(node "nms"\)/,
      (graph) => {
        const swirl: Node = {
          op: 'Swirl',
          domain: 'com.acme',
          name: 'swirl',
          inputs: ['pooled'],
          outputs: ['s'],
          attributes: {},
        };
        const nms: Node = {
          op: 'NonMaxSuppression',
          name: 'nms',
          inputs: ['s', 's'],
          outputs: ['features'],
          attributes: {},
        };
        const outputs = [{ name: 'features', type: 'float32' as const, dims: ['N', 6] }];
        return { ...graph, nodes: [...graph.nodes, swirl, nms], outputs };
      },
    ],
    [
      'NOT_FINITE',
      /weight 3 of "conv/,
      (graph) => {
        const weight = (graph.initializers.get('conv.weight')!.data as Float32Array).slice();
        weight[3] = Number.NaN;
        return {
          ...graph,
          initializers: new Map([...graph.initializers, ['conv.weight', float32([6, 3, 3, 3], weight)]]),
        };
      },
    ],
    [
      'INVALID_GRAPH',
      /\[N,1,8,8\]/,
      (graph) => ({ ...graph, inputs: [{ name: 'data', type: 'float32', dims: ['N', 1, 8, 8] }] }),
    ],
    [
      'INVALID_GRAPH',
      /int64/,
      (graph) => ({ ...graph, inputs: [{ name: 'data', type: 'int64', dims: ['N', 3, 8, 8] }] }),
    ],
    [
      'INVALID_GRAPH',
      /\[N,3\]/,
      (graph) => ({ ...graph, inputs: [{ name: 'data', type: 'float32', dims: ['N', 3] }] }),
    ],
    [
      'INVALID_GRAPH',
      /data.*mask/,
      (graph) => ({ ...graph, inputs: [...graph.inputs, { name: 'mask', type: 'float32', dims: ['N', 1] }] }),
    ],
    [
      'BAD_OPTION',
      /nchw/,
      (graph) => ({
        ...graph,
        inputs: [{ name: 'data', type: 'float32', dims: ['N', 'a', 'b', 'c'] }],
        nodes: [
          { op: 'Relu', name: 'first', inputs: ['data'], outputs: ['d'], attributes: {} },
          ...graph.nodes.map((node) => ({
            ...node,
            inputs: node.inputs.map((name) => (name === 'data' ? 'd' : name)),
          })),
        ],
      }),
    ],
  ])('refuses with %s %s', (code, message, change) => {
    expect(() => backboneGraph(change(classifier()), plain)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });

  it('refuses features of three axes', () => {
    const flat: Parts['flat'] = (b, x) => {
      const rows = b.node('Squeeze', [x, b.constant('axis', int64([1], [3]))], {}, { name: 'rows' });
      return b.node('Squeeze', [rows, b.constant('last', int64([1], [2]))]);
    };
    expect(() => backboneGraph(classifier({ flat }), { ...plain, features: 'rows' })).toThrow(
      expect.objectContaining({ code: 'SHAPE_MISMATCH', message: expect.stringMatching(/\[N, 6,1\]; features are/) }),
    );
  });
});

describe('findFeatures', () => {
  it('is what the classifier reads, past what only flattens', () => {
    expect(findFeatures(classifier())).toBe('pooled');
  });

  const b = (channels: number, dropout: boolean, softmax = false): Graph => {
    const g = new GraphBuilder('g');
    let x = g.relu(g.conv(g.input('data', 'float32', ['N', 3, 8, 8]), { name: 'one', channels: 4 }), 'one.relu');
    if (dropout) x = g.dropout(x, { ratio: 0.5, name: 'drop' });
    x = g.relu(g.conv(x, { name: 'last', channels, kernel: 1 }), 'last.relu');
    x = g.flatten(g.globalAveragePool(x, 'pool'), 'flat');
    if (softmax) x = g.node('Softmax', [x], {}, { name: 'probabilities' });
    g.output(x);
    return g.build();
  };

  it('tells a convolution that classifies (SqueezeNet) from the last one of a network without a classifier', () => {
    expect(findFeatures(b(1000, false))).toBe('one.relu');
    expect(findFeatures(b(10, true))).toBe('one.relu');
    expect(findFeatures(b(10, false, true))).toBe('one.relu');
    expect(findFeatures(b(32, false))).toBe('pool');
  });

  it('is an output of such a name, whatever else there is', () => {
    const graph = classifier();
    const outputs = [...graph.outputs, { name: 'Features', type: 'float32' as const, dims: ['N', 6] }];
    expect(findFeatures({ ...graph, outputs })).toBe('Features');
  });

  it('is unknown where nothing has weights', () => {
    const g = new GraphBuilder('g');
    g.output(g.globalAveragePool(g.input('x', 'float32', ['N', 3, 8, 8])), 'y');
    expect(() => findFeatures(g.build())).toThrow(expect.objectContaining({ code: 'UNKNOWN_TENSOR' }));
  });
});

describe('what a network says about its input', () => {
  it('is read from its dims and its first node', () => {
    expect(inputFacts(classifier())).toMatchObject({ layout: 'nchw', size: [8, 8], pixels: undefined });
    expect(inputFacts(classifier({ layout: 'nhwc', size: 'S' }))).toMatchObject({ layout: 'nhwc', size: undefined });
    expect(inputFacts(classifier({ type: 'uint8' })).pixels).toEqual({
      channels: 'rgb',
      mean: [0, 0, 0],
      scale: [1, 1, 1],
    });
  });

  it.each([
    [{ 'Image.BitmapPixelFormat': 'Bgr8', 'Image.NominalPixelRange': 'NominalRange_0_255' }, 'bgr', 0, 1],
    [{ 'Image.BitmapPixelFormat': 'Rgb8', 'Image.NominalPixelRange': 'Normalized_0_1' }, 'rgb', 0, 1 / 255],
    [{ 'Image.NominalPixelRange': 'Normalized_1_1' }, 'rgb', 127.5, 1 / 127.5],
    [{ mean: '[0.5, 0.5, 0.5]', std: '[0.25,0.25,0.25]' }, 'rgb', 127.5, 1 / 63.75],
    [{ 'input.mean': '104, 104, 104', 'input.std': '1 1 1', 'input.channels': 'BGR' }, 'bgr', 104, 1],
  ])('is read from its metadata: %j', (metadata, channels, mean, scale) => {
    const pixels = pixelsFromMetadata(metadata as unknown as Record<string, string>)!;
    expect(pixels.channels).toBe(channels);
    for (const c of [0, 1, 2]) {
      expect(pixels.mean[c]).toBeCloseTo(mean, 9);
      expect(pixels.scale[c]).toBeCloseTo(scale, 9);
    }
  });

  it.each([{}, { mean: '1,2' }, { mean: 'a,b,c', std: '1,1,1' }, { mean: '1,1,1', std: '0,1,1' }, { producer: 'x' }])(
    'is unknown from %j',
    (metadata) => {
      expect(pixelsFromMetadata(metadata as unknown as Record<string, string>)).toBeUndefined();
    },
  );
});

const pretrained = backbones();
const mobile = { mean: [127.5, 127.5, 127.5], scale: [1 / 127.5, 1 / 127.5, 1 / 127.5], channels: 'rgb' as const };
const squeeze = { mean: [104, 117, 123], scale: [1, 1, 1], channels: 'bgr' as const };

describe.skipIf(pretrained.length === 0)('pretrained networks', () => {
  it.each(pretrained)('$name: the same features as the file itself gives', async ({ name, bytes }) => {
    const pixels = name.startsWith('mobile') ? mobile : squeeze;
    const file = readModel(bytes);
    const image = randomPixels(2, 96);
    const graph = backboneGraph(file, { ...pixels, size: 96 });
    checkGraph(graph);
    expect(officialCheck([graph]) ?? ['ok']).toEqual(['ok']);
    const x = fed(image, { ...pixels, bgr: pixels.channels === 'bgr' });
    const [made] = Object.values(await runGraph(graph, { image }));
    const whole = (await runGraph(file, { [file.inputs[0]!.name]: x })).features!;
    expect(largestDifference(made!, whole)).toBeLessThan(1e-4);

    // Cut in the middle of it, too.
    const cuts = findCuts(graph);
    const point = cuts[Math.floor(cuts.length * 0.7)]!;
    const { trunk, tail } = cut(graph, point.tensor);
    const middle = (await runGraph(trunk, { image }))[point.tensor]!;
    const feed = { type: 'float32' as const, dims: middle.dims, data: middle.data as Float32Array };
    const [behind] = Object.values(await runGraph(tail, { [point.tensor]: feed }));
    expect(largestDifference(behind!, whole)).toBeLessThan(1e-4);
  });

  it.each(pretrained)('$name: its features are found without being named', ({ bytes }) => {
    const file = readModel(bytes);
    expect(findFeatures(file)).toBe('features');
    const bare = { ...file, outputs: file.outputs.filter(({ name }) => name !== 'features') };
    const found = findFeatures(bare);
    const size = { mean: [0, 0, 0], scale: [1, 1, 1], size: 64 };
    const width = backboneGraph(file, size).outputs[0]!.dims;
    expect(backboneGraph(bare, { ...size, features: found }).outputs[0]!.dims).toEqual(width);
    expect(trainableParameters(onBackbone(bare, { ...size, dimensions: 4, seed: 1 }))).toContain('fcb.weight');
  });
});
