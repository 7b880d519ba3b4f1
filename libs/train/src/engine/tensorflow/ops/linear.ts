/** @file Matrix products. */

import { floatAttribute, intAttribute } from '@dqn/onnx';
import { type Call, input, notTrained, type Operation } from '../operation.ts';
import type { Tape, Variable } from '../tape.ts';
import { plain, toPlain } from '../value.ts';
import { biased } from './convolution.ts';
import { unbroadcast } from './elementwise.ts';

const product = (tape: Tape, a: Variable, b: Variable, transposeA = false, transposeB = false): Variable =>
  tape.kernel('BatchMatMul', { a, b }, { transposeA, transposeB });

const scaled = (tape: Tape, x: Variable, factor: number): Variable => {
  const { tf } = tape;
  return tape.step({
    inputs: [x],
    forward: () => tf.mul(x.tensor, factor),
    backward: (dy) => [() => tf.mul(dy, factor)],
  });
};

/** α A′B′ + βC, where ′ is an optional transpose. */
const gemm: Operation = (call: Call) => {
  const { tape, node } = call;
  const { tf } = tape;
  const [a, b] = [0, 1].map((index) => toPlain(tape, input(call, index)).variable);
  const c = call.inputs[2];
  const alpha = floatAttribute(node, 'alpha', 1);
  const beta = floatAttribute(node, 'beta', 1);
  let y = product(tape, a, b, intAttribute(node, 'transA', 0) === 1, intAttribute(node, 'transB', 0) === 1);
  if (alpha !== 1) y = scaled(tape, y, alpha);
  if (!c || beta === 0) return plain(y);
  let bias = toPlain(tape, c).variable;
  if (beta !== 1) bias = scaled(tape, bias, beta);
  if (bias.shape.length === 1 && bias.shape[0] === y.shape[1]) return plain(biased(tape, y, bias));
  const product_ = y;
  return plain(
    tape.step({
      inputs: [product_, bias],
      forward: () => tf.add(product_.tensor, bias.tensor),
      backward: (dy) => [() => dy, () => unbroadcast(tape, dy, bias.shape)],
    }),
  );
};

/** The leading axes of a stack of matrices, repeated to `lead`. */
function repeated(call: Call, x: Variable, lead: readonly number[]): Variable {
  const { tape, node } = call;
  const shape = [...new Array<number>(lead.length + 2 - x.shape.length).fill(1), ...x.shape];
  const reps = shape.map((size, axis) => (axis < lead.length ? lead[axis] / size : 1));
  const raised = shape.length === x.shape.length ? x : tape.kernel('Reshape', { x }, { shape });
  if (reps.every((times) => times === 1)) return raised;
  if (shape.length > 4) throw notTrained(node, `it broadcasts matrices over ${lead.length} axes; expected at most 2`);
  return tape.kernel('Tile', { x: raised }, { reps });
}

const matmul: Operation = (call: Call) => {
  const { tape, node, dims } = call;
  const [a, b] = [0, 1].map((index) => toPlain(tape, input(call, index)).variable);
  if (a.shape.length < 2 || b.shape.length < 2) {
    throw notTrained(node, 'one operand is a vector; expected two matrices: add an axis of length 1 by Unsqueeze');
  }
  if (b.shape.length === 2) {
    // One product over all rows.
    const inner = b.shape[0];
    const rows = a.shape.length === 2 ? a : tape.kernel('Reshape', { x: a }, { shape: [a.tensor.size / inner, inner] });
    const y = product(tape, rows, b);
    return plain(a.shape.length === 2 ? y : tape.kernel('Reshape', { x: y }, { shape: [...dims] }));
  }
  const lead = dims.slice(0, -2);
  return plain(product(tape, repeated(call, a, lead), repeated(call, b, lead)));
};

export const linear: Readonly<Record<string, Operation>> = { Gemm: gemm, MatMul: matmul };
