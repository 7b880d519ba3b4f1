/** @file Normalisations: by stored statistics, by each plane's own, by neighbouring channels. */

import { floatAttribute, intAttribute } from '@dqn/onnx';
import type { Tensor } from '@tensorflow/tfjs';
import { type Call, input, notTrained, type Operation } from '../operation.ts';
import type { Tape, Variable } from '../tape.ts';
import { axisOf, channelsLast, toChannelsLast, type Value } from '../value.ts';
import { biased } from './convolution.ts';
import { minus, plus } from './elementwise.ts';

/** Pictures with channels last; anything else as it is. */
const arranged = (tape: Tape, x: Value): Value => (x.dims.length === 4 ? toChannelsLast(tape, x) : x);

/** The shape in which a vector [C] broadcasts over the value's tensor. */
function perChannel(value: Value): number[] {
  const shape = value.variable.shape.map(() => 1);
  shape[axisOf(value, 1)] = value.dims[1];
  return shape;
}

/** y = scale · (x − mean) / √(var + ε) + bias, mean and variance being constants: as in inference. */
const batchNormalization: Operation = (call: Call) => {
  const { tape, node } = call;
  const { tf } = tape;
  if (intAttribute(node, 'training_mode', 0)) {
    throw notTrained(node, 'training_mode is 1; expected the statistics of inference');
  }
  const x = arranged(tape, input(call, 0));
  const [scale, bias, mean, variance] = [1, 2, 3, 4].map((index) => input(call, index).variable);
  const epsilon = floatAttribute(node, 'epsilon', 1e-5);
  const shape = perChannel(x);
  const spread = (v: Variable): Variable => (shape.length === 1 ? v : tape.kernel('Reshape', { x: v }, { shape }));
  const inverse = tape.step({
    inputs: [variance],
    forward: () => tf.rsqrt(tf.add(variance.tensor, epsilon)),
    backward: () => [],
  });
  const gain = tape.kernel('Multiply', { a: scale, b: inverse });
  if (!scale.learns) {
    // One product and one sum: y = x · gain + (bias − mean · gain).
    const shift = minus(tape, bias, tape.kernel('Multiply', { a: mean, b: gain }));
    const y = tape.kernel('Multiply', { a: x.variable, b: spread(gain) });
    return { ...x, variable: plus(tape, y, spread(shift)) };
  }
  const centred = minus(tape, x.variable, spread(mean));
  const y = tape.kernel('Multiply', { a: centred, b: spread(gain) });
  const last = axisOf(x, 1) === x.variable.shape.length - 1;
  return { ...x, variable: last ? biased(tape, y, bias) : plus(tape, y, spread(bias)) };
};

/** y = (x − μ)/σ of each plane, with dx = (dy − mean(dy) − y · mean(dy · y)) / σ. */
function standardized(tape: Tape, x: Variable, axes: number[], epsilon: number): Variable {
  const { tf } = tape;
  // Statistics without inputs: the rule below differentiates through them.
  const statistic = (forward: () => Tensor): Variable => tape.step({ inputs: [], forward, backward: () => [] });
  const mean = statistic(() => tf.mean(x.tensor, axes, true));
  const inverse = statistic(() =>
    tf.rsqrt(tf.add(tf.mean(tf.square(tf.sub(x.tensor, mean.tensor)), axes, true), epsilon)),
  );
  return tape.step({
    inputs: [x],
    reads: [inverse],
    readsOutput: true,
    forward: () => tf.mul(tf.sub(x.tensor, mean.tensor), inverse.tensor),
    backward: (dy, y) => [
      () => {
        const along = tf.mean(tf.mul(dy, y), axes, true);
        const inner = tf.sub(tf.sub(dy, tf.mean(dy, axes, true)), tf.mul(y, along));
        return tf.mul(inner, inverse.tensor);
      },
    ],
  });
}

const instanceNormalization: Operation = (call: Call) => {
  const { tape, node } = call;
  const x = arranged(tape, input(call, 0));
  const [scale, bias] = [1, 2].map((index) => input(call, index).variable);
  const axes = x.dims.slice(2).map((_, i) => axisOf(x, i + 2));
  const shape = perChannel(x);
  const spread = (v: Variable): Variable => tape.kernel('Reshape', { x: v }, { shape });
  const unit = standardized(tape, x.variable, axes, floatAttribute(node, 'epsilon', 1e-5));
  const y = tape.kernel('Multiply', { a: unit, b: spread(scale) });
  return { ...x, variable: plus(tape, y, spread(bias)) };
};

/** y = x · (bias + α/size · Σ x² of `size` neighbouring channels)^−β (Krizhevsky et al. 2012). */
const lrn: Operation = (call: Call) => {
  const { tape, node } = call;
  const size = intAttribute(node, 'size', 1);
  const alpha = floatAttribute(node, 'alpha', 1e-4);
  const beta = floatAttribute(node, 'beta', 0.75);
  const bias = floatAttribute(node, 'bias', 1);
  if (input(call, 0).dims.length !== 4) throw notTrained(node, 'its input is no picture [N, C, H, W]');
  if (size % 2 === 0) throw notTrained(node, `its window of ${size} channels has no middle; expected an odd size`);
  const x = toChannelsLast(tape, input(call, 0)).variable;
  const attributes = { depthRadius: (size - 1) / 2, bias, alpha: alpha / size, beta };
  return channelsLast(tape.kernel('LRN', { x }, attributes));
};

export const normalization: Readonly<Record<string, Operation>> = {
  BatchNormalization: batchNormalization,
  InstanceNormalization: instanceNormalization,
  LRN: lrn,
};
