/** @file Pools on [N, H, W, C]. A maximum's gradient goes to the first element that has it, as in ONNX Runtime. */

import { intAttribute, intsAttribute } from '@dqn/onnx';
import type { Tensor } from '@tensorflow/tfjs';
import { type Call, input, notTrained, type Operation } from '../operation.ts';
import { channelsLast, toChannelsLast, type Value } from '../value.ts';
import { type Placed, padded, place } from './window.ts';

function kernelOf(call: Call): readonly number[] {
  const kernel = intsAttribute(call.node, 'kernel_shape');
  if (kernel?.length !== 2) throw notTrained(call.node, `its kernel is [${kernel ?? ''}]; expected two axes`);
  return kernel;
}

function placed(call: Call, kernel: readonly number[]): Placed {
  const result = place(call.node, input(call, 0).dims, kernel);
  if (result.window.dilations.some((dilation) => dilation !== 1)) throw notTrained(call.node, 'it is dilated');
  return result;
}

const attributes = ({ window, padding }: Placed) => ({
  filterSize: [...window.kernel],
  strides: [...window.strides],
  pad: padding,
  dimRoundingMode: null as unknown as string,
});

const maxPool: Operation = (call) => {
  const p = placed(call, kernelOf(call));
  const x = toChannelsLast(call.tape, input(call, 0)).variable;
  const bordered = padded(call.tape, x, p.extra, Number.NEGATIVE_INFINITY);
  return channelsLast(call.tape.kernel('MaxPool', { x: bordered }, attributes(p)));
};

const globalMaxPool: Operation = (call) => {
  const x = toChannelsLast(call.tape, input(call, 0)).variable;
  const filterSize = x.shape.slice(1, 3);
  const whole = { filterSize, strides: [1, 1], pad: 'valid', dimRoundingMode: null as unknown as string };
  return channelsLast(call.tape.kernel('MaxPool', { x }, whole));
};

/** For every window: its area over the elements that count, [1, OH, OW, 1]. */
function corrections(call: Call, { window }: Placed, spatial: readonly number[]): () => Tensor {
  const { kernel, strides, padsBegin, padsEnd, output } = window;
  const includePad = intAttribute(call.node, 'count_include_pad', 0) === 1;
  const count = (axis: number, at: number): number => {
    const first = at * strides[axis] - padsBegin[axis];
    const low = includePad ? -padsBegin[axis] : 0;
    const high = spatial[axis] + (includePad ? padsEnd[axis] : 0);
    return Math.min(first + kernel[axis], high) - Math.max(first, low);
  };
  const [outY, outX] = output;
  const area = kernel[0] * kernel[1];
  return () =>
    call.tape.tf.tensor4d(
      Float32Array.from(
        { length: outY * outX },
        (_, i) => area / (count(0, Math.floor(i / outX)) * count(1, i % outX)),
      ),
      [1, outY, outX, 1],
    );
}

const averagePool: Operation = (call) => {
  const { tape, node } = call;
  const value = input(call, 0);
  const p = placed(call, kernelOf(call));
  const x = toChannelsLast(tape, value).variable;
  const includePad = intAttribute(node, 'count_include_pad', 0) === 1;
  // TensorFlow's `same` leaves its own padding out of the mean, which is ONNX's default; so do TF.js's other backends,
  // but their gradient doesn't.
  const exact = p.padding === 'same' && tape.tf.getBackend() === 'tensorflow';
  if (exact && !includePad) return channelsLast(tape.kernel('AvgPool', { x }, attributes(p)));
  const [top, left] = p.window.padsBegin;
  const extra = p.padding === 'same' ? sameBorder(p, value.dims) : p.extra;
  const mean = tape.kernel('AvgPool', { x: padded(tape, x, extra) }, { ...attributes(p), pad: 'valid' });
  if (!extra && top + left === 0) return channelsLast(mean);
  const spatial = value.dims.slice(2);
  const factors = call.cached(`${node.name}.${spatial}`, corrections(call, p, spatial));
  return channelsLast(tape.kernel('Multiply', { a: mean, b: factors }));
};

/** The border that `same` means. */
function sameBorder({ window }: Placed, dims: readonly number[]): readonly [number, number, number, number] {
  const end = (axis: 0 | 1): number =>
    Math.max(
      0,
      (window.output[axis] - 1) * window.strides[axis] + window.kernel[axis] - dims[axis + 2] - window.padsBegin[axis],
    );
  return [window.padsBegin[0], end(0), window.padsBegin[1], end(1)];
}

/** The mean of every plane, [N, C, 1, 1]. */
const globalAveragePool: Operation = (call): Value => {
  const x = toChannelsLast(call.tape, input(call, 0)).variable;
  const mean = call.tape.kernel('Mean', { x }, { axis: [1, 2], keepDims: true });
  return channelsLast(
    mean.shape.length === 4
      ? mean
      : call.tape.kernel('Reshape', { x: mean }, { shape: [x.shape[0], 1, 1, x.shape[3]] }),
  );
};

export const pooling: Readonly<Record<string, Operation>> = {
  MaxPool: maxPool,
  GlobalMaxPool: globalMaxPool,
  AveragePool: averagePool,
  GlobalAveragePool: globalAveragePool,
};
