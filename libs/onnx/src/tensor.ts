/** @file Making and reading constants. */
import { OnnxError } from './errors.ts';
import { fromHalf, toHalf } from './float16.ts';
import type { DataType, Tensor, TensorData } from './graph.ts';
import { arrayClass } from './types.ts';

/** The number of elements of a shape; 1 for a scalar. */
export function sizeOf(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}

/** A float32 constant; `data` is not copied if it is a Float32Array. Throws SHAPE_MISMATCH where the sizes differ. */
export function float32(dims: readonly number[], data: Float32Array | readonly number[]): Tensor {
  return tensor('float32', dims, data instanceof Float32Array ? data : Float32Array.from(data));
}

/** An int64 constant, as ONNX wants shapes, axes and pads. */
export function int64(dims: readonly number[], data: readonly number[]): Tensor {
  return tensor('int64', dims, BigInt64Array.from(data, toBigInt));
}

/** A constant of any type. Throws SHAPE_MISMATCH where `data` doesn't hold as many elements as `dims` says. */
export function tensor(type: DataType, dims: readonly number[], data: TensorData): Tensor {
  if (data.length !== sizeOf(dims)) {
    throw new OnnxError(
      'SHAPE_MISMATCH',
      `a tensor of ${data.length} elements can't have the dimensions [${dims}], which hold ${sizeOf(dims)}`,
    );
  }
  return { type, dims: [...dims], data };
}

/** An integer as BigInt, held within int64 (numbers above 2^63-1, such as ONNX's "to the end", become that). */
export function toBigInt(value: number): bigint {
  if (value >= 2 ** 63) return 9223372036854775807n;
  if (value <= -(2 ** 63)) return -9223372036854775808n;
  return BigInt(Math.trunc(value));
}

/** All elements as numbers in double precision; int64 beyond 2^53 is rounded. */
export function toNumbers(tensor: Tensor): Float64Array {
  const { data } = tensor;
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) return Float64Array.from(data, Number);
  const out = new Float64Array(data);
  if (tensor.type === 'float16') for (let i = 0; i < out.length; i += 1) out[i] = fromHalf(data[i] as number);
  return out;
}

/** All elements as float32, [prod(dims)]; the tensor's own array where it is float32 already. */
export function toFloats(tensor: Tensor): Float32Array {
  return tensor.data instanceof Float32Array ? tensor.data : new Float32Array(toNumbers(tensor));
}

/** A tensor of `type` from numbers, converted as ONNX's Cast does: floats to integers truncate towards zero. */
export function fromNumbers(type: DataType, dims: readonly number[], values: Float64Array): Tensor {
  if (type === 'float32') return tensor(type, dims, new Float32Array(values));
  if (type === 'float64') return tensor(type, dims, values);
  const Class = arrayClass(type);
  const data = new Class(values.length);
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i]!;
    if (type === 'int64' || type === 'uint64') (data as BigInt64Array)[i] = toBigInt(value);
    else if (type === 'float16') data[i] = toHalf(value);
    else if (type === 'bool') data[i] = value === 0 ? 0 : 1;
    else data[i] = Math.trunc(value);
  }
  return tensor(type, dims, data);
}

/** Small integer tensors (shapes, axes, pads) as plain numbers. */
export function toInts(tensor: Tensor): number[] {
  return Array.from(toNumbers(tensor));
}
