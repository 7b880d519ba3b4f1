/** @file Gradients of what weighs by exponentials: shares of a whole, and the error function. */
import { intAttribute } from '../../attributes.ts';
import type { Node } from '../../graph.ts';
import type { GradientContext, Rule } from '../context.ts';

/** The sum along the node's axis, kept with length 1. */
function sumAlong(g: GradientContext, node: Node, value: string): string {
  return g.op('ReduceSum', [value, g.ints([intAttribute(node, 'axis', -1)])], { keepdims: { int: 1 } });
}

/** dx = y · (dy − Σ dy · y). */
const softmax: Rule = (node, g) => {
  const [x, y] = [node.inputs[0]!, node.outputs[0]!];
  if (!g.wants(x)) return;
  const dy = g.dy(node);
  g.give(x, g.op('Mul', [y, g.op('Sub', [dy, sumAlong(g, node, g.op('Mul', [dy, y]))])]));
};

/** dx = dy − eʸ · Σ dy. */
const logSoftmax: Rule = (node, g) => {
  const [x, y] = [node.inputs[0]!, node.outputs[0]!];
  if (!g.wants(x)) return;
  const dy = g.dy(node);
  g.give(x, g.op('Sub', [dy, g.op('Mul', [g.op('Exp', [y]), sumAlong(g, node, dy)])]));
};

/** dx = dy · 2/√π · e^(−x²). */
const erf: Rule = (node, g) => {
  const x = node.inputs[0]!;
  if (!g.wants(x)) return;
  const bell = g.op('Exp', [g.op('Neg', [g.op('Mul', [x, x])])]);
  g.give(x, g.op('Mul', [g.op('Mul', [g.dy(node), g.scalar(2 / Math.sqrt(Math.PI))]), bell]));
};

/** What was repeated is summed. */
const expand: Rule = (node, g) => {
  const x = node.inputs[0]!;
  if (g.wants(x)) g.give(x, g.unbroadcast(g.dy(node), g.shape(node.outputs[0]!), x));
};

export const softmaxRules: Readonly<Record<string, Rule>> = {
  Softmax: softmax,
  LogSoftmax: logSoftmax,
  Erf: erf,
  Expand: expand,
};
