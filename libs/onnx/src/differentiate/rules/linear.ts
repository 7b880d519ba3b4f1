/** @file Gradients of matrix products. */
import { floatAttribute, intAttribute } from '../../attributes.ts';
import type { GradientContext, Rule } from '../context.ts';

/** Y = α A′B′ + βC, where ′ is an optional transpose: each gradient is a Gemm again. */
const gemm: Rule = (node, g) => {
  const [a, b, c] = node.inputs as [string, string, string | undefined];
  const alpha = { float: floatAttribute(node, 'alpha', 1) };
  const transA = intAttribute(node, 'transA', 0);
  const transB = intAttribute(node, 'transB', 0);
  const dy = g.dy(node);
  const product = (left: string, right: string, leftTransposed: number, rightTransposed: number) =>
    g.op('Gemm', [left, right], { alpha, transA: { int: leftTransposed }, transB: { int: rightTransposed } });
  if (g.wants(a)) g.give(a, transA ? product(b, dy, transB, 1) : product(dy, b, 0, 1 - transB));
  if (g.wants(b)) g.give(b, transB ? product(dy, a, 1, transA) : product(a, dy, 1 - transA, 0));
  if (c !== undefined && g.wants(c)) {
    const beta = floatAttribute(node, 'beta', 1);
    const summed = g.unbroadcast(dy, g.shape(node.outputs[0]!), c);
    g.give(c, beta === 1 ? summed : g.op('Mul', [summed, g.scalar(beta)]));
  }
};

/** The last two axes exchanged. */
function transposed(g: GradientContext, name: string, rank: number): string {
  const perm = Array.from({ length: rank }, (_, i) => i);
  perm[rank - 1] = rank - 2;
  perm[rank - 2] = rank - 1;
  return g.op('Transpose', [name], { perm: { ints: perm } });
}

/** Y = A·B, batched and broadcast over the leading axes: dA = dY·Bᵀ, dB = Aᵀ·dY. */
const matmul: Rule = (node, g) => {
  const [a, b] = node.inputs as [string, string];
  const shapeA = g.shape(a);
  const shapeB = g.shape(b);
  if (shapeA.length < 2 || shapeB.length < 2) {
    throw g.unsupported(node, 'a vector as operand; expected two matrices: add an axis of length 1 by Unsqueeze');
  }
  const dy = g.dy(node);
  const out = g.shape(node.outputs[0]!);
  if (g.wants(a)) {
    const full = g.op('MatMul', [dy, transposed(g, b, shapeB.length)]);
    g.give(a, g.unbroadcast(full, [...out.slice(0, -1), shapeA.at(-1)!], a));
  }
  if (!g.wants(b)) return;
  if (shapeB.length === 2) {
    // One product over all rows instead of one a batch, to be summed afterwards.
    const rows = (name: string, width: number) => g.reshape(name, [null, width]);
    const left = shapeA.length === 2 ? a : rows(a, g.fixed(node, a, shapeA.length - 1));
    const right = out.length === 2 ? dy : rows(dy, g.fixed(node, b, 1));
    g.give(b, g.op('Gemm', [left, right], { transA: { int: 1 } }));
    return;
  }
  const full = g.op('MatMul', [transposed(g, a, shapeA.length), dy]);
  g.give(b, g.unbroadcast(full, [...out.slice(0, -2), shapeB.at(-2)!, shapeB.at(-1)!], b));
};

export const linearRules: Readonly<Record<string, Rule>> = { Gemm: gemm, MatMul: matmul };
