/** @file A pretrained network as the beginning of a retrieval network. */
import { describeNode, intsAttribute, stringAttribute } from '../attributes.ts';
import { GraphBuilder, type Initial } from '../builder.ts';
import { join, upTo } from '../cut.ts';
import { elementTypes } from '../element-types.ts';
import { OnnxError } from '../errors.ts';
import { fold } from '../fold.ts';
import type { Graph } from '../graph.ts';
import { atOpset } from '../opset.ts';
import { varyingTensors } from '../paths.ts';
import { shapeRules } from '../shapes/rules.ts';
import { inferShapes, windowOf } from '../shapes.ts';
import { findFeatures } from './features.ts';
import { forAnyBatch } from './flexible.ts';
import { inputFacts, type PixelLayout, type PixelScaling } from './input.ts';

/** What {@link backboneGraph} reads of a pretrained network, and what it feeds it. */
export interface BackboneGraphOptions extends Partial<Pick<PixelScaling, 'channels'>>, Omit<PixelScaling, 'channels'> {
  /**
   * The tensor that holds the features, [N, C], [N, C, 1, 1] or [N, C, H, W] (which is averaged over H and W).
   * Default: {@link findFeatures}.
   */
  readonly features?: string;
  /** Edge of the square input, pixels. */
  readonly size: number;
  /** Default: what the network's input says. */
  readonly layout?: PixelLayout;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** What {@link onBackbone} puts behind a pretrained network. */
export interface BackboneOptions extends BackboneGraphOptions {
  /** D, the bottleneck's dimensions. */
  readonly dimensions: number;
  /** Units of a hidden layer with ReLU before the bottleneck; 0 (none) if left out. */
  readonly hidden?: number;
  /** Dropout before each fully connected layer, [0, 1); 0 if left out. */
  readonly dropout?: number;
  readonly bottleneck?: Initial;
  /** Of the head's initial weights. */
  readonly seed: number;
}

/** The name of {@link backboneGraph}'s output where it isn't the features' own: [N, C, ...] made flat. */
const FLAT = 'features.flat';

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

/** Throws UNSUPPORTED_OP with all operations that have no shape rule: one message instead of one a try. */
function checkOperations(graph: Graph): void {
  const unknown = new Map<string, string>();
  for (const node of graph.nodes) {
    const op = node.domain ? `${node.domain}.${node.op}` : node.op;
    if (node.op === 'Constant' && !node.domain) continue;
    if (node.domain || !shapeRules.has(node.op)) unknown.set(op, unknown.get(op) ?? node.name);
  }
  if (unknown.size === 0) return;
  const list = [...unknown].map(([op, name]) => `${op} (node "${name}")`).join(', ');
  throw new OnnxError(
    'UNSUPPORTED_OP',
    `the network "${graph.name}" uses what can't be read here: ${list}; export it for inference with standard operations of ONNX, or take features before it`,
  );
}

/** Throws UNSUPPORTED where what depends on the picture is computed in another precision than float32. */
function checkPrecision(graph: Graph): void {
  const types = elementTypes(graph);
  for (const name of varyingTensors(graph)) {
    const type = types.get(name);
    if (type !== 'float16' && type !== 'float64') continue;
    throw new OnnxError(
      'UNSUPPORTED',
      `the network "${graph.name}" computes in ${type} (from "${name}" on), but is trained and served in float32: export it in float32 (weights alone may be float16, with a Cast)`,
    );
  }
}

/** Throws NOT_FINITE for weights that are NaN, or infinite where they are multiplied. */
function checkWeights(graph: Graph): void {
  const multiplied = new Set(
    graph.nodes.flatMap(({ op, inputs }) => (/^(Conv|ConvTranspose|Gemm|MatMul)$/.test(op) ? inputs.slice(1) : [])),
  );
  for (const [name, { data }] of graph.initializers) {
    if (!(data instanceof Float32Array)) continue;
    const at = data.findIndex((value) => Number.isNaN(value) || (multiplied.has(name) && !Number.isFinite(value)));
    if (at < 0) continue;
    throw new OnnxError(
      'NOT_FINITE',
      `weight ${at} of "${name}" in the network "${graph.name}" is ${data[at]}: the file is damaged or its training diverged; take another one`,
    );
  }
}

/** `image` uint8 [N, size, size, 3] RGB to what the network takes: float32 or uint8, in its layout, order and range. */
function pixelGraph(o: BackboneGraphOptions, layout: PixelLayout, type: 'float32' | 'uint8'): Graph {
  const b = new GraphBuilder('pixels');
  if (type === 'float32' && layout === 'nchw') {
    b.output(b.pixels(o.size, { mean: o.mean, scale: o.scale, channels: o.channels ?? 'rgb' }));
    return b.build();
  }
  let x = b.input('image', 'uint8', ['N', o.size, o.size, 3]);
  if (o.channels === 'bgr') {
    const order = b.constant('bgr', { type: 'int64', dims: [3], data: BigInt64Array.of(2n, 1n, 0n) });
    x = b.node('Gather', [x, order], { axis: { int: 3 } }, { name: 'pixels.bgr' });
  }
  if (layout === 'nchw') x = b.node('Transpose', [x], { perm: { ints: [0, 3, 1, 2] } }, { name: 'pixels.planes' });
  if (type === 'float32') {
    x = b.node('Cast', [x], { to: { int: 1 } }, { name: 'pixels.float' });
    const three = (key: string, values: readonly number[]) =>
      b.constant(key, { type: 'float32', dims: [3], data: Float32Array.from(values) });
    x = b.node('Sub', [x, three('mean', o.mean)], {}, { name: 'pixels.centred' });
    x = b.node('Mul', [x, three('scale', o.scale)], {}, { name: 'pixels' });
    b.output(x);
    return b.build();
  }
  if (o.mean.some((value) => value !== 0) || o.scale.some((value) => value !== 1)) {
    throw new OnnxError(
      'BAD_OPTION',
      `the network takes bytes (uint8), which can't be scaled: its pixels are 0-255, not (pixel - ${o.mean}) * ${o.scale}`,
    );
  }
  if (x === 'image') x = b.node('Identity', [x], {}, { name: 'pixels' });
  b.output(x);
  const graph = b.build();
  return { ...graph, outputs: graph.outputs.map((value) => ({ ...value, type })) };
}

/**
 * A pretrained network from pixels to features: `image` uint8 [N, size, size, 3] RGB -> scaled pixels in the network's
 * layout and colour order -> the network up to `features`, averaged over places and flat, float32 [N, C]: the graph's
 * output. The network's tensors keep their names, so it can be cut at any of {@link findCuts}; it is of operator set 17
 * and takes any batch; stored weights are expanded, normalisations folded, pads explicit for this size.
 *
 * Throws UNKNOWN_TENSOR where the network has no such features, UNSUPPORTED_OP for operations this package doesn't
 * know (all are named), UNSUPPORTED for arithmetic in float16, NOT_FINITE for weights that are NaN, INVALID_GRAPH for
 * other inputs than pictures, SHAPE_MISMATCH where it doesn't take pictures of this size or any batch, BAD_OPTION
 * where the layout must be told.
 */
export function backboneGraph(backbone: Graph, o: BackboneGraphOptions): Graph {
  const facts = inputFacts(backbone);
  const { input } = facts;
  const layout = o.layout ?? facts.layout;
  if (!layout) {
    throw new OnnxError(
      'BAD_OPTION',
      `the input "${input.name}" of the network "${backbone.name}" is [${input.dims}]: say whether it is nchw ([N, 3, H, W]) or nhwc ([N, H, W, 3])`,
    );
  }
  const channels = input.dims[layout === 'nchw' ? 1 : 3];
  if (typeof channels === 'number' && channels !== 3) {
    throw new OnnxError(
      'BAD_OPTION',
      `the input "${input.name}" of the network "${backbone.name}" is [${input.dims}], which isn't ${layout}: leave the layout out, or say ${layout === 'nchw' ? 'nhwc' : 'nchw'}`,
    );
  }
  const features = o.features ?? findFeatures(backbone);
  // Cut before folding: the tensor may be one that folding would rename.
  const trunk = upTo(backbone, features);
  checkOperations(trunk);
  checkPrecision(trunk);
  const picture = layout === 'nchw' ? [3, o.size, o.size] : [o.size, o.size, 3];
  const folded = atOpset(fold(trunk));
  checkWeights(folded);
  const flexible = fold(forAnyBatch(folded, picture));
  const inputDims = { [input.name]: [1, ...picture] };
  const plain = explicitPads(flexible, inputDims);
  const [, ...dims] = inferShapes(plain, inputDims).get(features)!;
  if (dims.length !== 1 && dims.length !== 3) {
    throw new OnnxError(
      'SHAPE_MISMATCH',
      `"${features}" of the network "${backbone.name}" is [N, ${dims}]; features are [N, C] or [N, C, H, W]: name another tensor`,
    );
  }
  const body = join(pixelGraph(o, layout, input.type as 'float32' | 'uint8'), {
    ...plain,
    outputs: [{ name: features, type: 'float32', dims: ['N', ...dims] }],
  });

  const metadata = { ...backbone.metadata, ...o.metadata };
  if (dims.length === 1) return { ...body, name: backbone.name, metadata };
  const end = new GraphBuilder(backbone.name);
  let x = end.input('features', 'float32', ['N', ...dims]);
  if (dims[1] !== 1 || dims[2] !== 1) x = end.globalAveragePool(x, 'features.average');
  end.output(end.flatten(x, FLAT));
  return { ...join(body, end.build()), metadata };
}

/**
 * A retrieval network on a pretrained one: {@link backboneGraph}, then (hidden layer) -> bottleneck `z` float32 [N, D].
 * Throws what {@link backboneGraph} throws.
 */
export function onBackbone(backbone: Graph, o: BackboneOptions): Graph {
  const body = backboneGraph(backbone, o);
  const head = new GraphBuilder('network', { seed: o.seed });
  let x = head.input('features', 'float32', body.outputs[0]!.dims);
  const ratio = o.dropout ?? 0;
  x = head.dropout(x, { ratio, name: 'features.dropout' });
  if (o.hidden) {
    x = head.relu(head.gemm(x, { name: 'fc', size: o.hidden }), 'fc.relu');
    x = head.dropout(x, { ratio, name: 'fc.dropout' });
  }
  head.bottleneck(x, { dimensions: o.dimensions, initial: o.bottleneck ?? 'lecun' });
  return join(body, head.build());
}
