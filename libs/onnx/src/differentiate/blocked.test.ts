import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import type { GraphBuilder } from '../builder.ts';
import { convnet } from '../networks/convnet.ts';
import { float32 } from '../tensor.ts';
import { differenceOf } from '../testing/gradients.ts';
import { layerGraph, parameter } from '../testing/layer.ts';
import { writeModel } from '../write.ts';
import { blockProbe } from './blocked.ts';
import { differentiate } from './differentiate.ts';

/** The block of this machine's processor, or 1. */
async function blockHere(): Promise<number> {
  try {
    const { model, input, dims, output } = blockProbe();
    const session = await InferenceSession.create(writeModel(model), { logSeverityLevel: 4 });
    const made = await session.run({ [input]: new Tensor('float32', new Float32Array(4), dims) });
    return made[output]!.dims[1]!;
  } catch {
    return 1;
  }
}

const block = await blockHere();

describe.runIf(block > 1)(`convolutions in blocks of ${block} channels`, () => {
  const shapes = [
    { channels: 3, filters: block, kernel: 3 },
    { channels: block, filters: 2 * block, kernel: 3 },
    { channels: 2 * block, filters: block, kernel: 5 },
    { channels: 2 * block, filters: block, kernel: 1 },
    { channels: block, filters: block, kernel: 3, stride: 2 },
    { channels: block, filters: block, kernel: 3, dilation: 2 },
    { channels: block - 2, filters: 2 * block - 3, kernel: 3 },
    { channels: 2 * block - 3, filters: 2 * block - 2, kernel: 3 },
    { channels: block, filters: block, kernel: 3, groups: block },
    { channels: 2 * block, filters: 2 * block, kernel: 3, groups: 2 * block, stride: 2 },
    { channels: block, filters: block, kernel: 5, groups: block, stride: 2 },
    { channels: block, filters: block, kernel: 3, groups: block, stride: 3 },
    { channels: block, filters: block, kernel: 3, groups: 2 },
  ];
  it.each(shapes)('have the same gradient: %j', async ({ channels, ...o }) => {
    for (const activation of ['Relu', 'LeakyRelu', 'Tanh']) {
      const graph = layerGraph([channels, 12, 12], (b, x) => {
        const y = b.conv(x, { name: 'conv', channels: o.filters, ...o });
        const tiles = { kernel_shape: { ints: [2, 2] }, strides: { ints: [2, 2] } };
        const kernel = activation === 'Relu' ? tiles : { kernel_shape: { ints: [2, 2] } };
        return b.node('MaxPool', [b.node(activation, [y])], kernel);
      });
      expect(await differenceOf(graph, {}, { block })).toBeLessThan(1e-5);
    }
  });

  it('take Clip along, with both bounds or one', async () => {
    const bound = (b: GraphBuilder, value: number) => b.constant(`bound.${value}`, float32([], [value]));
    for (const bounds of [
      [-0.5, 0.7],
      [-0.2, undefined],
      [undefined, 0.3],
    ]) {
      const graph = layerGraph([block, 8, 8], (b, x) => {
        let y = x;
        for (const name of ['one', 'two']) {
          y = b.conv(y, { name, channels: block, groups: name === 'two' ? block : 1 });
          const [low, high] = bounds.map((value) => (value === undefined ? '' : bound(b, value)));
          y = b.node('Clip', high === '' ? [y, low!] : [y, low!, high!]);
        }
        return y;
      });
      expect(await differenceOf(graph, {}, { block })).toBeLessThan(1e-5);
      const { forward } = differentiate(graph, { block });
      expect(forward.nodes.map(({ op }) => op)).not.toContain('Clip');
    }
  });

  it('follow each other, and branch', async () => {
    const graph = layerGraph([block, 8, 8], (b, x) => {
      const one = b.relu(b.conv(x, { name: 'one', channels: block }));
      const two = b.conv(one, { name: 'two', channels: block, standardize: true });
      return b.relu(b.add(one, b.node('Mul', [b.relu(two), parameter(b, 'share', [1])])));
    });
    expect(await differenceOf(graph, {}, { block })).toBeLessThan(1e-5);
  });

  it('are taken where channels fill their blocks, and nowhere else', () => {
    const graph = convnet({ size: 32, dimensions: 8, seed: 1, stages: [{ width: 32 }, { width: 5 }] });
    const domains = (o: { block?: number }) => differentiate(graph, o).forward.nodes.filter(({ domain }) => domain);
    expect(domains({ block }).filter(({ op }) => op === 'Conv')).toHaveLength(1);
    expect(domains({})).toHaveLength(0);
  });
});
