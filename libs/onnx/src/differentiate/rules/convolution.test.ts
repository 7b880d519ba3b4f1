import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareGradients, worstOf } from '../../testing/gradients.ts';
import { layerGraph, parameter } from '../../testing/layer.ts';

interface Shape {
  channels?: number;
  filters?: number;
  size?: [number, number];
  kernel?: [number, number];
  strides?: [number, number];
  dilations?: [number, number];
  pads?: [number, number, number, number];
  groups?: number;
  auto?: string;
  bias?: boolean;
}

function convolution(o: Shape) {
  const { channels = 3, filters = 4, size = [7, 6], kernel = [3, 3], groups = 1 } = o;
  return layerGraph([channels, ...size], (b, x) => {
    const inputs = [x, parameter(b, 'weight', [filters, channels / groups, ...kernel])];
    if (o.bias ?? true) inputs.push(parameter(b, 'bias', [filters]));
    return b.node('Conv', inputs, {
      kernel_shape: { ints: kernel },
      group: { int: groups },
      ...(o.strides ? { strides: { ints: o.strides } } : {}),
      ...(o.dilations ? { dilations: { ints: o.dilations } } : {}),
      ...(o.pads ? { pads: { ints: o.pads } } : {}),
      ...(o.auto ? { auto_pad: { string: o.auto } } : {}),
    });
  });
}

describe('the gradient of Conv', () => {
  const cases: [string, Shape][] = [
    ['without padding', {}],
    ['padded', { pads: [1, 1, 1, 1] }],
    ['padded on some sides', { pads: [0, 2, 1, 0] }],
    ['of many channels (turned kernels)', { channels: 16, filters: 5, pads: [1, 1, 1, 1] }],
    ['of many channels without padding', { channels: 16, filters: 3 }],
    ['of many channels with uneven padding', { channels: 17, filters: 3, pads: [2, 0, 1, 2] }],
    ['of many channels, dilated', { channels: 16, filters: 3, dilations: [2, 1], pads: [2, 1, 2, 1] }],
    ['5 × 3', { kernel: [5, 3], pads: [2, 1, 2, 1] }],
    ['1 × 1', { kernel: [1, 1] }],
    ['1 × 1 of many channels', { kernel: [1, 1], channels: 18 }],
    ['1 × 1, stride 2', { kernel: [1, 1], strides: [2, 2] }],
    ['1 × 1, padded', { kernel: [1, 1], pads: [1, 0, 0, 1] }],
    ['1 × 1, in groups', { kernel: [1, 1], channels: 4, groups: 2 }],
    ['stride 2', { strides: [2, 2], pads: [1, 1, 1, 1] }],
    ['stride 2 that leaves a rest', { strides: [2, 2], size: [8, 8] }],
    ['stride 3 that leaves more than the padding', { strides: [3, 2], size: [8, 9], pads: [0, 0, 1, 0] }],
    ['dilated', { dilations: [2, 2] }],
    ['dilated and strided', { dilations: [2, 1], strides: [1, 2], pads: [2, 0, 1, 1] }],
    ['in groups', { channels: 6, filters: 4, groups: 2, pads: [1, 1, 1, 1] }],
    ['depthwise', { channels: 5, filters: 5, groups: 5, pads: [1, 1, 1, 1] }],
    ['depthwise, stride 2', { channels: 5, filters: 5, groups: 5, strides: [2, 2], pads: [1, 1, 1, 1] }],
    ['depthwise with two filters a channel', { channels: 3, filters: 6, groups: 3, pads: [1, 1, 1, 1] }],
    ['SAME_UPPER', { auto: 'SAME_UPPER', strides: [2, 2] }],
    ['SAME_LOWER', { auto: 'SAME_LOWER', strides: [2, 2] }],
    ['VALID', { auto: 'VALID' }],
    ['without bias', { bias: false }],
    ['as large as the picture', { kernel: [7, 6] }],
  ];
  it.each(cases)('%s', async (_name, shape) => {
    expect(worstOf(await compareGradients(convolution(shape)))).toBeLessThan(2e-5);
  });

  const depthwise: [string, Shape][] = [
    ['as a whole plane', { size: [10, 10], pads: [1, 1, 1, 1] }],
    ['in blocks of rows', { size: [20, 20], pads: [1, 1, 1, 1] }],
    ['in blocks, 5 × 5', { size: [18, 24], kernel: [5, 5], pads: [2, 2, 2, 2] }],
    ['in blocks, 7 × 3', { size: [24, 24], kernel: [7, 3], pads: [3, 1, 3, 1] }],
    ['in blocks of one row', { size: [6, 70], pads: [1, 1, 1, 1] }],
    ['in blocks, dilated', { size: [20, 20], dilations: [3, 2], pads: [3, 2, 3, 2] }],
    ['in blocks, stride 2, padded behind', { size: [24, 24], strides: [2, 2], pads: [0, 0, 1, 1] }],
    ['in blocks, stride 2, padded before', { size: [24, 24], strides: [2, 2], pads: [1, 1, 0, 0] }],
    ['in blocks, stride 2, padded all around', { size: [24, 24], strides: [2, 2], pads: [1, 1, 1, 1] }],
    ['in blocks, stride 3 × 1', { size: [30, 20], strides: [3, 1], pads: [0, 1, 0, 1] }],
    ['in blocks, padded unevenly', { size: [20, 20], pads: [2, 0, 0, 2] }],
    ['as a plane, since blocks would not lie side by side', { size: [13, 13], strides: [2, 2], pads: [1, 1, 1, 1] }],
    ['too large for products', { size: [3, 150], pads: [1, 1, 1, 1] }],
    ['too large, with strides', { size: [41, 41], strides: [2, 2] }],
  ];
  it.each(depthwise)('depthwise, %s', async (_name, shape) => {
    const graph = convolution({ channels: 3, filters: 3, groups: 3, ...shape });
    const { gradients } = await compareGradients(graph, { elements: 25 });
    expect(gradients.get('weight')).toBeLessThan(2e-5);
    expect(Math.max(...gradients.values())).toBeLessThan(5e-5);
  });

  it('of any shape', async () => {
    const small = (low: number, high: number) => fc.integer({ min: low, max: high });
    const shapes = fc
      .record({
        size: fc.tuple(small(4, 9), small(4, 9)),
        kernel: fc.tuple(small(1, 3), small(1, 3)),
        strides: fc.tuple(small(1, 3), small(1, 3)),
        dilations: fc.tuple(small(1, 2), small(1, 2)),
        pads: fc.tuple(small(0, 2), small(0, 2), small(0, 2), small(0, 2)),
        groups: small(1, 3),
        perGroup: fc.constantFrom(1, 2, 16),
        filters: small(1, 3),
      })
      .filter(({ size, kernel, dilations }) => [0, 1].every((i) => (kernel[i]! - 1) * dilations[i]! < size[i]!));
    await fc.assert(
      fc.asyncProperty(shapes, async ({ groups, perGroup, filters, ...rest }) => {
        const graph = convolution({ ...rest, groups, channels: groups * perGroup, filters: groups * filters });
        expect(worstOf(await compareGradients(graph, { elements: 3 }))).toBeLessThan(5e-5);
      }),
      { numRuns: 40, seed: 11 },
    );
  });
});
