/** @file What moves numbers without changing them, and what sums them. */

import { intAttribute, intsAttribute, stringAttribute, toInts, toNumbers } from '@dqn/onnx';
import { type Call, input, notTrained, type Operation } from '../operation.ts';
import type { Tape, Variable } from '../tape.ts';
import { axisOf, channelsLast, inOrder, plain, reshape, toChannelsLast, toPlain, type Value } from '../value.ts';

/** Reshape, Flatten, Squeeze, Unsqueeze: shape inference has said what comes out. */
const reshaped: Operation = (call) => reshape(call.tape, input(call, 0), call.dims);

const transpose: Operation = (call) => {
  const { tape, node } = call;
  const x = input(call, 0);
  const perm = intsAttribute(node, 'perm') ?? x.dims.map((_, i) => x.dims.length - 1 - i);
  // Between the two orders of a picture nothing has to move.
  if (!x.channelsLast && `${perm}` === '0,3,1,2') return channelsLast(x.variable);
  if (x.channelsLast && `${perm}` === '0,2,3,1') return plain(x.variable);
  return plain(tape.kernel('Transpose', { x: toPlain(tape, x).variable }, { perm: [...perm] }));
};

/** One order for all: channels last where any is so. */
function together(call: Call): Value[] {
  const values = call.inputs.map((_, index) => input(call, index));
  const last = values.some((value) => value.channelsLast);
  return last ? values.map((value) => toChannelsLast(call.tape, value)) : values;
}

const concat: Operation = (call) => {
  const values = together(call);
  const axis = axisOf(values[0], intAttribute(call.node, 'axis', 0));
  const inputs = values.map(({ variable }) => variable);
  const variable = inputs.length === 1 ? inputs[0] : call.tape.kernel('Concat', inputs, { axis });
  return { ...values[0], variable, dims: call.dims };
};

/** The elements first, first + step, … of one axis of the tensor. */
function strided(tape: Tape, x: Variable, axis: number, first: number, step: number, count: number): Variable {
  const at = (begin: number, length: number, of: Variable): Variable =>
    tape.kernel(
      'Slice',
      { x: of },
      {
        begin: of.shape.map((_, i) => (i === axis ? begin : 0)),
        size: of.shape.map((size, i) => (i === axis ? length : size)),
      },
    );
  if (step === 1) return count === x.shape[axis] ? x : at(first, count, x);
  if (step < 0) {
    const size = x.shape[axis];
    return strided(tape, tape.kernel('Reverse', { x }, { dims: [axis] }), axis, size - 1 - first, -step, count);
  }
  // Blocks of `step` elements, of which the first is taken; the last block may have to be filled up.
  const wanted = count * step;
  const there = Math.min(wanted, x.shape[axis] - first);
  let blocks = at(first, there, x);
  if (there < wanted) {
    const paddings = blocks.shape.map((_, i) => (i === axis ? [0, wanted - there] : [0, 0]));
    blocks = tape.kernel('PadV2', { x: blocks }, { paddings, constantValue: 0 });
  }
  const shape = blocks.shape;
  const apart = [...shape.slice(0, axis), count, step, ...shape.slice(axis + 1)];
  const split = tape.kernel('Reshape', { x: blocks }, { shape: apart });
  const size = apart.map((length, i) => (i === axis + 1 ? 1 : length));
  const taken = tape.kernel('Slice', { x: split }, { begin: apart.map(() => 0), size });
  return tape.kernel('Reshape', { x: taken }, { shape: shape.map((length, i) => (i === axis ? count : length)) });
}

/** Constant integers from an input or, in older operator sets, an attribute. */
function integers(call: Call, index: number, attribute: string): readonly number[] | undefined {
  const constant = call.constant(index);
  return constant ? toInts(constant) : intsAttribute(call.node, attribute);
}

const slice: Operation = (call) => {
  const { tape, node } = call;
  const x = input(call, 0);
  const starts = integers(call, 1, 'starts');
  const ends = integers(call, 2, 'ends');
  if (!starts || !ends) throw notTrained(node, 'it says not where to start and end');
  const axes = integers(call, 3, 'axes') ?? starts.map((_, i) => i);
  const steps = integers(call, 4, 'steps') ?? starts.map(() => 1);
  let { variable } = x;
  axes.forEach((axis, i) => {
    const logical = axis < 0 ? axis + x.dims.length : axis;
    const size = x.dims[logical];
    const from = starts[i] < 0 ? starts[i] + size : starts[i];
    const first = Math.min(Math.max(from, 0), steps[i] > 0 ? size : size - 1);
    const count = call.dims[logical];
    if (count === 0) throw notTrained(node, `it takes nothing from axis ${axis}`);
    variable = strided(tape, variable, axisOf(x, axis), first, steps[i], count);
  });
  return { ...x, variable, dims: call.dims };
};

const pad: Operation = (call) => {
  const { tape, node } = call;
  const x = input(call, 0);
  const mode = stringAttribute(node, 'mode', 'constant');
  if (mode !== 'constant') throw notTrained(node, `its mode is "${mode}"; expected "constant"`);
  const pads = integers(call, 1, 'pads') ?? [];
  const axes = call.constant(3) ? toInts(call.constant(3)!) : x.dims.map((_, axis) => axis);
  const value = call.constant(2);
  const amounts = x.dims.map((): [number, number] => [0, 0]);
  axes.forEach((axis, i) => {
    amounts[axis < 0 ? axis + x.dims.length : axis] = [pads[i], pads[axes.length + i]];
  });
  let { variable } = x;
  const physical = inOrder(x, amounts);
  if (physical.some(([before, after]) => before < 0 || after < 0)) {
    const { shape } = variable;
    const begin = physical.map(([before]) => Math.max(0, -before));
    const size = physical.map(([, after], axis) => shape[axis] - begin[axis] - Math.max(0, -after));
    variable = tape.kernel('Slice', { x: variable }, { begin, size });
  }
  const paddings = physical.map(([before, after]) => [Math.max(0, before), Math.max(0, after)]);
  if (paddings.some(([before, after]) => before + after > 0)) {
    const constantValue = value ? toNumbers(value)[0] : 0;
    variable = tape.kernel('PadV2', { x: variable }, { paddings, constantValue });
  }
  return { ...x, variable, dims: call.dims };
};

/** Gather by constant indices: BGR from RGB. */
const gather: Operation = (call) => {
  const { tape, node } = call;
  const { tf } = tape;
  const x = toPlain(tape, input(call, 0));
  const constant = call.constant(1);
  if (!constant) throw notTrained(node, 'its indices are missing');
  const axis = axisOf(x, intAttribute(node, 'axis', 0));
  const size = x.dims[axis];
  const at = Int32Array.from(toInts(constant), (index) => (index < 0 ? index + size : index));
  const indices = call.cached(`${node.name}.indices`, () => tf.tensor1d(at, 'int32'));
  const taken = tape.kernel('GatherV2', { x: x.variable, indices }, { axis, batchDims: 0 });
  return plain(tape.kernel('Reshape', { x: taken }, { shape: [...call.dims] }));
};

/** ReduceMean and ReduceSum. */
const reduced =
  (name: 'Mean' | 'Sum'): Operation =>
  (call) => {
    const { tape, node } = call;
    const keep = intAttribute(node, 'keepdims', 1) === 1;
    const axes = integers(call, 1, 'axes');
    // Without its axes a picture would have to be put in ONNX's order.
    const x = keep ? input(call, 0) : toPlain(tape, input(call, 0));
    if (axes?.length === 0 && intAttribute(node, 'noop_with_empty_axes', 0) === 1) return x;
    const over = axes && axes.length > 0 ? axes : x.dims.map((_, axis) => axis);
    const axis = over.map((a) => axisOf(x, a)).sort((a, b) => a - b);
    const made = tape.kernel(name, { x: x.variable }, { axis, keepDims: keep });
    const shape = keep ? x.variable.shape.map((size, i) => (axis.includes(i) ? 1 : size)) : [...call.dims];
    // TF.js's rules lose the kept axes in some backends' kernels.
    const variable = `${made.shape}` === `${shape}` ? made : tape.kernel('Reshape', { x: made }, { shape });
    return { ...x, variable, dims: call.dims };
  };

export const shapes: Readonly<Record<string, Operation>> = {
  Reshape: reshaped,
  Flatten: reshaped,
  Squeeze: reshaped,
  Unsqueeze: reshaped,
  Transpose: transpose,
  Concat: concat,
  Slice: slice,
  Pad: pad,
  Gather: gather,
  ReduceMean: reduced('Mean'),
  ReduceSum: reduced('Sum'),
};
