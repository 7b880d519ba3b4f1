/** @file The losses' operations on TF.js. Call within tf.tidy. */

import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import type { Tf } from '../tf.ts';
import type { Algebra } from './algebra.ts';

/** The algebra of a TF.js. */
export const tensorAlgebra = (tf: Tf): Algebra<Tensor> => ({
  add: (a, b) => tf.add(a, b),
  sub: (a, b) => tf.sub(a, b),
  mul: (a, b) => tf.mul(a, b),
  // With its own flags for transposed factors matMul is fifty times slower on wasm.
  matMul: (a, b) => tf.matMul(a as Tensor2D, b as Tensor2D),
  transpose: (a) => tf.transpose(a),
  relu: (a) => tf.relu(a),
  abs: (a) => tf.abs(a),
  exp: (a) => tf.exp(a),
  log: (a) => tf.log(a),
  sigmoid: (a) => tf.sigmoid(a),
  reciprocal: (a) => tf.reciprocal(a),
  rsqrt: (a) => tf.rsqrt(a),
  sum: (a) => tf.sum(a),
  rowSums: (a) => tf.sum(a, 1, true),
  columns: (a, from, count) => tf.slice(a as Tensor2D, [0, from], [a.shape[0], count]),
  joined: (parts) => (parts.length === 1 ? parts[0] : tf.concat2d(parts as Tensor2D[], 1)),
  smallest: (a) => tf.argMin(a, 1),
  rows: (table, places) => tf.gather(table, places as Tensor1D),
});
