/** @file Conv on [N, H, W, C]: whole, depthwise, in groups; strides, dilation and any padding. */

import { intAttribute } from '@dqn/onnx';
import { addBias, sumToLast } from '../kernels.ts';
import { type Call, input, notTrained, type Operation } from '../operation.ts';
import type { Tape, Variable } from '../tape.ts';
import { channelsLast, toChannelsLast } from '../value.ts';
import { type Placed, padded, place } from './window.ts';

/** x + bias along the last axis. */
export function biased(tape: Tape, x: Variable, bias: Variable): Variable {
  const { tf } = tape;
  return tape.step({
    inputs: [x, bias],
    forward: () => addBias(tf, x.tensor, bias.tensor),
    backward: (dy) => [() => dy, () => sumToLast(tf, dy)],
  });
}

/** Zeros between the taps of a filter [kh, kw, …]: TensorFlow has no gradient for dilation on the CPU. */
function dilated(tape: Tape, filter: Variable, dilations: readonly number[]): Variable {
  let result = filter;
  dilations.forEach((step, axis) => {
    const shape = result.shape;
    const size = shape[axis];
    if (step === 1 || size === 1) return;
    const apart = [...shape.slice(0, axis + 1), 1, ...shape.slice(axis + 1)];
    const wide = tape.kernel('Reshape', { x: result }, { shape: apart });
    const paddings = apart.map((_, i) => (i === axis + 1 ? [0, step - 1] : [0, 0]));
    const spread = tape.kernel('PadV2', { x: wide }, { paddings, constantValue: 0 });
    const joined = shape.map((dim, i) => (i === axis ? size * step : dim));
    const long = tape.kernel('Reshape', { x: spread }, { shape: joined });
    // The zeros behind the last tap.
    const kept = joined.map((dim, i) => (i === axis ? dim - (step - 1) : dim));
    result = tape.kernel('Slice', { x: long }, { begin: kept.map(() => 0), size: kept });
  });
  return result;
}

interface Convolution extends Placed {
  readonly tape: Tape;
}

function convolve(o: Convolution, x: Variable, filter: Variable, kind: 'Conv2D' | 'DepthwiseConv2dNative'): Variable {
  const attributes = {
    strides: [...o.window.strides],
    pad: o.padding,
    dataFormat: 'NHWC',
    dilations: [1, 1],
    dimRoundingMode: null as unknown as string,
  };
  return o.tape.kernel(kind, { x, filter: dilated(o.tape, filter, o.window.dilations) }, attributes);
}

/** Every channel with `multiplier` filters of its own; weight [C · multiplier, 1, kh, kw]. */
function depthwise(o: Convolution, x: Variable, weight: Variable): Variable {
  const channels = x.shape[3];
  const [filters, , kh, kw] = weight.shape;
  const apart = o.tape.kernel('Reshape', { x: weight }, { shape: [channels, filters / channels, kh, kw] });
  const filter = o.tape.kernel('Transpose', { x: apart }, { perm: [2, 3, 0, 1] });
  return convolve(o, x, filter, 'DepthwiseConv2dNative');
}

/** Weight [O, I, kh, kw] → filter [kh, kw, I, O]. */
const whole = (o: Convolution, x: Variable, weight: Variable): Variable =>
  convolve(o, x, o.tape.kernel('Transpose', { x: weight }, { perm: [2, 3, 1, 0] }), 'Conv2D');

/** Each group of channels by itself: TensorFlow has no gradient for groups on the CPU. */
function grouped(o: Convolution, x: Variable, weight: Variable, groups: number): Variable {
  const [n, h, w, channels] = x.shape;
  const [filters, perGroup, kh, kw] = weight.shape;
  const each = filters / groups;
  const parts = Array.from({ length: groups }, (_, g) => {
    const size = [n, h, w, channels / groups];
    const own = o.tape.kernel('Slice', { x }, { begin: [0, 0, 0, (g * channels) / groups], size });
    const rows = { begin: [g * each, 0, 0, 0], size: [each, perGroup, kh, kw] };
    return whole(o, own, o.tape.kernel('Slice', { x: weight }, rows));
  });
  return o.tape.kernel('Concat', parts, { axis: 3 });
}

const conv: Operation = (call: Call) => {
  const { tape, node } = call;
  const [weight, bias] = [input(call, 1), call.inputs[2]];
  const picture = input(call, 0);
  if (weight.dims.length !== 4) {
    throw notTrained(node, `its kernel has ${weight.dims.length} axes; expected [O, I, kh, kw]`);
  }
  const placed = { ...place(node, picture.dims, weight.dims.slice(2)), tape };
  const x = padded(tape, toChannelsLast(tape, picture).variable, placed.extra);
  const groups = intAttribute(node, 'group', 1);
  const [strideY, strideX] = placed.window.strides;
  const w = weight.variable;
  let y: Variable;
  if (groups === 1) y = whole(placed, x, w);
  // TensorFlow's depthwise kernel takes one stride for both axes.
  else if (groups === picture.dims[1] && strideY === strideX) y = depthwise(placed, x, w);
  else y = grouped(placed, x, w, groups);
  return channelsLast(bias ? biased(tape, y, bias.variable) : y);
};

export const convolution: Readonly<Record<string, Operation>> = { Conv: conv };
