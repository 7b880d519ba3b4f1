/** @file What works element by element, and the layouts of two operands that broadcast. */

import { floatAttribute, toNumbers } from '@dqn/onnx';
import type { Tensor } from '@tensorflow/tfjs';
import { reluGradient, sigmoidGradient, tanhGradient } from '../kernels.ts';
import { type Call, input, notTrained, type Operation } from '../operation.ts';
import type { Tape, Variable } from '../tape.ts';
import { plain, toChannelsLast, type Value } from '../value.ts';

/** The same value with other numbers. */
const like = (value: Value, variable: Variable): Value => ({ ...value, variable });

/** A kernel of TF.js with its rule. */
const kernel =
  (name: string): Operation =>
  (call) => {
    const x = input(call, 0);
    return like(x, call.tape.kernel(name, { x: x.variable }));
  };

/** A function whose derivative is read from its output. */
function fromOutput(
  tape: Tape,
  x: Value,
  forward: (x: Tensor) => Tensor,
  backward: (dy: Tensor, y: Tensor) => Tensor,
): Value {
  return like(
    x,
    tape.step({
      inputs: [x.variable],
      forward: () => forward(x.variable.tensor),
      readsOutput: true,
      backward: (dy, y) => [() => backward(dy, y)],
    }),
  );
}

export const relu: Operation = (call) => {
  const { tf } = call.tape;
  return fromOutput(call.tape, input(call, 0), tf.relu, (dy, y) => reluGradient(tf, dy, y));
};

const leakyRelu: Operation = (call) => {
  const x = input(call, 0);
  return like(x, call.tape.kernel('LeakyRelu', { x: x.variable }, { alpha: floatAttribute(call.node, 'alpha', 0.01) }));
};

const sigmoid: Operation = (call) => {
  const { tf } = call.tape;
  return fromOutput(call.tape, input(call, 0), tf.sigmoid, (dy, y) => sigmoidGradient(tf, dy, y));
};

const tanh: Operation = (call) => {
  const { tf } = call.tape;
  return fromOutput(call.tape, input(call, 0), tf.tanh, (dy, y) => tanhGradient(tf, dy, y));
};

/** The gradient where low < y < high, strictly, as the other engine has it; 0 elsewhere. */
function within({ tf }: Tape, dy: Tensor, y: Tensor, low: number, high: number): Tensor {
  const inside = [
    ...(low > Number.NEGATIVE_INFINITY ? [tf.greater(y, low)] : []),
    ...(high < Number.POSITIVE_INFINITY ? [tf.less(y, high)] : []),
  ];
  return inside.reduce((masked, mask) => tf.mul(masked, tf.cast(mask, 'float32')), dy);
}

const clip: Operation = (call) => {
  const { tape, node } = call;
  const bound = (index: number, attribute: string, open: number): number => {
    const constant = call.constant(index);
    return constant ? toNumbers(constant)[0] : floatAttribute(node, attribute, open);
  };
  const low = bound(1, 'min', Number.NEGATIVE_INFINITY);
  const high = bound(2, 'max', Number.POSITIVE_INFINITY);
  return fromOutput(
    tape,
    input(call, 0),
    (x) => tape.tf.minimum(tape.tf.maximum(x, low), high),
    (dy, y) => within(tape, dy, y, low, high),
  );
};

/** y = clip(αx + β, 0, 1). */
const hardSigmoid: Operation = (call) => {
  const { tape, node } = call;
  const { tf } = tape;
  const alpha = floatAttribute(node, 'alpha', 0.2);
  const beta = floatAttribute(node, 'beta', 0.5);
  return fromOutput(
    tape,
    input(call, 0),
    (x) => tf.clipByValue(tf.add(tf.mul(x, alpha), beta), 0, 1),
    (dy, y) => tf.mul(within(tape, dy, y, 0, 1), alpha),
  );
};

/** y = x · clip(x/6 + ½, 0, 1): the slope is that gate, plus x/6 strictly between −3 and 3. */
const hardSwish: Operation = (call) => {
  const { tape } = call;
  const { tf } = tape;
  const x = input(call, 0);
  const gate = (t: Tensor): Tensor => tf.clipByValue(tf.add(tf.div(t, 6), 0.5), 0, 1);
  const variable = tape.step({
    inputs: [x.variable],
    reads: [x.variable],
    forward: () => tf.mul(x.variable.tensor, gate(x.variable.tensor)),
    backward: (dy) => [
      () => {
        const t = x.variable.tensor;
        const inside = within(tape, tf.div(t, 6), t, -3, 3);
        return tf.mul(dy, tf.add(gate(t), inside));
      },
    ],
  });
  return like(x, variable);
};

/** Both operands in one layout, so that TensorFlow's broadcasting of trailing axes is ONNX's. */
function aligned(tape: Tape, a: Value, b: Value): [Value, Value] {
  if (a.channelsLast === b.channelsLast) return [a, b];
  const join = (value: Value): Value => {
    if (value.channelsLast) return value;
    if (value.dims.length === 0) return value;
    const four = [...new Array<number>(4 - value.dims.length).fill(1), ...value.dims];
    const raised =
      value.dims.length === 4 ? value : plain(tape.kernel('Reshape', { x: value.variable }, { shape: four }));
    return toChannelsLast(tape, raised);
  };
  // A fifth axis would have to stand before the pictures: ONNX's order serves then.
  return [join(a), join(b)];
}

/** dy summed down to a shape that was broadcast. */
export function unbroadcast({ tf }: Tape, dy: Tensor, shape: readonly number[]): Tensor {
  const lead = dy.rank - shape.length;
  const axes = dy.shape.flatMap((size, axis) =>
    axis < lead || (shape[axis - lead] === 1 && size !== 1) ? [axis] : [],
  );
  return axes.length === 0 ? dy : tf.reshape(tf.sum(dy, axes), [...shape]);
}

function binary(combine: (tape: Tape, a: Variable, b: Variable) => Variable): Operation {
  return (call) => {
    const [a, b] = [input(call, 0), input(call, 1)];
    if (a.dims.length > 4 !== b.dims.length > 4 && (a.channelsLast || b.channelsLast)) {
      throw notTrained(
        call.node,
        `it combines a picture with a tensor of ${Math.max(a.dims.length, b.dims.length)} axes`,
      );
    }
    const [left, right] = aligned(call.tape, a, b);
    const variable = combine(call.tape, left.variable, right.variable);
    return { variable, dims: call.dims, channelsLast: left.channelsLast || right.channelsLast };
  };
}

/** a + b or a − b: no value is kept. */
const sum =
  (sign: 1 | -1) =>
  (tape: Tape, a: Variable, b: Variable): Variable => {
    const { tf } = tape;
    const [shapeA, shapeB] = [a.shape, b.shape];
    return tape.step({
      inputs: [a, b],
      forward: () => (sign === 1 ? tf.add(a.tensor, b.tensor) : tf.sub(a.tensor, b.tensor)),
      backward: (dy) => [
        () => unbroadcast(tape, dy, shapeA),
        () => {
          const share = unbroadcast(tape, dy, shapeB);
          return sign === 1 ? share : tf.neg(share);
        },
      ],
    });
  };

export const plus = sum(1);
export const minus = sum(-1);

/** Sum of any number of operands. */
const addAll: Operation = (call) =>
  call.inputs.slice(1).reduce<Value>(
    (total, next, i) => {
      if (!next) throw notTrained(call.node, `its input ${i + 1} is missing`);
      const [a, b] = aligned(call.tape, total, next);
      const variable = plus(call.tape, a.variable, b.variable);
      const lasts = a.channelsLast || b.channelsLast;
      const [n, h, w, c] = variable.shape;
      return { variable, dims: lasts ? [n, c, h, w] : variable.shape, channelsLast: lasts };
    },
    input(call, 0),
  );

const two = (name: string) => binary((tape, a, b) => tape.kernel(name, { a, b }));

/** A power: of a constant exponent 2, the square; TF.js's rule else. */
const power: Operation = (call) => {
  const exponent = call.constant(1, 'or computed');
  if (exponent?.data.length === 1 && toNumbers(exponent)[0] === 2) {
    const x = input(call, 0);
    return like(x, call.tape.kernel('Square', { x: x.variable }));
  }
  return two('Pow')(call);
};

const identity: Operation = (call) => input(call, 0);

/** Dropout: a product with the engine's mask in training, nothing else. */
const dropout: Operation = (call: Call) => {
  const { tape, node } = call;
  const constant = call.constant(1);
  const ratio = constant ? toNumbers(constant)[0] : floatAttribute(node, 'ratio', 0.5);
  const x = input(call, 0);
  const mask = ratio > 0 ? call.mask(ratio) : undefined;
  if (!mask) return x;
  const [a, b] = aligned(tape, x, mask);
  return like(a, tape.kernel('Multiply', { a: a.variable, b: b.variable }));
};

export const elementwise: Readonly<Record<string, Operation>> = {
  Add: binary(plus),
  Sub: binary(minus),
  Mul: two('Multiply'),
  Div: two('RealDiv'),
  Pow: power,
  Sum: addAll,
  Relu: relu,
  LeakyRelu: leakyRelu,
  Clip: clip,
  Sigmoid: sigmoid,
  HardSigmoid: hardSigmoid,
  HardSwish: hardSwish,
  Tanh: tanh,
  Exp: kernel('Exp'),
  Log: kernel('Log'),
  Sqrt: kernel('Sqrt'),
  Neg: kernel('Neg'),
  Abs: kernel('Abs'),
  Reciprocal: kernel('Reciprocal'),
  Identity: identity,
  // Everything here is float32 already: pixels are read as such.
  Cast: identity,
  Dropout: dropout,
};
