/**
 * @file Kernels that TensorFlow has and TF.js doesn't offer: one pass over memory where TF.js's rules take several.
 * On TF.js's other backends the plain formula stands in.
 */

import type { NamedTensorMap, Tensor, TensorInfo } from '@tensorflow/tfjs';
import type { Tf } from '../../tf.ts';

/** The part of tfjs-node's backend that runs any operation of TensorFlow by name. */
interface TensorflowBackend {
  readonly binding: { readonly TF_ATTR_TYPE: number; readonly TF_ATTR_STRING: number; readonly TF_FLOAT: number };
  executeSingleOutput(op: string, attributes: readonly object[], inputs: readonly TensorInfo[]): Tensor;
}

const PREFIX = 'dqn.';

/** TensorFlow's operations by their inputs. */
const OPERATIONS: Readonly<Record<string, { inputs: readonly string[]; nhwc?: true }>> = {
  ReluGrad: { inputs: ['dy', 'y'] },
  TanhGrad: { inputs: ['y', 'dy'] },
  SigmoidGrad: { inputs: ['y', 'dy'] },
  BiasAdd: { inputs: ['x', 'bias'], nhwc: true },
  BiasAddGrad: { inputs: ['dy'], nhwc: true },
};

/** Makes the kernels known to TF.js; may be called again. */
export function registerKernels(tf: Tf): void {
  for (const [op, { inputs, nhwc }] of Object.entries(OPERATIONS)) {
    if (tf.getKernel(PREFIX + op, 'tensorflow')) continue;
    tf.registerKernel({
      kernelName: PREFIX + op,
      backendName: 'tensorflow',
      kernelFunc: (call) => {
        const backend = call.backend as TensorflowBackend;
        const { binding } = backend;
        const attributes: object[] = [{ name: 'T', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT }];
        if (nhwc) attributes.push({ name: 'data_format', type: binding.TF_ATTR_STRING, value: 'NHWC' });
        return backend.executeSingleOutput(
          op,
          attributes,
          inputs.map((name) => call.inputs[name] as TensorInfo),
        );
      },
    });
  }
}

/** Runs one of them on `tensorflow`, else the formula. */
function either(tf: Tf, op: string, inputs: NamedTensorMap, formula: () => Tensor): Tensor {
  return tf.getBackend() === 'tensorflow' ? (tf.engine().runKernel(PREFIX + op, inputs) as Tensor) : formula();
}

/** dy where y > 0, else 0. */
export const reluGradient = (tf: Tf, dy: Tensor, y: Tensor): Tensor =>
  either(tf, 'ReluGrad', { dy, y }, () => tf.mul(dy, tf.step(y)));

/** dy (1 − y²). */
export const tanhGradient = (tf: Tf, dy: Tensor, y: Tensor): Tensor =>
  either(tf, 'TanhGrad', { dy, y }, () => tf.mul(dy, tf.sub(1, tf.square(y))));

/** dy y (1 − y). */
export const sigmoidGradient = (tf: Tf, dy: Tensor, y: Tensor): Tensor =>
  either(tf, 'SigmoidGrad', { dy, y }, () => tf.mul(dy, tf.mul(y, tf.sub(1, y))));

/** x + bias, bias along the last axis. */
export const addBias = (tf: Tf, x: Tensor, bias: Tensor): Tensor =>
  either(tf, 'BiasAdd', { x, bias }, () => tf.add(x, bias));

/** The sum over all axes but the last. */
export const sumToLast = (tf: Tf, dy: Tensor): Tensor =>
  either(tf, 'BiasAddGrad', { dy }, () =>
    tf.sum(
      dy,
      dy.shape.slice(0, -1).map((_, axis) => axis),
    ),
  );
