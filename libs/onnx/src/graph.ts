/**
 * @file The network as plain data: what an ONNX model says, without protobuf.
 *
 * Everything in this package takes a `Graph` and gives a `Graph`; nothing changes one in place.
 */

/** Element types this package reads and writes, by the names that ONNX Runtime's JavaScript API uses. */
export type DataType =
  | 'float32'
  | 'float16'
  | 'float64'
  | 'uint8'
  | 'int8'
  | 'uint16'
  | 'int16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'uint64'
  | 'bool';

/** The elements of a tensor; float16 is kept as its bits in a Uint16Array, bool as one byte an element. */
export type TensorData =
  | Float32Array
  | Float64Array
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/** A constant of the graph: `data` holds the product of `dims` elements, row-major. */
export interface Tensor {
  readonly type: DataType;
  readonly dims: readonly number[];
  readonly data: TensorData;
}

/** An attribute of a node, tagged by its ONNX type. */
export type Attribute =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly string: string }
  | { readonly tensor: Tensor }
  | { readonly ints: readonly number[] }
  | { readonly floats: readonly number[] }
  | { readonly strings: readonly string[] };

/** One operation. An optional input that is absent is the empty string, as in ONNX. */
export interface Node {
  readonly op: string;
  /** Unique in the graph, not empty. */
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
  /** The operator set; absent for the standard one. */
  readonly domain?: string;
}

/**
 * An input or output of the graph; a string in `dims` names a dimension that varies, such as the batch. The dims
 * `['...']` say that not even the rank is known: the file then carries no shape.
 */
export interface Value {
  readonly name: string;
  readonly type: DataType;
  readonly dims: readonly (number | string)[];
}

/** A whole network: nodes in topological order. */
export interface Graph {
  readonly name: string;
  readonly opset: number;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly nodes: readonly Node[];
  readonly initializers: ReadonlyMap<string, Tensor>;
  /** ONNX metadata_props. */
  readonly metadata: Readonly<Record<string, string>>;
}
