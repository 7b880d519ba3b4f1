/** @file The element types: their ONNX numbers, sizes in bytes and typed arrays. */
import { OnnxError } from './errors.ts';
import type { DataType, TensorData } from './graph.ts';

interface TypedArrayClass {
  readonly BYTES_PER_ELEMENT: number;
  new (length: number): TensorData;
  new (buffer: ArrayBuffer): TensorData;
}

/** TensorProto.DataType by name. */
export const ONNX_TYPE_NUMBER: Readonly<Record<DataType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
};

const arrays: Readonly<Record<DataType, unknown>> = {
  float32: Float32Array,
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  bool: Uint8Array,
  float16: Uint16Array,
  float64: Float64Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
};

const names = new Map<number, DataType>(
  Object.entries(ONNX_TYPE_NUMBER).map(([name, number]) => [number, name as DataType]),
);

/** The typed array class that holds elements of `type`. */
export function arrayClass(type: DataType): TypedArrayClass {
  return arrays[type] as TypedArrayClass;
}

/** Bytes an element of `type` takes. */
export function elementBytes(type: DataType): number {
  return arrayClass(type).BYTES_PER_ELEMENT;
}

/** The name of a TensorProto.DataType number; UNSUPPORTED for strings, complex numbers, bfloat16 and newer types. */
export function dataTypeOf(number: number, where: string): DataType {
  const name = names.get(number);
  if (name === undefined) {
    throw new OnnxError(
      'UNSUPPORTED',
      `${where} has ONNX element type ${number}; expected one of ${[...names].map(([n, t]) => `${n} (${t})`).join(', ')}: export the model with such types`,
    );
  }
  return name;
}
