/** @file Gradients of normalisations. Means and variances are computed again rather than kept: the forward op hides them. */
import { floatAttribute, intAttribute } from '../../attributes.ts';
import type { Node } from '../../graph.ts';
import type { GradientContext, Rule } from '../context.ts';

/** A vector [C] in the shape that broadcasts over [N, C, …]. */
function perChannel(g: GradientContext, vector: string, rank: number): string {
  return g.reshape(vector, [1, null, ...new Array<number>(rank - 2).fill(1)]);
}

/** Σ over everything but the channels: [N, C, …] → [C]. */
function channelSum(g: GradientContext, value: string, rank: number): string {
  const axes = Array.from({ length: rank }, (_, i) => i).filter((axis) => axis !== 1);
  return g.op('ReduceSum', [value, g.ints(axes)], { keepdims: { int: 0 } });
}

/** y = scale · (x − mean) / √(var + ε) + bias, mean and variance being constants: as in inference. */
const batchNormalization: Rule = (node, g) => {
  const [x, scale, bias, mean, variance] = node.inputs as [string, string, string, string, string];
  if (intAttribute(node, 'training_mode', 0)) {
    throw g.unsupported(node, 'training_mode 1; expected the statistics of inference');
  }
  if (g.wants(mean) || g.wants(variance)) {
    throw g.unsupported(
      node,
      'its mean or variance is a parameter; they are statistics: leave them out of the parameters',
    );
  }
  const rank = g.shape(x).length;
  const dy = g.dy(node);
  const epsilon = g.scalar(floatAttribute(node, 'epsilon', 1e-5));
  const inverse = g.op('Reciprocal', [g.op('Sqrt', [g.op('Add', [variance, epsilon])])]);
  if (g.wants(x)) g.give(x, g.op('Mul', [dy, perChannel(g, g.op('Mul', [scale, inverse]), rank)]));
  if (g.wants(bias)) g.give(bias, channelSum(g, dy, rank));
  if (g.wants(scale)) {
    const centred = g.op('Sub', [x, perChannel(g, mean, rank)]);
    g.give(scale, g.op('Mul', [channelSum(g, g.op('Mul', [dy, centred]), rank), inverse]));
  }
};

/** The mean over the places of each plane, kept as [N, C, 1, …]. ReduceMean's axes are an attribute up to opset 17. */
function planeMean(g: GradientContext, value: string, rank: number): string {
  const axes = Array.from({ length: rank - 2 }, (_, i) => i + 2);
  return g.op('ReduceMean', [value], { axes: { ints: axes }, keepdims: { int: 1 } });
}

/**
 * y = scale · x̂ + bias, x̂ = (x − μ)/σ per plane:
 * dx = (scale/σ) · (dy − mean(dy) − x̂ · mean(dy · x̂)), dscale = Σ dy · x̂, dbias = Σ dy.
 */
const instanceNormalization: Rule = (node, g) => {
  const [x, scale, bias] = node.inputs as [string, string, string];
  const rank = g.shape(x).length;
  const dy = g.dy(node);
  if (g.wants(bias)) g.give(bias, channelSum(g, dy, rank));
  if (!g.wants(x) && !g.wants(scale)) return;
  const epsilon = g.scalar(floatAttribute(node, 'epsilon', 1e-5));
  const centred = g.op('Sub', [x, planeMean(g, x, rank)]);
  const variance = planeMean(g, g.op('Mul', [centred, centred]), rank);
  const inverse = g.op('Reciprocal', [g.op('Sqrt', [g.op('Add', [variance, epsilon])])]);
  const unit = g.op('Mul', [centred, inverse]);
  const product = g.op('Mul', [dy, unit]);
  if (g.wants(scale)) g.give(scale, channelSum(g, product, rank));
  if (!g.wants(x)) return;
  const inner = g.op('Sub', [
    g.op('Sub', [dy, planeMean(g, dy, rank)]),
    g.op('Mul', [unit, planeMean(g, product, rank)]),
  ]);
  g.give(x, g.op('Mul', [inner, g.op('Mul', [inverse, perChannel(g, scale, rank)])]));
};

/** The mean over `size` neighbouring channels, zeros beyond the ends; `after` of them lie behind the channel. */
function channelWindow(g: GradientContext, node: Node, value: string, before: number, after: number): string {
  const x = node.inputs[0]!;
  const channels = g.fixed(node, x, 1);
  const places = g
    .shape(x)
    .slice(2)
    .reduce<number>((product, _, i) => product * g.fixed(node, x, i + 2), 1);
  const mean = g.op('AveragePool', [g.reshape(value, [null, 1, channels, places])], {
    kernel_shape: { ints: [before + after + 1, 1] },
    pads: { ints: [before, 0, after, 0] },
    count_include_pad: { int: 1 },
  });
  return g.reshapeLike(mean, x);
}

/**
 * y = x · s^−β, s = bias + α · mean_window(x²):
 * dx = dy · s^−β − 2αβ · x · mean_window′(dy · x · s^(−β−1)), window′ being the window seen from the other end.
 */
const lrn: Rule = (node, g) => {
  const x = node.inputs[0]!;
  if (!g.wants(x)) return;
  const size = intAttribute(node, 'size', 1);
  const alpha = floatAttribute(node, 'alpha', 1e-4);
  const beta = floatAttribute(node, 'beta', 0.75);
  const [before, after] = [Math.floor((size - 1) / 2), Math.ceil((size - 1) / 2)];
  const dy = g.dy(node);
  const mean = channelWindow(g, node, g.op('Mul', [x, x]), before, after);
  const s = g.op('Add', [g.op('Mul', [mean, g.scalar(alpha)]), g.scalar(floatAttribute(node, 'bias', 1))]);
  const direct = g.op('Mul', [dy, g.op('Pow', [s, g.scalar(-beta)])]);
  const spread = channelWindow(g, node, g.op('Div', [g.op('Mul', [direct, x]), s]), after, before);
  g.give(x, g.op('Sub', [direct, g.op('Mul', [g.op('Mul', [x, g.scalar(2 * alpha * beta)]), spread])]));
};

export const normalizationRules: Readonly<Record<string, Rule>> = {
  BatchNormalization: batchNormalization,
  InstanceNormalization: instanceNormalization,
  LRN: lrn,
};
