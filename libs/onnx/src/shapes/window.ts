/** @file How a window (of a convolution or a pool) goes over a picture: strides, dilations, pads, output size. */
import { describeNode, intAttribute, intsAttribute, stringAttribute } from '../attributes.ts';
import { OnnxError } from '../errors.ts';
import type { Node } from '../graph.ts';

/** A window's way over the spatial axes of [N, C, ...spatial]; every array has one entry an axis. */
export interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Zeros before and after each axis; auto_pad is resolved here. */
  readonly padsBegin: readonly number[];
  readonly padsEnd: readonly number[];
  readonly output: readonly number[];
}

/**
 * The window of Conv, MaxPool or AveragePool over an input of `spatial` sizes.
 * Throws SHAPE_MISMATCH where attributes and sizes don't fit or the window is larger than the padded input.
 */
export function windowOf(node: Node, spatial: readonly number[], kernel: readonly number[]): Window {
  const rank = spatial.length;
  const attribute = (name: string, fallback: number, length = rank): readonly number[] => {
    const value = intsAttribute(node, name) ?? new Array<number>(length).fill(fallback);
    if (value.length !== length || value.some((entry) => !Number.isInteger(entry))) {
      throw new OnnxError(
        'SHAPE_MISMATCH',
        `${name} of ${describeNode(node)} is [${value}]; expected ${length} integers`,
      );
    }
    return value;
  };
  if (kernel.length !== rank) {
    throw new OnnxError('SHAPE_MISMATCH', `${describeNode(node)} has a window [${kernel}] over ${rank} spatial axes`);
  }
  const strides = attribute('strides', 1);
  const dilations = attribute('dilations', 1);
  if (strides.some((s) => s < 1) || dilations.some((d) => d < 1)) {
    throw new OnnxError(
      'SHAPE_MISMATCH',
      `strides [${strides}] and dilations [${dilations}] of ${describeNode(node)} must be at least 1`,
    );
  }
  const mode = stringAttribute(node, 'auto_pad', 'NOTSET');
  const pads = [...attribute('pads', 0, 2 * rank)];
  const reach = kernel.map((k, axis) => (k - 1) * dilations[axis]! + 1);
  if (mode === 'SAME_UPPER' || mode === 'SAME_LOWER') {
    for (let axis = 0; axis < rank; axis += 1) {
      const wanted = Math.ceil(spatial[axis]! / strides[axis]!);
      const total = Math.max(0, (wanted - 1) * strides[axis]! + reach[axis]! - spatial[axis]!);
      const small = Math.floor(total / 2);
      pads[axis] = mode === 'SAME_UPPER' ? small : total - small;
      pads[axis + rank] = total - pads[axis]!;
    }
  } else if (mode === 'VALID') {
    pads.fill(0);
  } else if (mode !== 'NOTSET') {
    throw new OnnxError(
      'UNSUPPORTED',
      `auto_pad "${mode}" of ${describeNode(node)} is none of NOTSET, VALID, SAME_UPPER, SAME_LOWER`,
    );
  }
  const ceil = intAttribute(node, 'ceil_mode', 0) === 1;
  const output = spatial.map((size, axis) => {
    const [begin, end] = [pads[axis]!, pads[axis + rank]!];
    const room = size + begin + end - reach[axis]!;
    if (room < 0) {
      throw new OnnxError(
        'SHAPE_MISMATCH',
        `the window of ${describeNode(node)} reaches over ${reach[axis]} but axis ${axis + 2} has ${size} (+${begin + end} padding): the picture is too small for this network`,
      );
    }
    const stride = strides[axis]!;
    let count = (ceil ? Math.ceil(room / stride) : Math.floor(room / stride)) + 1;
    // A last window that would start in the padding behind the input doesn't count.
    if (ceil && (count - 1) * stride >= size + begin) count -= 1;
    return count;
  });
  return { kernel: [...kernel], strides, dilations, padsBegin: pads.slice(0, rank), padsEnd: pads.slice(rank), output };
}
