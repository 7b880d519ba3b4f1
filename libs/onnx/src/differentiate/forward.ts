/**
 * @file The forward graph of training: the network's own nodes, but
 *
 * - Dropout is a product with a mask that the engine feeds, so that every engine sees the same one;
 * - MaxPool gives its second output, the place each maximum came from; GlobalMaxPool is a MaxPool over the whole plane.
 */
import { floatAttribute } from '../attributes.ts';
import type { Graph, Node } from '../graph.ts';
import { toNumbers } from '../tensor.ts';

/** A mask to feed: 0 with probability `ratio`, else 1/(1 − ratio), independently for each element. */
export interface Mask {
  /** The name of the forward graph's input. */
  readonly name: string;
  readonly ratio: number;
  /** Its dimensions, those of the tensor that is masked; a string where it grows with the batch. */
  readonly dims: readonly (number | string)[];
}

/** The names of what can't be known before the shapes are. */
interface Rewritten {
  readonly nodes: Node[];
  /** Mask name → ratio and the tensor whose shape it has. */
  readonly masks: { readonly name: string; readonly ratio: number; readonly like: string }[];
}

function dropoutRatio(graph: Graph, node: Node): number {
  const ratio = node.inputs[1];
  const tensor = ratio ? graph.initializers.get(ratio) : undefined;
  return tensor ? toNumbers(tensor)[0]! : floatAttribute(node, 'ratio', 0.5);
}

/** The nodes as they run in training. `shapes` are those of any batch size. */
export function trainingNodes(
  graph: Graph,
  shapes: ReadonlyMap<string, readonly number[]>,
  active: ReadonlySet<string>,
): Rewritten {
  const masks: Rewritten['masks'] = [];
  const nodes = graph.nodes.map((node): Node => {
    const [x, y] = [node.inputs[0] ?? '', node.outputs[0] ?? ''];
    if (node.op === 'Dropout') {
      const ratio = dropoutRatio(graph, node);
      if (ratio === 0) return { op: 'Identity', name: node.name, inputs: [x], outputs: [y], attributes: {} };
      const name = `mask.${node.name}`;
      masks.push({ name, ratio, like: x });
      return { op: 'Mul', name: node.name, inputs: [x, name], outputs: [y], attributes: {} };
    }
    if (!active.has(x)) return node;
    const outputs = [y, node.outputs[1] || `${y}.indices`];
    if (node.op === 'MaxPool') return { ...node, outputs };
    if (node.op === 'GlobalMaxPool') {
      return { ...node, op: 'MaxPool', outputs, attributes: { kernel_shape: { ints: shapes.get(x)!.slice(2) } } };
    }
    return node;
  });
  return { nodes, masks };
}
