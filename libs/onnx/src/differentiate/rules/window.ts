/** @file The geometry of sliding windows: convolutions and pools over pictures [N, C, H, W]. */
import { intsAttribute } from '../../attributes.ts';
import type { Node } from '../../graph.ts';
import { windowOf as spatialWindow } from '../../shapes/window.ts';
import type { GradientContext } from '../context.ts';

/** Everything per axis: [height, width]. */
export interface Window {
  readonly input: readonly [number, number];
  readonly output: readonly [number, number];
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
  /** Padding before and after. */
  readonly before: readonly [number, number];
  readonly after: readonly [number, number];
}

type Pair = readonly [number, number];

/** The window of a node over a picture; only two spatial axes of known size can be trained. */
export function windowOf(g: GradientContext, node: Node, kernel: Pair): Window {
  const x = node.inputs[0]!;
  if (g.shape(x).length !== 4) {
    throw g.unsupported(node, `its input has ${g.shape(x).length} axes; expected pictures [N, C, H, W]`);
  }
  const input: Pair = [g.fixed(node, x, 2), g.fixed(node, x, 3)];
  const { output, strides, dilations, padsBegin, padsEnd } = spatialWindow(node, input, kernel);
  const pair = (values: readonly number[]): Pair => [values[0]!, values[1]!];
  return {
    input,
    output: pair(output),
    kernel,
    strides: pair(strides),
    dilations: pair(dilations),
    before: pair(padsBegin),
    after: pair(padsEnd),
  };
}

/** How far, along one axis, the last window ends before (+) or behind (−) the padded input's end. */
export function slack(window: Window, axis: 0 | 1): number {
  const { input, output, kernel, strides, dilations, before, after } = window;
  return (
    input[axis] +
    before[axis] +
    after[axis] -
    ((output[axis] - 1) * strides[axis] + (kernel[axis] - 1) * dilations[axis] + 1)
  );
}

/** Windows lie side by side: no overlap, no gap, no padding, nothing left over. */
export function tiles(window: Window): boolean {
  return ([0, 1] as const).every(
    (axis) =>
      (window.kernel[axis] === window.strides[axis] || window.output[axis] === 1) &&
      window.dilations[axis] === 1 &&
      window.before[axis] === 0 &&
      window.after[axis] === 0 &&
      slack(window, axis) === 0,
  );
}

/** The attribute `pads` in ONNX's order. */
export function padsOf(before: Pair, after: Pair): number[] {
  return [before[0], before[1], after[0], after[1]];
}

/** The kernel size of a pool. */
export function kernelOf(g: GradientContext, node: Node): Pair {
  const kernel = intsAttribute(node, 'kernel_shape');
  if (kernel?.length !== 2) throw g.unsupported(node, `its kernel is [${kernel ?? ''}]; expected two axes`);
  return [kernel[0]!, kernel[1]!];
}
