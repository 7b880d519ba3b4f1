/** @file Gradients of sums and means over axes. */
import { intAttribute, intsAttribute } from '../../attributes.ts';
import type { Node } from '../../graph.ts';
import { float32, sizeOf } from '../../tensor.ts';
import type { Dim, GradientContext, Rule } from '../context.ts';

/** The axes a reduction sums over, 0 ≤ axis < rank. */
function reducedAxes(node: Node, g: GradientContext, rank: number): number[] {
  const axes = intsAttribute(node, 'axes') ?? g.constantInts(node, node.inputs[1]) ?? [];
  if (axes.length > 0) return axes.map((axis) => (axis + rank) % rank);
  return intAttribute(node, 'noop_with_empty_axes', 0) ? [] : Array.from({ length: rank }, (_, i) => i);
}

/** Up to this many ones are written into the graph. */
const MAX_ONES = 65_536;

/** `value`, whose reduced axes have length 1, repeated to the shape of the forward tensor `like`. */
export function expandTo(g: GradientContext, value: string, axes: readonly number[], like: string): string {
  const shape = g.shape(like);
  if (axes.some((axis) => shape[axis] === null)) return g.op('Expand', [value, g.op('Shape', [like])]);
  const repeats = shape.map((dim, axis) => (axes.includes(axis) ? (dim as number) : 1));
  const count = sizeOf(repeats);
  if (count > MAX_ONES) return g.op('Expand', [value, g.ints(repeats)]);
  // A product that broadcasts is many times faster than Expand.
  const ones = g.constant(`backward.ones.${repeats}`, () => float32(repeats, new Float32Array(count).fill(1)));
  return g.op('Mul', [value, ones]);
}

function reduction(mean: boolean): Rule {
  return (node, g) => {
    const x = node.inputs[0]!;
    if (!g.wants(x)) return;
    const shape = g.shape(x);
    const axes = reducedAxes(node, g, shape.length);
    let dy = g.dy(node);
    if (axes.length === 0) {
      g.give(x, dy);
      return;
    }
    if (!intAttribute(node, 'keepdims', 1)) {
      const kept: Dim[] = shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
      if (kept.filter((dim) => dim === null).length > 1) throw g.unsupported(node, 'two axes vary with the batch');
      dy = g.reshape(dy, kept);
    }
    if (mean) {
      if (axes.some((axis) => shape[axis] === null)) {
        // The number of elements is only known at run time: that of x by that of dy.
        const size = (name: string) => g.op('Cast', [g.op('Size', [name])], { to: { int: 1 } });
        dy = g.op('Div', [dy, g.op('Div', [size(x), size(dy)])]);
      } else {
        const count = axes.reduce((product, axis) => product * (shape[axis] as number), 1);
        dy = g.op('Mul', [dy, g.scalar(1 / count)]);
      }
    }
    g.give(x, expandTo(g, dy, axes, x));
  };
}

export const reductionRules: Readonly<Record<string, Rule>> = {
  ReduceMean: reduction(true),
  ReduceSum: reduction(false),
};
