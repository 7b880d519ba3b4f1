/**
 * @file The few operations on matrices that the losses are written in. TF.js computes them as they come; as a graph they
 * are kept for ONNX Runtime. All shapes are known beforehand.
 */

/** Matrices of float32 as some library has them; a number stands for every element. */
export interface Algebra<T> {
  add(a: T, b: T | number): T;
  sub(a: T, b: T | number): T;
  /** Element by element; a column [n, 1] meets every column of [n, D]. */
  mul(a: T, b: T | number): T;
  matMul(a: T, b: T): T;
  transpose(a: T): T;
  relu(a: T): T;
  abs(a: T): T;
  exp(a: T): T;
  log(a: T): T;
  sigmoid(a: T): T;
  reciprocal(a: T): T;
  /** 1 / √a */
  rsqrt(a: T): T;
  /** All elements, a scalar. */
  sum(a: T): T;
  /** [n, D] → [n, 1] */
  rowSums(a: T): T;
  /** [n, D] → [n, count] from column `from` on. */
  columns(a: T, from: number, count: number): T;
  /** Side by side. */
  joined(parts: readonly T[]): T;
  /** The place of each row's smallest element, the first of equal ones: [n, K] → int32 [n]. */
  smallest(a: T): T;
  /** Rows of a table [K, d] by int32 [n]: [n, d]. */
  rows(table: T, places: T): T;
}
