/** @file Which tensors a gradient reaches: between the parameters and the output, through differentiable inputs. */
import { intAttribute } from '../attributes.ts';
import type { Graph, Node } from '../graph.ts';

/** Operations whose outputs don't move with their inputs, or aren't numbers that could. */
const WITHOUT_GRADIENT = new Set([
  'ArgMax',
  'ArgMin',
  'And',
  'Constant',
  'ConstantOfShape',
  'Equal',
  'Greater',
  'GreaterOrEqual',
  'Less',
  'LessOrEqual',
  'NonZero',
  'Not',
  'Or',
  'Shape',
  'Size',
]);

/** The inputs of an operation that can learn; all where it isn't listed. The others are sizes, bounds, statistics. */
const LEARNING_INPUTS: Readonly<Record<string, number>> = {
  BatchNormalization: 3,
  Clip: 1,
  Dropout: 1,
  Expand: 1,
  Gather: 1,
  MaxPool: 1,
  Pad: 1,
  Pow: 1,
  ReduceMean: 1,
  ReduceSum: 1,
  Reshape: 1,
  Resize: 1,
  Slice: 1,
  Split: 1,
  Squeeze: 1,
  Tile: 1,
  TopK: 1,
  Unsqueeze: 1,
};

/** ONNX element types of floats: float32, float16, float64. */
const FLOATS = new Set([1, 10, 11]);

/** The inputs of a node through which a gradient may flow. */
export function learningInputs(node: Node): readonly string[] {
  if (WITHOUT_GRADIENT.has(node.op)) return [];
  if (node.op === 'Cast' && !FLOATS.has(intAttribute(node, 'to', 0))) return [];
  return node.inputs.slice(0, LEARNING_INPUTS[node.op] ?? node.inputs.length).filter((name) => name !== '');
}

/** The tensors that depend on one of `roots` and on which the graph's first output depends. */
export function activeTensors(graph: Graph, roots: Iterable<string>): Set<string> {
  const moved = new Set(roots);
  for (const node of graph.nodes) {
    if (learningInputs(node).some((name) => moved.has(name))) {
      for (const output of node.outputs) if (output !== '') moved.add(output);
    }
  }
  const reaching = new Set([graph.outputs[0]!.name]);
  for (const node of [...graph.nodes].reverse()) {
    if (node.outputs.some((output) => reaching.has(output))) {
      for (const name of learningInputs(node)) reaching.add(name);
    }
  }
  return new Set([...moved].filter((name) => reaching.has(name)));
}
