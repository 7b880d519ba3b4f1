/** @file A pretrained network as the trunk of a retrieval network. */
import { describeNode, intsAttribute, stringAttribute } from '../attributes.ts';
import { GraphBuilder, type Initial } from '../builder.ts';
import { join, upTo } from '../cut.ts';
import { OnnxError } from '../errors.ts';
import { fold } from '../fold.ts';
import type { Graph } from '../graph.ts';
import { atOpset } from '../opset.ts';
import { inferShapes, windowOf } from '../shapes.ts';

/** What {@link onBackbone} puts before and behind a pretrained network. */
export interface BackboneOptions {
  /** The tensor the head stands on, [N, C], [N, C, 1, 1] or [N, C, H, W] (which is averaged over H and W). */
  readonly features: string;
  /** Edge of the square input, pixels. */
  readonly size: number;
  /** (pixel - mean) * scale by channel, pixels 0-255, in the order of `channels`: what the backbone was trained on. */
  readonly mean: readonly number[];
  readonly scale: readonly number[];
  /** Order of the backbone's input channels; `rgb` if left out. */
  readonly channels?: 'rgb' | 'bgr';
  /** D, the bottleneck's dimensions. */
  readonly dimensions: number;
  /** Units of a hidden layer with ReLU before the bottleneck; 0 (none) if left out. */
  readonly hidden?: number;
  /** Dropout before each fully connected layer, [0, 1); 0 if left out. */
  readonly dropout?: number;
  readonly bottleneck?: Initial;
  /** Of the head's initial weights. */
  readonly seed: number;
  readonly metadata?: Record<string, string>;
}

/**
 * auto_pad as explicit pads, for inputs of the given shapes; ceil_mode and everything else stay.
 * Throws what {@link inferShapes} throws.
 */
export function explicitPads(graph: Graph, inputDims: Readonly<Record<string, readonly number[]>>): Graph {
  const shapes = inferShapes(graph, inputDims);
  const nodes = graph.nodes.map((node) => {
    if (node.domain || stringAttribute(node, 'auto_pad', 'NOTSET') === 'NOTSET') return node;
    const spatial = shapes.get(node.inputs[0]!)?.slice(2);
    const kernel = node.op === 'Conv' ? shapes.get(node.inputs[1]!)?.slice(2) : intsAttribute(node, 'kernel_shape');
    if (!spatial || !kernel)
      throw new OnnxError('UNSUPPORTED_OP', `auto_pad of ${describeNode(node)} can't be resolved`);
    const window = windowOf(node, spatial, kernel);
    const { auto_pad: _, ...attributes } = node.attributes;
    return { ...node, attributes: { ...attributes, pads: { ints: [...window.padsBegin, ...window.padsEnd] } } };
  });
  return { ...graph, nodes };
}

/**
 * A retrieval network on a pretrained one: `image` uint8 [N, size, size, 3] RGB -> scaled pixels -> the backbone up to
 * `features` -> (hidden layer) -> bottleneck `z` float32 [N, D]. The backbone's tensors keep their names, so the
 * network can be cut at any of them; its stored weights are expanded, its pads made explicit for this size.
 *
 * Throws UNKNOWN_TENSOR where the backbone has no such features, UNSUPPORTED_OP for operations this package doesn't
 * know, SHAPE_MISMATCH where the backbone doesn't take [N, 3, size, size].
 */
export function onBackbone(backbone: Graph, o: BackboneOptions): Graph {
  const [input] = backbone.inputs;
  if (!input || backbone.inputs.length > 1 || input.type !== 'float32') {
    throw new OnnxError(
      'INVALID_GRAPH',
      `a backbone takes one float32 input [N, 3, H, W]; this one takes ${backbone.inputs.map((v) => `${v.name}: ${v.type} [${v.dims}]`).join(', ')}`,
    );
  }
  // Cut before folding: the tensor may be one that folding would rename.
  const trunk = upTo(backbone, o.features);
  const pixelDims = [1, 3, o.size, o.size];
  const plain = explicitPads(atOpset(fold(trunk)), { [input.name]: pixelDims });
  const dims = inferShapes(plain, { [input.name]: pixelDims }).get(o.features)!;

  const before = new GraphBuilder('pixels');
  before.output(before.pixels(o.size, { mean: o.mean, scale: o.scale, channels: o.channels ?? 'rgb' }));
  const trunkInput = { ...input, dims: ['N', ...pixelDims.slice(1)] };
  const body = join(before.build(), {
    ...plain,
    inputs: [trunkInput],
    outputs: [{ name: o.features, type: 'float32', dims: ['N', ...dims.slice(1)] }],
  });

  const head = new GraphBuilder('network', { seed: o.seed });
  let x = head.input('features', 'float32', ['N', ...dims.slice(1)]);
  if (dims.length === 4 && (dims[2] !== 1 || dims[3] !== 1)) x = head.globalAveragePool(x, 'features.average');
  if (dims.length !== 2) x = head.flatten(x, 'features.flat');
  const ratio = o.dropout ?? 0;
  x = head.dropout(x, { ratio, name: 'features.dropout' });
  if (o.hidden) {
    x = head.relu(head.gemm(x, { name: 'fc', size: o.hidden }), 'fc.relu');
    x = head.dropout(x, { ratio, name: 'fc.dropout' });
  }
  head.bottleneck(x, { dimensions: o.dimensions, initial: o.bottleneck ?? 'lecun' });
  const whole = join(body, head.build());
  return { ...whole, metadata: { ...backbone.metadata, ...o.metadata } };
}
