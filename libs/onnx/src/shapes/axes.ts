/** @file Broadcasting and axes, as ONNX (and numpy) define them. */
import { OnnxError } from '../errors.ts';

/** The shape of an element-wise operation on both. Throws SHAPE_MISMATCH where they don't broadcast. */
export function broadcast(a: readonly number[], b: readonly number[], where: string): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const left = a[axis - rank + a.length] ?? 1;
    const right = b[axis - rank + b.length] ?? 1;
    if (left === right || right === 1) return left;
    if (left === 1) return right;
    throw new OnnxError('SHAPE_MISMATCH', `${where} can't combine shapes [${a}] and [${b}]`);
  });
}

/** An axis counted from the front. Throws SHAPE_MISMATCH where it lies outside -rank..rank-1. */
export function normalAxis(axis: number, rank: number, where: string): number {
  const from = axis < 0 ? axis + rank : axis;
  if (!(from >= 0 && from < rank)) {
    throw new OnnxError('SHAPE_MISMATCH', `${where} names axis ${axis} of a tensor with ${rank} axes`);
  }
  return from;
}

/** Elements to step over for one step along each axis, row-major. */
export function stridesOf(dims: readonly number[]): number[] {
  const strides = new Array<number>(dims.length).fill(1);
  for (let axis = dims.length - 2; axis >= 0; axis -= 1) strides[axis] = strides[axis + 1]! * dims[axis + 1]!;
  return strides;
}

/** One axis of a Slice: which elements it takes. */
export interface Span {
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

/** Resolves ONNX's Slice on an axis of `size` elements: negative and far too large indices are clamped. */
export function spanOf(size: number, start: number, end: number, step: number, where: string): Span {
  if (step === 0) throw new OnnxError('SHAPE_MISMATCH', `${where} slices with step 0`);
  const clamp = (index: number) => {
    const from = index < 0 ? index + size : index;
    return step > 0 ? Math.min(Math.max(from, 0), size) : Math.min(Math.max(from, -1), size - 1);
  };
  const [first, last] = [clamp(start), clamp(end)];
  return { start: first, step, count: Math.max(0, Math.ceil((last - first) / step)) };
}
