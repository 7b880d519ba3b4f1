import { convnet } from '@dqn/onnx';
import { describe, expect, it } from 'vitest';
import { withWeights } from './weights.ts';

const graph = convnet({ size: 32, dimensions: 4, seed: 1, stages: [{ width: 2 }] });

describe('withWeights', () => {
  it('replaces some weights and leaves the graph as it was', () => {
    const data = Float32Array.of(1, 2, 3, 4);
    const changed = withWeights(graph, new Map([['fcb.bias', { dims: [4], data }]]));
    expect(changed.initializers.get('fcb.bias')!.data).toEqual(data);
    expect([...(graph.initializers.get('fcb.bias')!.data as Float32Array)]).toEqual([0, 0, 0, 0]);
    expect(changed.initializers.get('fcb.weight')).toBe(graph.initializers.get('fcb.weight'));
  });

  it.each([
    ['another shape', 'fcb.bias', [5]],
    ['an unknown name', 'fc9.bias', [4]],
  ])('refuses %s', (_, name, dims) => {
    const data = new Float32Array(dims[0] as number);
    expect(() => withWeights(graph, new Map([[name as string, { dims: dims as number[], data }]]))).toThrow(
      expect.objectContaining({ code: 'BAD_CHECKPOINT' }),
    );
  });
});
