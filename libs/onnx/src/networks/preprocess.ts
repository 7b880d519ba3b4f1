/** @file The pixel path's first half as a graph: a decoded picture of any size to the network's input. */
import { OnnxError } from '../errors.ts';
import type { Attribute, Graph, Node } from '../graph.ts';
import { int64 } from '../tensor.ts';

/** What {@link preprocessModel} makes. */
export interface PreprocessOptions {
  /** Edge of the square output, pixels. */
  readonly size: number;
  /** What the short side is resized to before the middle is cut out, at least `size`; `size` if left out. */
  readonly resize?: number;
  readonly metadata?: Record<string, string>;
}

/**
 * A graph (operator set 18, the first whose Resize has antialias) from `image`, one decoded picture uint8
 * [height, width, 3] RGB, to `pixels`, uint8 [1, size, size, 3]: the short side becomes `resize` pixels by a triangle
 * filter (bilinear above the original size), the middle is cut out. A picture of that size already stays as it is.
 *
 * Everything is uint8 and channels-last, where ONNX Runtime filters in integers: the same bits on every CPU and in
 * wasm, and no Transpose for its optimizer to push through Resize, which in 1.30 breaks graphs whose Resize has axes.
 *
 * Throws BAD_OPTION for sizes out of range.
 */
export function preprocessModel(o: PreprocessOptions): Graph {
  const { size, resize = size, metadata = {} } = o;
  if (!Number.isInteger(size) || size < 1 || size > 4096) {
    throw new OnnxError('BAD_OPTION', `size is ${size}; expected a whole number of pixels from 1 to 4096`);
  }
  if (!Number.isInteger(resize) || resize < size || resize > 8192) {
    throw new OnnxError('BAD_OPTION', `resize is ${resize}; expected a whole number from size (${size}) to 8192`);
  }
  const nodes: Node[] = [];
  const node = (op: string, inputs: readonly string[], output: string, attributes: Record<string, Attribute> = {}) => {
    nodes.push({ op, name: `${output}.${op.toLowerCase()}`, inputs, outputs: [output], attributes });
    return output;
  };
  const batch = node('Unsqueeze', ['image', 'const.first'], 'batch');
  const resized = node('Resize', [batch, '', '', 'const.short-side'], 'resized', {
    mode: { string: 'linear' },
    antialias: { int: 1 },
    // At the border the weights inside sum to 1, as Pillow and TensorFlow have it; otherwise the edge would be repeated.
    exclude_outside: { int: 1 },
    coordinate_transformation_mode: { string: 'half_pixel' },
    axes: { ints: [1, 2] },
    keep_aspect_ratio_policy: { string: 'not_smaller' },
  });
  const shape = node('Shape', [resized], 'resized.size', { start: { int: 1 }, end: { int: 3 } });
  const room = node('Sub', [shape, 'const.edge'], 'room');
  const start = node('Div', [room, 'const.two'], 'start');
  const end = node('Add', [start, 'const.edge'], 'end');
  node('Slice', [resized, start, end, 'const.axes'], 'pixels');
  return {
    name: 'preprocess',
    opset: 18,
    inputs: [{ name: 'image', type: 'uint8', dims: ['height', 'width', 3] }],
    outputs: [{ name: 'pixels', type: 'uint8', dims: [1, size, size, 3] }],
    nodes,
    initializers: new Map([
      ['const.first', int64([1], [0])],
      ['const.short-side', int64([2], [resize, resize])],
      ['const.edge', int64([2], [size, size])],
      ['const.two', int64([1], [2])],
      ['const.axes', int64([2], [1, 2])],
    ]),
    metadata,
  };
}
