/** @file The window of a convolution or pool as TensorFlow says it: `same`, `valid`, or padding by hand and `valid`. */

import { type Node, type Window, windowOf } from '@dqn/onnx';
import { notTrained } from '../operation.ts';
import type { Tape, Variable } from '../tape.ts';

/** A window and the two words TensorFlow knows for its padding. */
export interface Placed {
  readonly window: Window;
  readonly padding: 'same' | 'valid';
  /** What has to be put around the picture first, [top, bottom, left, right]; undefined: nothing. */
  readonly extra: readonly [number, number, number, number] | undefined;
}

/** The window of a node over pictures [N, C, H, W]. */
export function place(node: Node, dims: readonly number[], kernel: readonly number[]): Placed {
  if (dims.length !== 4) throw notTrained(node, `its input has ${dims.length} axes; expected pictures [N, C, H, W]`);
  const spatial = dims.slice(2);
  const window = windowOf(node, spatial, kernel);
  const { strides, dilations, padsBegin, output } = window;
  const reach = kernel.map((size, axis) => (size - 1) * dilations[axis] + 1);
  // Padding behind the last window makes no difference, and ceil_mode may need more than the node says.
  const ends = output.map((count, axis) =>
    Math.max(0, (count - 1) * strides[axis] + reach[axis] - spatial[axis] - padsBegin[axis]),
  );
  if ([...padsBegin, ...ends].every((pad) => pad === 0)) return { window, padding: 'valid', extra: undefined };
  const same = spatial.every((size, axis) => {
    const count = Math.ceil(size / strides[axis]);
    const total = Math.max(0, (count - 1) * strides[axis] + reach[axis] - size);
    return (
      output[axis] === count && padsBegin[axis] === Math.floor(total / 2) && ends[axis] === total - padsBegin[axis]
    );
  });
  if (same) return { window, padding: 'same', extra: undefined };
  return { window, padding: 'valid', extra: [padsBegin[0], ends[0], padsBegin[1], ends[1]] };
}

/** x [N, H, W, C] with a border of `value`. */
export function padded(tape: Tape, x: Variable, extra: Placed['extra'], value = 0): Variable {
  if (!extra) return x;
  const [top, bottom, left, right] = extra;
  const paddings = [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ];
  return tape.kernel('PadV2', { x }, { paddings, constantValue: value });
}
