import { describe, expect, it } from 'vitest';
import { checkGraph } from '../check.ts';
import { cut, tensorNames } from '../cut.ts';
import { fold } from '../fold.ts';
import type { Graph } from '../graph.ts';
import { trainableParameters } from '../parameters.ts';
import { readModel } from '../read.ts';
import { inferShapes } from '../shapes.ts';
import { float32, toFloats } from '../tensor.ts';
import { backbones, largestDifference, officialCheck, randomPixels, runGraph } from '../testing/run.ts';
import { weightsAs } from '../weights.ts';
import { alexnet } from './alexnet.ts';
import { explicitPads, onBackbone } from './backbone.ts';
import { type ConvnetOptions, convnet } from './convnet.ts';
import { embeddingModel } from './embedding.ts';

const small: ConvnetOptions = { size: 32, dimensions: 12, seed: 1, stages: [{ width: 8 }, { width: 8 }, { width: 8 }] };
const variants: [string, ConvnetOptions][] = [
  ['three plain stages', small],
  [
    'group normalisation, residual blocks',
    {
      ...small,
      normalization: 'group',
      stages: [
        { width: 8, convs: 2 },
        { width: 16, blocks: 2 },
      ],
    },
  ],
  ['weight standardisation, averaged, dropout', { ...small, normalization: 'weight', head: 'average', dropout: 0.5 }],
  [
    'frozen stem, residual branches',
    {
      ...small,
      stem: {
        channels: 6,
        kernel: 4,
        stride: 2,
        pad: 1,
        weights: new Float32Array(288).map((_, i) => Math.sin(i) / 7),
      },
      stages: [
        { width: 8, pool: 'none' },
        { width: 12, branches: 2 },
      ],
      normalization: 'weight',
    },
  ],
  [
    'average pools, hidden layer',
    {
      ...small,
      stages: [{ width: 8, pool: 'average' }, { width: 8, pool: 'none', dropout: 0.1 }, { width: 8 }],
      hidden: 20,
    },
  ],
  ['48 px', { ...small, size: 48 }],
  ['odd size', { ...small, size: 37 }],
  ['64 px, default stages', { size: 64, dimensions: 12, seed: 1 }],
];
const rotation = Float32Array.from({ length: 144 }, (_, i) => (i % 12 === (Math.floor(i / 12) + 5) % 12 ? 1 : 0));

describe('convnet', () => {
  it.each(variants)('gives tanh embeddings of a useful spread: %s', async (_, options) => {
    const graph = convnet(options);
    const image = randomPixels(4, options.size);
    const { z } = await runGraph(graph, { image });
    expect(z!.dims).toEqual([4, 12]);
    expect(inferShapes(graph, { image: [4, options.size, options.size, 3] }).get('z')).toEqual([4, 12]);
    const values = z!.data as Float32Array;
    const spread = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
    expect(spread).toBeGreaterThan(0.03);
    expect(spread).toBeLessThan(0.95);
  });

  it('has the same weights for the same seed, others for another', () => {
    const weights = (seed: number) => toFloats(convnet({ ...small, seed }).initializers.get('conv1.weight')!);
    expect(weights(5)).toEqual(weights(5));
    expect(weights(5)).not.toEqual(weights(6));
    const deviation = Math.hypot(...weights(5)) / Math.sqrt(weights(5).length);
    expect(deviation / Math.sqrt(2 / 27)).toBeCloseTo(1, 0);
  });

  it('trains its layers, not the pixels’ scale', () => {
    const names = trainableParameters(convnet({ ...small, dropout: 0.5 }));
    expect(names).toEqual([
      ...['conv1', 'conv2', 'conv3', 'fcb'].flatMap((layer) => [`${layer}.weight`, `${layer}.bias`]),
    ]);
  });

  it('begins as the identity where there are channels to pass on, and learns from there', () => {
    const graph = convnet({ ...small, identity: true, stages: [{ width: 8 }, { width: 12, pool: 'none' }] });
    const centre = (layer: string, inputs: number) => {
      const weights = toFloats(graph.initializers.get(`${layer}.weight`)!);
      return (output: number, input: number) => weights[(output * inputs + input) * 9 + 4];
    };
    const second = centre('conv2', 8);
    expect([second(0, 0), second(7, 7), second(0, 1), second(7, 0)]).toEqual([1, 1, 0, 0]);
    const plain = convnet({ ...small, stages: [{ width: 8 }, { width: 12, pool: 'none' }] });
    const from = 8 * 8 * 9;
    expect(toFloats(graph.initializers.get('conv2.weight')!).slice(from)).toEqual(
      toFloats(plain.initializers.get('conv2.weight')!).slice(from),
    );
    expect(trainableParameters(graph)).toEqual(trainableParameters(plain));
  });

  it('does not train the stem, but the shares of its branches', () => {
    const names = trainableParameters(convnet(variants.find(([name]) => name.startsWith('frozen'))![1]));
    expect(names.filter((name) => name.includes('stem'))).toEqual([]);
    expect(names.filter((name) => name.includes('branch2'))).toEqual(
      ['weight', 'gain', 'bias', 'share'].map((part) => `conv2.branch2.${part}`),
    );
  });

  it.each<Partial<ConvnetOptions>>([
    { size: 31 },
    { size: 65 },
    { dimensions: 0 },
    { stages: [{ width: 0 }] },
    { stages: [{ width: 4, kernel: 4 }] },
    { dropout: 1 },
    { stem: { channels: 2, kernel: 3, stride: 1, pad: 1, weights: new Float32Array(53) } },
  ])('refuses %o', (options) => {
    expect(() => convnet({ ...small, ...options })).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
  });
});

describe('alexnet', () => {
  it('has the shapes and the number of parameters of BVLC’s CaffeNet up to fc7', async () => {
    const graph = alexnet({ dimensions: 300, seed: 1 });
    const shapes = inferShapes(graph, { image: [2, 227, 227, 3] });
    const of = (name: string) => shapes.get(name);
    expect(of('conv1')).toEqual([2, 96, 55, 55]);
    expect(of('norm1')).toEqual([2, 96, 27, 27]);
    expect(of('norm2')).toEqual([2, 256, 13, 13]);
    expect(of('conv4')).toEqual([2, 384, 13, 13]);
    expect(of('pool5')).toEqual([2, 256, 6, 6]);
    expect(of('fc7')).toEqual([2, 4096]);
    expect(of('z')).toEqual([2, 300]);
    const count = trainableParameters(graph).reduce((sum, name) => sum + graph.initializers.get(name)!.data.length, 0);
    // CaffeNet's 60,965,224 less fc8's 4,097,000, and the bottleneck.
    expect(count).toBe(60965224 - 4097000 + 4096 * 300 + 300);
    const { z } = await runGraph(graph, { image: randomPixels(1, 227) });
    expect(z!.dims).toEqual([1, 300]);
    expect((z!.data as Float32Array).every((value) => Math.abs(value) < 1)).toBe(true);
  });

  it.each([{ size: 50 }, { size: 227.5 }, { width: 0 }])('refuses %o', (options) => {
    expect(() => alexnet({ dimensions: 300, seed: 1, ...options })).toThrow(
      expect.objectContaining({ code: 'BAD_OPTION' }),
    );
  });
});

describe('embeddingModel', () => {
  const graph = convnet({ ...small, dropout: 0.5, normalization: 'weight' });
  const image = randomPixels(3, 32);

  it('gives z under the name "embedding", folded', async () => {
    const model = embeddingModel(graph, { unitLength: false, metadata: { recipe: 'paper' } });
    checkGraph(model);
    expect(model.nodes.map((node) => node.op)).not.toContain('Dropout');
    expect(model.metadata).toEqual({ recipe: 'paper' });
    expect(model.outputs).toEqual([{ name: 'embedding', type: 'float32', dims: ['N', 12] }]);
    const [{ z }, { embedding }] = [await runGraph(graph, { image }), await runGraph(model, { image })];
    expect(largestDifference(z!, embedding!)).toBeLessThan(1e-5);
  });

  it('divides by the length, then rotates', async () => {
    const { z } = await runGraph(graph, { image });
    const { embedding } = await runGraph(embeddingModel(graph, { unitLength: true, rotation }), { image });
    const [from, to] = [z!.data as Float32Array, embedding!.data as Float32Array];
    for (let n = 0; n < 3; n += 1) {
      const length = Math.hypot(...from.subarray(n * 12, n * 12 + 12));
      for (let d = 0; d < 12; d += 1) expect(to[n * 12 + ((d + 5) % 12)]).toBeCloseTo(from[n * 12 + d]! / length, 5);
    }
  });

  it('leaves a zero vector zero', async () => {
    const weights = new Map([
      ['fcb.weight', float32([12, 128], new Float32Array(12 * 128))],
      ['fcb.bias', float32([12], new Float32Array(12))],
    ]);
    const { embedding } = await runGraph(embeddingModel(graph, { unitLength: true, weights }), { image });
    expect((embedding!.data as Float32Array).every((value) => value === 0)).toBe(true);
  });

  it('works for a graph that already has a tensor called "embedding"', async () => {
    const model = embeddingModel(graph, { unitLength: true });
    const twice = embeddingModel(model, { unitLength: true });
    const [a, b] = [await runGraph(model, { image }), await runGraph(twice, { image })];
    expect(largestDifference(a.embedding!, b.embedding!)).toBeLessThan(1e-6);
  });

  it.each<[string, Parameters<typeof embeddingModel>[1]]>([
    [
      'NOT_FINITE',
      { unitLength: true, weights: new Map([['fcb.bias', float32([12], new Float32Array(12).fill(Number.NaN))]]) },
    ],
    ['UNKNOWN_TENSOR', { unitLength: true, weights: new Map([['fc9.bias', float32([1], [0])]]) }],
    ['SHAPE_MISMATCH', { unitLength: true, weights: new Map([['fcb.bias', float32([1], [0])]]) }],
    ['SHAPE_MISMATCH', { unitLength: true, rotation: new Float32Array(10) }],
  ])('refuses with %s', (code, options) => {
    expect(() => embeddingModel(graph, options)).toThrow(expect.objectContaining({ code }));
  });
});

const pretrained = backbones();
const mobile = { mean: [127.5, 127.5, 127.5], scale: [1 / 127.5, 1 / 127.5, 1 / 127.5], channels: 'rgb' as const };
const squeeze = { mean: [104, 117, 123], scale: [1, 1, 1], channels: 'bgr' as const };

describe.skipIf(pretrained.length === 0)('onBackbone', () => {
  it.each(pretrained)('puts a bottleneck on $name, which can be cut and exported', async ({ name, bytes }) => {
    const pixels = name.startsWith('mobile') ? mobile : squeeze;
    const graph = onBackbone(readModel(bytes), {
      ...pixels,
      features: 'features',
      size: 64,
      dimensions: 12,
      hidden: 16,
      dropout: 0.2,
      seed: 1,
    });
    checkGraph(graph);
    const image = randomPixels(2, 64);
    const { z } = await runGraph(graph, { image });
    expect(z!.dims).toEqual([2, 12]);
    const model = embeddingModel(graph, { unitLength: true, rotation });
    expect(officialCheck([model, weightsAs(model, 'i8')]) ?? ['ok', 'ok']).toEqual(['ok', 'ok']);
    const at = name.startsWith('mobile') ? 'conv60' : 'fire9/concat_drop9';
    const { trunk } = cut(graph, at);
    expect(trunk.outputs[0]!.dims[0]).toBe('N');
    expect(trainableParameters(graph)).toContain('fcb.weight');
    expect(graph.nodes.some((node) => 'auto_pad' in node.attributes)).toBe(false);
  });

  it('gives the backbone the pixels that it was trained on', async () => {
    const [{ bytes }] = pretrained.filter(({ name }) => name.startsWith('squeeze')) as [(typeof pretrained)[0]];
    const graph = onBackbone(readModel(bytes), { ...squeeze, features: 'features', size: 32, dimensions: 4, seed: 1 });
    const image = randomPixels(1, 32);
    const { trunk } = cut(graph, graph.nodes.find((node) => node.name === 'pixels')!.outputs[0]!);
    const [scaled] = Object.values(await runGraph(trunk, { image }));
    const rgb = image.data as Uint8Array;
    const values = scaled!.data as Float32Array;
    expect([values[0], values[1024], values[2048]]).toEqual([rgb[2]! - 104, rgb[1]! - 117, rgb[0]! - 123]);
  });
});

describe('explicitPads', () => {
  it('computes what auto_pad does', async () => {
    const graph = convnet(small);
    const auto: Graph = {
      ...graph,
      nodes: graph.nodes.map((node) => {
        if (node.op !== 'Conv') return node;
        const { pads: _, ...attributes } = node.attributes;
        return { ...node, attributes: { ...attributes, auto_pad: { string: 'SAME_UPPER' } } };
      }),
    };
    const plain = explicitPads(auto, { image: [1, 32, 32, 3] });
    const image = randomPixels(1, 32);
    const [a, b] = [await runGraph(auto, { image }), await runGraph(plain, { image })];
    expect(largestDifference(a.z!, b.z!)).toBe(0);
    expect(plain.nodes.some((node) => 'auto_pad' in node.attributes)).toBe(false);
  });
});

describe('the official ONNX checker', () => {
  it('passes every network built here', ({ skip }) => {
    const built = variants.map(([, options]) => convnet(options));
    const thin = alexnet({ dimensions: 12, seed: 1, width: 0.02 });
    const model = embeddingModel(built[2]!, { unitLength: true, rotation });
    const { trunk, tail } = cut(built[1]!, 'pool1');
    const graphs = [
      ...built,
      thin,
      model,
      ...built.map(fold),
      trunk,
      tail,
      weightsAs(model, 'f16'),
      weightsAs(model, 'i8'),
    ];
    const answers = officialCheck(graphs);
    if (!answers) return skip();
    expect(answers).toEqual(graphs.map(() => 'ok'));
    expect(tensorNames(thin)).toContain('fc7.dropout');
  });
});
