/** @file Gradients of what works element by element; two-operand ones undo their broadcasting. */
import { floatAttribute } from '../../attributes.ts';
import type { Node } from '../../graph.ts';
import type { GradientContext, Rule } from '../context.ts';

/** dx = dy · f′, with f′ made from x and y only when the gradient is wanted. */
function unary(derivative: (g: GradientContext, node: Node, dy: string) => string): Rule {
  return (node, g) => {
    const x = node.inputs[0]!;
    if (g.wants(x)) g.give(x, derivative(g, node, g.dy(node)));
  };
}

/** Each operand's share, summed down to the operand's own shape. */
function binary(
  left: (g: GradientContext, node: Node, dy: string) => string,
  right: (g: GradientContext, node: Node, dy: string) => string,
): Rule {
  return (node, g) => {
    const dy = g.dy(node);
    const from = g.shape(node.outputs[0]!);
    [left, right].forEach((share, i) => {
      const input = node.inputs[i]!;
      if (g.wants(input)) g.give(input, g.unbroadcast(share(g, node, dy), from, input));
    });
  };
}

const pass = (_g: GradientContext, _node: Node, dy: string) => dy;
const negate = (g: GradientContext, _node: Node, dy: string) => g.op('Neg', [dy]);

const add = binary(pass, pass);
const subtract = binary(pass, negate);
const multiply = binary(
  (g, node, dy) => g.op('Mul', [dy, node.inputs[1]!]),
  (g, node, dy) => g.op('Mul', [dy, node.inputs[0]!]),
);
/** y = a / b: da = dy / b; db = −dy · y / b. */
const divide = binary(
  (g, node, dy) => g.op('Div', [dy, node.inputs[1]!]),
  (g, node, dy) => g.op('Neg', [g.op('Div', [g.op('Mul', [dy, node.outputs[0]!]), node.inputs[1]!])]),
);
/** y = a^b: da = dy · b · a^(b − 1); db = dy · y · ln a. */
const power = binary(
  (g, node, dy) => {
    const [x, exponent] = node.inputs as [string, string];
    const known = g.facts.constants.get(exponent);
    if (known && known.data.length === 1 && Number(known.data[0]) === 2) {
      return g.op('Mul', [dy, g.op('Mul', [x, g.scalar(2)])]);
    }
    const lower = g.op('Pow', [x, g.op('Sub', [exponent, g.scalar(1)])]);
    return g.op('Mul', [dy, g.op('Mul', [exponent, lower])]);
  },
  (g, node, dy) => g.op('Mul', [dy, g.op('Mul', [node.outputs[0]!, g.op('Log', [node.inputs[0]!])])]),
);

/** Sum of any number of operands, each broadcast. */
const sum: Rule = (node, g) => {
  const from = g.shape(node.outputs[0]!);
  for (const input of node.inputs) if (g.wants(input)) g.give(input, g.unbroadcast(g.dy(node), from, input));
};

/** `value` where `open` (bool) holds, else 0. A product with ones and zeros: ONNX Runtime's Where takes twice as long. */
function masked(g: GradientContext, open: string, value: string): string {
  return g.op('Mul', [value, g.op('Cast', [open], { to: { int: 1 } })]);
}

/** dy where y > 0, else `slope` · dy. `y` may be the output or any tensor of the same sign and shape. */
export function reluMask(g: GradientContext, dy: string, y: string, slope = 0): string {
  const positive = g.op('Greater', [y, g.scalar(0)]);
  return slope === 0 ? masked(g, positive, dy) : g.op('Where', [positive, dy, g.op('Mul', [dy, g.scalar(slope)])]);
}

/** The slope of Relu or LeakyRelu below zero; `undefined` for other operations and for slopes that are not above 0. */
export function slopeBelowZero(node: Node | undefined): number | undefined {
  if (node?.op === 'Relu') return 0;
  if (node?.op !== 'LeakyRelu') return undefined;
  const alpha = floatAttribute(node, 'alpha', 0.01);
  return alpha > 0 ? alpha : undefined;
}

/** The output's sign tells the input's, as long as the slope is above 0; then x need not be kept. */
const leaky = unary((g, node, dy) => {
  const y = node.outputs[0]!;
  if (g.masked.has(y)) return dy;
  const slope = slopeBelowZero(node);
  return slope === undefined
    ? reluMask(g, dy, node.inputs[0]!, floatAttribute(node, 'alpha', 0.01))
    : reluMask(g, dy, y, slope);
});

/** 1 strictly between the bounds, 0 on them and outside: read from y, so that x need not be kept. */
function within(g: GradientContext, y: string, low: string | undefined, high: string | undefined): string | undefined {
  const above = low === undefined ? undefined : g.op('Greater', [y, low]);
  const below = high === undefined ? undefined : g.op('Less', [y, high]);
  return above && below ? g.op('And', [above, below]) : (above ?? below);
}

const clip = unary((g, node, dy) => {
  const bound = (name: 'min' | 'max', input: string | undefined): string | undefined => {
    if (input !== undefined && input !== '') return input;
    return name in node.attributes ? g.scalar(floatAttribute(node, name, 0)) : undefined;
  };
  const low = bound('min', node.inputs[1]);
  const high = bound('max', node.inputs[2]);
  const open = within(g, node.outputs[0]!, low, high);
  return open === undefined ? dy : masked(g, open, dy);
});

/** y = clip(αx + β, 0, 1). */
const hardSigmoid = unary((g, node, dy) => {
  const open = within(g, node.outputs[0]!, g.scalar(0), g.scalar(1))!;
  const scaled = g.op('Mul', [dy, g.scalar(floatAttribute(node, 'alpha', 0.2))]);
  return masked(g, open, scaled);
});

/** y = x · clip(x/6 + ½, 0, 1): the slope is clip(x/6 + ½, 0, 1), plus x/6 between −3 and 3. */
const hardSwish = unary((g, node, dy) => {
  const x = node.inputs[0]!;
  const gate = g.op('HardSigmoid', [x], { alpha: { float: 1 / 6 }, beta: { float: 0.5 } });
  const open = within(g, x, g.scalar(-3), g.scalar(3))!;
  const inside = masked(g, open, g.op('Mul', [x, g.scalar(1 / 6)]));
  return g.op('Mul', [dy, g.op('Add', [gate, inside])]);
});

const sigmoid = unary((g, node, dy) => {
  const y = node.outputs[0]!;
  return g.op('Mul', [dy, g.op('Mul', [y, g.op('Sub', [g.scalar(1), y])])]);
});

const tanh = unary((g, node, dy) => {
  const y = node.outputs[0]!;
  return g.op('Mul', [dy, g.op('Sub', [g.scalar(1), g.op('Mul', [y, y])])]);
});

const exp = unary((g, node, dy) => g.op('Mul', [dy, node.outputs[0]!]));
const log = unary((g, node, dy) => g.op('Div', [dy, node.inputs[0]!]));
const sqrt = unary((g, node, dy) => g.op('Div', [g.op('Mul', [dy, g.scalar(0.5)]), node.outputs[0]!]));
const neg = unary((g, _node, dy) => g.op('Neg', [dy]));
const abs = unary((g, node, dy) => g.op('Mul', [dy, g.op('Sign', [node.inputs[0]!])]));
/** y = 1/x: dx = −dy · y². */
const reciprocal = unary((g, node, dy) => {
  const y = node.outputs[0]!;
  return g.op('Neg', [g.op('Mul', [dy, g.op('Mul', [y, y])])]);
});
const identity = unary((_g, _node, dy) => dy);

export const elementwiseRules: Readonly<Record<string, Rule>> = {
  Add: add,
  Sub: subtract,
  Mul: multiply,
  Div: divide,
  Pow: power,
  Sum: sum,
  Relu: leaky,
  LeakyRelu: leaky,
  Clip: clip,
  Sigmoid: sigmoid,
  HardSigmoid: hardSigmoid,
  HardSwish: hardSwish,
  Tanh: tanh,
  Exp: exp,
  Log: log,
  Sqrt: sqrt,
  Neg: neg,
  Abs: abs,
  Reciprocal: reciprocal,
  Identity: identity,
};
