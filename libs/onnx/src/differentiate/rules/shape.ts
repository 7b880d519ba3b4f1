/** @file Gradients of what moves elements without changing them. */
import { intAttribute, intsAttribute, stringAttribute } from '../../attributes.ts';
import type { Node } from '../../graph.ts';
import type { Dim, GradientContext, Rule } from '../context.ts';

/** Reshape, Flatten, Squeeze, Unsqueeze: the gradient takes the input's shape again. */
const reshaped: Rule = (node, g) => {
  const x = node.inputs[0]!;
  if (g.wants(x)) g.give(x, g.reshapeLike(g.dy(node), x));
};

const transpose: Rule = (node, g) => {
  const x = node.inputs[0]!;
  if (!g.wants(x)) return;
  const rank = g.shape(x).length;
  const perm = intsAttribute(node, 'perm') ?? Array.from({ length: rank }, (_, i) => rank - 1 - i);
  const inverse = Array.from({ length: rank }, (_, axis) => perm.indexOf(axis));
  g.give(x, g.op('Transpose', [g.dy(node)], { perm: { ints: inverse } }));
};

/** Each operand gets its part back. */
const concat: Rule = (node, g) => {
  const rank = g.shape(node.outputs[0]!).length;
  const axis = (intAttribute(node, 'axis', 0) + rank) % rank;
  const dy = g.dy(node);
  let from = 0;
  for (const input of node.inputs) {
    const to = from + g.fixed(node, input, axis);
    if (g.wants(input)) g.give(input, g.op('Slice', [dy, g.ints([from]), g.ints([to]), g.ints([axis])]));
    from = to;
  }
};

/** Zeros (or, where negative, cuts) on each side of some axes: `amounts` holds [axis, before, after]. */
function pad(g: GradientContext, value: string, rank: number, amounts: readonly [number, number, number][]): string {
  const pads = new Array<number>(2 * rank).fill(0);
  for (const [axis, before, after] of amounts) {
    pads[axis] = before;
    pads[rank + axis] = after;
  }
  return pads.every((amount) => amount === 0) ? value : g.op('Pad', [value, g.ints(pads)]);
}

/** Start, step and length of a slice along one axis of `size` elements, ONNX's clamping applied. */
function resolveSlice(size: number, start: number, end: number, step: number): { first: number; length: number } {
  const clamp = (at: number, low: number, high: number) => Math.min(Math.max(at < 0 ? at + size : at, low), high);
  if (step > 0) {
    const first = clamp(start, 0, size);
    return { first, length: Math.max(0, Math.ceil((clamp(end, 0, size) - first) / step)) };
  }
  const first = clamp(start, 0, size - 1);
  return { first, length: Math.max(0, Math.ceil((clamp(end, -1, size - 1) - first) / step)) };
}

/** Puts `step − 1` zeros after every element along `axis`. */
function spread(g: GradientContext, value: string, shape: Dim[], axis: number, step: number): string {
  const length = shape[axis] as number;
  const apart = g.op('Unsqueeze', [value, g.ints([axis + 1])]);
  const padded = pad(g, apart, shape.length + 1, [[axis + 1, 0, step - 1]]);
  shape[axis] = length * step;
  return g.reshape(padded, shape);
}

/** The gradient goes back to where the slice was taken; zeros elsewhere. */
const slice: Rule = (node, g) => {
  const x = node.inputs[0]!;
  if (!g.wants(x)) return;
  const shape = g.shape(x);
  const starts = g.constantInts(node, node.inputs[1]) ?? [...(intsAttribute(node, 'starts') ?? [])];
  const ends = g.constantInts(node, node.inputs[2]) ?? [...(intsAttribute(node, 'ends') ?? [])];
  const axes = g.constantInts(node, node.inputs[3]) ?? intsAttribute(node, 'axes') ?? starts.map((_, i) => i);
  const steps = g.constantInts(node, node.inputs[4]) ?? starts.map(() => 1);
  let dy = g.dy(node);
  const current: Dim[] = [...g.shape(node.outputs[0]!)];
  const amounts: [number, number, number][] = [];
  starts.forEach((start, i) => {
    const axis = (axes[i]! + shape.length) % shape.length;
    const size = g.fixed(node, x, axis);
    const step = steps[i]!;
    const { first, length } = resolveSlice(size, start, ends[i]!, step);
    if (length === 0) throw g.unsupported(node, `it takes nothing from axis ${axis}`);
    let before = first;
    if (step < 0) {
      dy = g.op('Slice', [dy, g.ints([-1]), g.ints([-(2 ** 31)]), g.ints([axis]), g.ints([-1])]);
      before = first + (length - 1) * step;
    }
    let covered = length;
    if (Math.abs(step) > 1) {
      dy = spread(g, dy, current, axis, Math.abs(step));
      covered = length * Math.abs(step);
    }
    amounts.push([axis, before, size - before - covered]);
  });
  g.give(x, pad(g, dy, shape.length, amounts));
};

function padAmounts(node: Node, g: GradientContext, rank: number): [number, number, number][] {
  const pads = g.constantInts(node, node.inputs[1]) ?? intsAttribute(node, 'pads') ?? [];
  const axes = g.constantInts(node, node.inputs[3]) ?? Array.from({ length: rank }, (_, i) => i);
  return axes.map((axis, i) => [(axis + rank) % rank, pads[i]!, pads[axes.length + i]!]);
}

/** Padding with a constant: the gradient is cut by as much. */
const padRule: Rule = (node, g) => {
  const x = node.inputs[0]!;
  if (!g.wants(x)) return;
  const mode = stringAttribute(node, 'mode', 'constant');
  if (mode !== 'constant') throw g.unsupported(node, `mode "${mode}"; expected "constant"`);
  const rank = g.shape(x).length;
  g.give(
    x,
    pad(
      g,
      g.dy(node),
      rank,
      padAmounts(node, g, rank).map(([axis, before, after]) => [axis, -before, -after]),
    ),
  );
};

export const shapeRules: Readonly<Record<string, Rule>> = {
  Reshape: reshaped,
  Flatten: reshaped,
  Squeeze: reshaped,
  Unsqueeze: reshaped,
  Transpose: transpose,
  Concat: concat,
  Slice: slice,
  Pad: padRule,
};
