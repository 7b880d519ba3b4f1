import { describe, expect, it } from 'vitest';
import { compareGradients, worstOf } from '../../testing/gradients.ts';
import { layerGraph, parameter } from '../../testing/layer.ts';

describe('the gradient of a matrix product', () => {
  const flags = [0, 1].flatMap((transA) => [0, 1].map((transB) => [transA, transB] as const));
  it.each(flags)('Gemm with transA %i, transB %i', async (transA, transB) => {
    for (const bias of [undefined, [], [3], [1, 3], [4, 3], [4, 1]]) {
      // The layer's input is the right operand, [1 + batch …] being no dimension of a matrix: parameters on both sides.
      const graph = layerGraph(
        [2],
        (b, x) => {
          const left = parameter(b, 'left', transA ? [2, 4] : [4, 2]);
          const right = parameter(b, 'right', transB ? [3, 2] : [2, 3]);
          const total = b.node('ReduceSum', [x], { keepdims: { int: 0 } });
          const inputs = [b.node('Mul', [left, total]), right];
          if (bias) inputs.push(parameter(b, 'bias', bias));
          return b.node('Gemm', inputs, {
            alpha: { float: 0.7 },
            beta: { float: 1.3 },
            transA: { int: transA },
            transB: { int: transB },
          });
        },
        { flatten: false },
      );
      expect(worstOf(await compareGradients(graph))).toBeLessThan(1e-5);
    }
  });

  it.each([0, 1])('Gemm over the batch, transB %i', async (transB) => {
    const graph = layerGraph([6], (b, x) =>
      b.node('Gemm', [x, parameter(b, 'w', transB ? [5, 6] : [6, 5]), parameter(b, 'b', [5])], {
        transB: { int: transB },
      }),
    );
    expect(worstOf(await compareGradients(graph))).toBeLessThan(1e-5);
  });

  const products: [number[], number[]][] = [
    [[4], [4, 3]],
    [
      [2, 4],
      [4, 3],
    ],
    [
      [2, 5, 4],
      [4, 3],
    ],
    [
      [2, 5, 4],
      [2, 4, 3],
    ],
    [
      [2, 5, 4],
      [1, 4, 3],
    ],
    [
      [2, 5, 4],
      [1, 2, 4, 3],
    ],
  ];
  it.each(products)('MatMul of [N, %j] with %j', async (dims, other) => {
    const graph = layerGraph(dims, (b, x) => b.node('MatMul', [x, parameter(b, 'other', other)]));
    expect(worstOf(await compareGradients(graph))).toBeLessThan(1e-5);
  });

  it('MatMul with the batch on the right', async () => {
    const graph = layerGraph([4, 3], (b, x) => b.node('MatMul', [parameter(b, 'left', [2, 4]), x]));
    expect(worstOf(await compareGradients(graph))).toBeLessThan(1e-5);
  });
});
