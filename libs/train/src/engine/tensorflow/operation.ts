/** @file What an operation of the graph is given when it runs, and what it says when it can't. */

import type { Node, Tensor as OnnxTensor } from '@dqn/onnx';
import type { Tensor } from '@tensorflow/tfjs';
import { TrainError } from '../../errors.ts';
import type { Tape, Variable } from './tape.ts';
import type { Value } from './value.ts';

/** One node about to run. */
export interface Call {
  readonly tape: Tape;
  readonly node: Node;
  /** Its inputs; undefined where absent, and where the node needs them as numbers only (see `constant`). */
  readonly inputs: readonly (Value | undefined)[];
  /** The dimensions of its first output. */
  readonly dims: readonly number[];
  /**
   * An input that must be a constant of the graph (axes, pads, bounds); undefined where absent, and for `or computed`
   * where it isn't constant.
   */
  constant(input: number, or?: 'or computed'): OnnxTensor | undefined;
  /** A tensor made once and kept as long as the engine, such as a table of factors. */
  cached(key: string, make: () => Tensor): Variable;
  /** The dropout mask of this node in training, shaped as its input; undefined in inference. */
  mask(ratio: number): Value | undefined;
}

/** Runs a node: its first output. */
export type Operation = (call: Call) => Value;

/** An error that says why a node can't be trained. */
export function notTrained(node: Node, why: string): TrainError {
  return new TrainError(
    'OP_NOT_TRAINED',
    `Node "${node.name}" (${node.op}) can't be trained by the engine tensorflow: ${why}. Cut the graph behind it (--cut), so that it stays frozen, or use --engine onnxruntime.`,
  );
}

/** An input that has to be there. */
export function input(call: Call, index: number): Value {
  const value = call.inputs[index];
  if (!value) throw notTrained(call.node, `its input ${index} is missing`);
  return value;
}
