/** @file The paper's own network. */
import { GraphBuilder } from '../builder.ts';
import { OnnxError } from '../errors.ts';
import type { Graph } from '../graph.ts';

/** What {@link alexnet} builds. */
export interface AlexnetOptions {
  /** D, the bottleneck's dimensions; the paper's is 300. */
  readonly dimensions: number;
  /** Of the initial weights. */
  readonly seed: number;
  /** Edge of the input, at least 67; 227 if left out. */
  readonly size?: number;
  /** Multiplies all widths (a thin one for tests); 1 if left out. */
  readonly width?: number;
  readonly metadata?: Record<string, string>;
}

/** Mean of ImageNet's pixels, 0-255, R, G, B: what BVLC's models subtract. */
const IMAGENET_MEAN = [122.679, 116.669, 104.007];

/**
 * AlexNet (Krizhevsky, Sutskever, Hinton 2012) conv1 to fc7 as BVLC's CaffeNet has it (pool before normalisation),
 * then the bottleneck: input `image` uint8 [N, 227, 227, 3] RGB, output `z` float32 [N, D]. 57 million parameters and
 * those of the bottleneck. Initial weights are Caffe's: N(0, .01) for convolutions and the bottleneck, N(0, .005) for
 * fc6 and fc7, biases 0 or 1.
 *
 * Throws BAD_OPTION for a size or width out of range.
 */
export function alexnet(o: AlexnetOptions): Graph {
  const { size = 227, width = 1 } = o;
  if (!Number.isInteger(size) || size < 67 || size > 1024) {
    throw new OnnxError(
      'BAD_OPTION',
      `size is ${size}; alexnet takes whole numbers from 67 to 1024 (227 in the paper)`,
    );
  }
  if (!(width > 0 && width <= 4)) throw new OnnxError('BAD_OPTION', `width is ${width}; expected above 0 and up to 4`);
  // Even, because the groups of conv2, conv4 and conv5 halve it.
  const wide = (channels: number) => Math.max(2, 2 * Math.round((channels * width) / 2));
  const b = new GraphBuilder('alexnet', { seed: o.seed, ...(o.metadata ? { metadata: o.metadata } : {}) });
  const initial = 0.01;
  const normal = { size: 5, alpha: 1e-4, beta: 0.75 };
  let x = b.pixels(size, { mean: IMAGENET_MEAN });
  x = b.relu(b.conv(x, { name: 'conv1', channels: wide(96), kernel: 11, stride: 4, pad: 0, initial }));
  x = b.lrn(b.maxPool(x, { kernel: 3, stride: 2, name: 'pool1' }), { ...normal, name: 'norm1' });
  x = b.relu(b.conv(x, { name: 'conv2', channels: wide(256), kernel: 5, groups: 2, bias: 1, initial }));
  x = b.lrn(b.maxPool(x, { kernel: 3, stride: 2, name: 'pool2' }), { ...normal, name: 'norm2' });
  x = b.relu(b.conv(x, { name: 'conv3', channels: wide(384), initial }));
  x = b.relu(b.conv(x, { name: 'conv4', channels: wide(384), groups: 2, bias: 1, initial }));
  x = b.relu(b.conv(x, { name: 'conv5', channels: wide(256), groups: 2, bias: 1, initial }));
  x = b.flatten(b.maxPool(x, { kernel: 3, stride: 2, name: 'pool5' }), 'features');
  for (const name of ['fc6', 'fc7']) {
    x = b.relu(b.gemm(x, { name, size: wide(4096), bias: 1, initial: 0.005 }));
    x = b.dropout(x, { ratio: 0.5, name: `${name}.dropout` });
  }
  b.bottleneck(x, { dimensions: o.dimensions, initial });
  return b.build();
}
