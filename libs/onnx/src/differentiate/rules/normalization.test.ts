import { describe, expect, it } from 'vitest';
import type { GraphBuilder } from '../../builder.ts';
import { compareGradients, worstOf } from '../../testing/gradients.ts';
import { layerGraph, parameter } from '../../testing/layer.ts';
import { differentiate } from '../differentiate.ts';

const constantVector = (b: GraphBuilder, name: string, values: number[]) =>
  b.constant(name, { type: 'float32', dims: [values.length], data: Float32Array.from(values) });

describe('the gradient of a normalisation', () => {
  it.each([[[3, 4, 5]], [[3]], [[3, 6]]])(
    'BatchNormalization with the statistics of inference over [N, %j]',
    async (dims) => {
      const graph = layerGraph(dims, (b, x) =>
        b.node('BatchNormalization', [
          x,
          parameter(b, 'scale', [3]),
          parameter(b, 'bias', [3]),
          constantVector(b, 'mean', [0.1, -0.2, 0.3]),
          constantVector(b, 'variance', [0.5, 1.5, 0.25]),
        ]),
      );
      expect(worstOf(await compareGradients(graph))).toBeLessThan(1e-5);
    },
  );

  it("doesn't take the statistics for parameters", () => {
    const graph = layerGraph([3], (b, x) =>
      b.node(
        'BatchNormalization',
        ['x', 'scale', 'bias', 'mean', 'variance'].map((name) => (name === 'x' ? x : parameter(b, name, [3], 0.5, 1))),
      ),
    );
    expect(differentiate(graph).parameters).toEqual(['shift', 'scale', 'bias']);
  });

  it('InstanceNormalization', async () => {
    const graph = layerGraph([3, 4, 5], (b, x) =>
      b.node('InstanceNormalization', [x, parameter(b, 'scale', [3]), parameter(b, 'bias', [3])], {
        epsilon: { float: 1e-3 },
      }),
    );
    expect(worstOf(await compareGradients(graph))).toBeLessThan(2e-5);
  });

  it('group normalisation, built from InstanceNormalization', async () => {
    const graph = layerGraph([4, 3, 3], (b, x) => b.groupNorm(x, { name: 'norm', groups: 2 }));
    expect(worstOf(await compareGradients(graph))).toBeLessThan(2e-5);
  });

  // Even sizes are ONNX, but not ONNX Runtime's.
  it.each([1, 3, 5])('LRN over %i channels', async (size) => {
    const graph = layerGraph([6, 3, 4], (b, x) => b.lrn(x, { size, alpha: 0.6, beta: 0.75, bias: 1.5 }));
    expect(worstOf(await compareGradients(graph))).toBeLessThan(1e-5);
  });

  it('weight standardisation', async () => {
    const graph = layerGraph([3, 6, 6], (b, x) => b.conv(x, { name: 'conv', channels: 4, standardize: true }));
    expect(worstOf(await compareGradients(graph))).toBeLessThan(2e-5);
  });
});
