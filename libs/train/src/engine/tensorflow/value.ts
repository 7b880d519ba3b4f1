/**
 * @file Where the numbers of a picture lie. ONNX means [N, C, H, W]; TensorFlow's CPU kernels want [N, H, W, C].
 *
 * A value says which of the two its tensor is in, and keeps ONNX's dimensions beside it. Convolutions and pools make
 * channels-last values, element-wise operations leave them so, and only what truly depends on the order (Flatten,
 * Reshape) moves the numbers back.
 */

import type { Tape, Variable } from './tape.ts';

/** A tensor of the graph while it runs. */
export interface Value {
  readonly variable: Variable;
  /** ONNX's dimensions. */
  readonly dims: readonly number[];
  /** True: `dims` is [N, C, H, W] and the tensor lies as [N, H, W, C]. */
  readonly channelsLast: boolean;
}

/** Logical axis → axis of the tensor, of a channels-last value. */
const PHYSICAL = [0, 3, 1, 2];

export const plain = (variable: Variable, dims: readonly number[] = variable.shape): Value => ({
  variable,
  dims,
  channelsLast: false,
});

/** A channels-last value from a tensor [N, H, W, C]. */
export function channelsLast(variable: Variable): Value {
  const [n, h, w, c] = variable.shape;
  return { variable, dims: [n, c, h, w], channelsLast: true };
}

/** The tensor's axis that holds ONNX's axis (negative ones count from the end). */
export function axisOf(value: Value, axis: number): number {
  const from = axis < 0 ? axis + value.dims.length : axis;
  return value.channelsLast ? PHYSICAL[from] : from;
}

/** A list with an entry for each ONNX axis, in the tensor's order. */
export function inOrder<T>(value: Value, entries: readonly T[]): T[] {
  return value.channelsLast ? [entries[0], entries[2], entries[3], entries[1]] : [...entries];
}

/** True where both orders are the same sequence of numbers. */
const sameEitherWay = ([, c, h, w]: readonly number[]): boolean => c === 1 || h * w === 1;

/** The value as ONNX orders it. */
export function toPlain(tape: Tape, value: Value): Value {
  if (!value.channelsLast) return value;
  const { variable, dims } = value;
  const x = sameEitherWay(dims)
    ? tape.kernel('Reshape', { x: variable }, { shape: [...dims] })
    : tape.kernel('Transpose', { x: variable }, { perm: [0, 3, 1, 2] });
  return plain(x);
}

/** A value [N, C, H, W] with its channels last. */
export function toChannelsLast(tape: Tape, value: Value): Value {
  if (value.channelsLast) return value;
  const { variable, dims } = value;
  const [n, c, h, w] = dims;
  const x = sameEitherWay(dims)
    ? tape.kernel('Reshape', { x: variable }, { shape: [n, h, w, c] })
    : tape.kernel('Transpose', { x: variable }, { perm: [0, 2, 3, 1] });
  return channelsLast(x);
}

/** The same tensor in the dimensions `dims`. */
export function reshape(tape: Tape, value: Value, dims: readonly number[]): Value {
  const from = toPlain(tape, value);
  return plain(tape.kernel('Reshape', { x: from.variable }, { shape: [...dims] }));
}
