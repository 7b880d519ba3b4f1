/** @file Where the features of a pretrained network are: what its classifier stands on. */
import { OnnxError } from '../errors.ts';
import type { Graph, Node } from '../graph.ts';
import { tensorsOnTheWay } from '../paths.ts';

/** Outputs of networks without a classifier are called so. */
const FEATURE_OUTPUTS = new Set([
  ...['features', 'feature', 'embedding', 'embeddings', 'pooled', 'pooler_output', 'image_embeds', 'feature_vector'],
]);

/** Operations that hand their input on, as far as features are concerned. */
const PASSING = new Set(['Dropout', 'Flatten', 'Identity', 'Reshape', 'Squeeze', 'Cast']);

/** Numbers of classes that pretrained classifiers have: ImageNet, with a background class, ImageNet-21k in two counts. */
const CLASS_COUNTS = new Set([1000, 1001, 21841, 21843]);

/** Pools over all places: what is left is one vector a picture. */
function poolsAll(node: Node): boolean {
  return /^(GlobalAveragePool|GlobalMaxPool|AveragePool|ReduceMean)$/.test(node.op);
}

/** What a layer with weights reads and makes; undefined for one that multiplies two varying tensors. */
function weightsOf(node: Node, varying: ReadonlySet<string>, graph: Graph): { x: string; size: number } | undefined {
  if (node.domain || !['Gemm', 'MatMul', 'Conv'].includes(node.op)) return undefined;
  const [x, w] = node.inputs as [string, string];
  if (!varying.has(x) || varying.has(w)) return undefined;
  // Stored weights are expanded by Cast, Mul, DequantizeLinear: their first operand has their dims.
  const stored = (name: string): string => {
    const maker = graph.nodes.find(({ outputs }) => outputs.includes(name));
    return maker?.inputs[0] ? stored(maker.inputs[0]) : name;
  };
  const dims = graph.initializers.get(stored(w))?.dims;
  const transposed = node.attributes.transB && 'int' in node.attributes.transB && node.attributes.transB.int === 1;
  return { x, size: (node.op === 'Conv' || transposed ? dims?.[0] : dims?.at(-1)) ?? Number.NaN };
}

/**
 * The tensor that holds the features of a network: its output of such a name (`features`, `embedding` ...); else what
 * the last layer with weights reads, which is the classifier; or, where that layer is a convolution inside the network
 * rather than a classifier (a network exported without one), what is pooled last.
 *
 * A last convolution before a pool counts as a classifier where it has as many channels as ImageNet has classes, or a
 * Softmax behind or a Dropout before it, as in SqueezeNet.
 *
 * Throws UNKNOWN_TENSOR where the network has no layer with weights.
 */
export function findFeatures(graph: Graph): string {
  const named = graph.outputs.find(({ name }) => FEATURE_OUTPUTS.has(name.toLowerCase()));
  if (named) return named.name;
  const output = graph.outputs[0]!.name;
  const way = tensorsOnTheWay(graph, output);
  const nodes = graph.nodes.filter((node) => node.outputs.some((name) => way.has(name)));
  const makers = new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const place = nodes.findLastIndex((node) => weightsOf(node, way, graph));
  if (place < 0) {
    throw new OnnxError(
      'UNKNOWN_TENSOR',
      `the graph "${graph.name}" has no layer with weights (Conv, Gemm, MatMul) between its input and "${output}": name the tensor that holds its features`,
    );
  }
  const last = nodes[place]!;
  const { x, size } = weightsOf(last, way, graph)!;
  const behind = nodes.slice(place + 1);
  const pool = behind.findLast(poolsAll);
  const before = makers.get(x);
  const classifies =
    CLASS_COUNTS.has(size) || before?.op === 'Dropout' || behind.some(({ op }) => /^(Log)?Softmax$/.test(op));
  if (last.op === 'Conv' && pool && !classifies) return pool.outputs[0]!;
  let name = x;
  for (let maker = before; maker && PASSING.has(maker.op); maker = makers.get(name)) name = maker.inputs[0]!;
  return name;
}
