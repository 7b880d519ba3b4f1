/** @file What weighs by exponentials: shares of a whole, and the error function. */

import { intAttribute } from '@dqn/onnx';
import type { Tensor } from '@tensorflow/tfjs';
import { type Call, input, type Operation } from '../operation.ts';
import { axisOf } from '../value.ts';

/** x less the largest along an axis of the tensor, and its exponentials' sum there: nothing overflows. */
function prepared({ tape }: Call, x: Tensor, axis: number): { centred: Tensor; sum: Tensor } {
  const { tf } = tape;
  const centred = tf.sub(x, tf.max(x, axis, true));
  return { centred, sum: tf.sum(tf.exp(centred), axis, true) };
}

/** A function along the node's axis whose gradient is made of dy and y. */
const along =
  (
    forward: (call: Call, x: Tensor, axis: number) => Tensor,
    backward: (call: Call, dy: Tensor, y: Tensor, axis: number) => Tensor,
  ): Operation =>
  (call) => {
    const x = input(call, 0);
    const axis = axisOf(x, intAttribute(call.node, 'axis', -1));
    const variable = call.tape.step({
      inputs: [x.variable],
      forward: () => forward(call, x.variable.tensor, axis),
      readsOutput: true,
      backward: (dy, y) => [() => backward(call, dy, y, axis)],
    });
    return { ...x, variable };
  };

/** dx = y · (dy − Σ dy · y). */
const softmax = along(
  (call, x, axis) => {
    const { centred, sum } = prepared(call, x, axis);
    return call.tape.tf.div(call.tape.tf.exp(centred), sum);
  },
  ({ tape: { tf } }, dy, y, axis) => tf.mul(y, tf.sub(dy, tf.sum(tf.mul(dy, y), axis, true))),
);

/** dx = dy − eʸ · Σ dy. */
const logSoftmax = along(
  (call, x, axis) => {
    const { centred, sum } = prepared(call, x, axis);
    return call.tape.tf.sub(centred, call.tape.tf.log(sum));
  },
  ({ tape: { tf } }, dy, y, axis) => tf.sub(dy, tf.mul(tf.exp(y), tf.sum(dy, axis, true))),
);

const erf: Operation = (call) => {
  const x = input(call, 0);
  return { ...x, variable: call.tape.kernel('Erf', { x: x.variable }) };
};

export const exponential: Readonly<Record<string, Operation>> = { Softmax: softmax, LogSoftmax: logSoftmax, Erf: erf };
