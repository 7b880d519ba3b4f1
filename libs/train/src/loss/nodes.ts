/** @file The losses' operations as nodes of an ONNX graph. */

import type { Attribute, DataType, Graph, Node, Tensor, Value } from '@dqn/onnx';
import type { Algebra } from './algebra.ts';

/** Operator set 17. */
const OPSET = 17;
/** The data type int32 by its number in ONNX. */
const INT32 = 6;

/** Writes down what is computed; a tensor is known by its name. */
export class NodeAlgebra implements Algebra<string> {
  readonly #inputs: Value[] = [];
  readonly #nodes: Node[] = [];
  readonly #initializers = new Map<string, Tensor>();

  /** An input of float32. */
  input(name: string, dims: readonly number[]): string {
    this.#inputs.push({ name, type: 'float32', dims });
    return name;
  }

  add = (a: string, b: string | number): string => this.#node('Add', [a, this.#operand(b)]);
  sub = (a: string, b: string | number): string => this.#node('Sub', [a, this.#operand(b)]);
  mul = (a: string, b: string | number): string => this.#node('Mul', [a, this.#operand(b)]);
  matMul = (a: string, b: string): string => this.#node('MatMul', [a, b]);
  transpose = (a: string): string => this.#node('Transpose', [a], { perm: { ints: [1, 0] } });
  relu = (a: string): string => this.#node('Relu', [a]);
  abs = (a: string): string => this.#node('Abs', [a]);
  exp = (a: string): string => this.#node('Exp', [a]);
  log = (a: string): string => this.#node('Log', [a]);
  sigmoid = (a: string): string => this.#node('Sigmoid', [a]);
  reciprocal = (a: string): string => this.#node('Reciprocal', [a]);
  rsqrt = (a: string): string => this.reciprocal(this.#node('Sqrt', [a]));
  sum = (a: string): string => this.#node('ReduceSum', [a], { keepdims: { int: 0 } });
  rowSums = (a: string): string => this.#node('ReduceSum', [a, this.#integers([1])], { keepdims: { int: 1 } });
  columns = (a: string, from: number, count: number): string =>
    this.#node('Slice', [a, this.#integers([from]), this.#integers([from + count]), this.#integers([1])]);
  joined = (parts: readonly string[]): string =>
    parts.length === 1 ? parts[0] : this.#node('Concat', parts, { axis: { int: 1 } });
  smallest = (a: string): string =>
    this.#node('Cast', [this.#node('ArgMin', [a], { axis: { int: 1 }, keepdims: { int: 0 } })], { to: { int: INT32 } });
  rows = (table: string, places: string): string => this.#node('Gather', [table, places], { axis: { int: 0 } });

  /** The graph of these outputs: name → what is given out, its type and its shape. */
  graph(
    outputs: Readonly<Record<string, { readonly of: string; readonly type?: DataType; readonly dims: number[] }>>,
  ): Graph {
    const named: Value[] = Object.entries(outputs).map(([name, { of, type = 'float32', dims }]) => {
      this.#nodes.push({ op: 'Identity', name, inputs: [of], outputs: [name], attributes: {} });
      return { name, type, dims };
    });
    return {
      ...{ name: 'loss', opset: OPSET, inputs: this.#inputs, outputs: named },
      ...{ nodes: this.#nodes, initializers: this.#initializers, metadata: {} },
    };
  }

  #node(op: string, inputs: readonly string[], attributes: Record<string, Attribute> = {}): string {
    const name = `${op.toLowerCase()}.${this.#nodes.length}`;
    this.#nodes.push({ op, name, inputs, outputs: [name], attributes });
    return name;
  }

  #operand(value: string | number): string {
    if (typeof value === 'string') return value;
    const name = `number.${value}`;
    this.#initializers.set(name, { type: 'float32', dims: [], data: Float32Array.of(value) });
    return name;
  }

  #integers(values: readonly number[]): string {
    const name = `integers.${values.join('.')}`;
    this.#initializers.set(name, { type: 'int64', dims: [values.length], data: BigInt64Array.from(values, BigInt) });
    return name;
  }
}
