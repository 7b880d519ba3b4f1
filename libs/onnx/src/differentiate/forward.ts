/**
 * @file The forward graph of training: the network's own nodes, but
 *
 * - Dropout is a product with a mask that the engine feeds, so that every engine sees the same one;
 * - MaxPool gives its second output, the place each maximum came from, where windows aren't plain tiles;
 * - GlobalMaxPool is a MaxPool over the whole plane.
 */
import { floatAttribute, intsAttribute } from '../attributes.ts';
import type { Graph, Node } from '../graph.ts';
import { windowOf } from '../shapes/window.ts';
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

/** Whether a pool's windows lie side by side and cover the plane: no overlap, gap, padding or rest. */
function tiles(node: Node, spatial: readonly number[]): boolean {
  const kernel = intsAttribute(node, 'kernel_shape') ?? [];
  const { strides, dilations, padsBegin, padsEnd, output } = windowOf(node, spatial, kernel);
  return (
    spatial.length === 2 &&
    spatial.every((size, axis) => {
      const alone = output[axis] === 1 || strides[axis] === kernel[axis];
      const bare = dilations[axis] === 1 && padsBegin[axis] === 0 && padsEnd[axis] === 0;
      return alone && bare && output[axis]! * kernel[axis]! === size;
    })
  );
}

/**
 * The nodes as they run in training. `shapes` are those of any batch size.
 *
 * @param indices - whether a pool may be asked for the places of its maxima
 */
export function trainingNodes(
  graph: Graph,
  shapes: ReadonlyMap<string, readonly number[]>,
  active: ReadonlySet<string>,
  indices: boolean,
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
    if (node.op === 'GlobalMaxPool') {
      return { ...node, op: 'MaxPool', attributes: { kernel_shape: { ints: shapes.get(x)!.slice(2) } } };
    }
    if (indices && node.op === 'MaxPool' && !tiles(node, shapes.get(x)!.slice(2))) {
      return { ...node, outputs: [y, node.outputs[1] || `${y}.indices`] };
    }
    return node;
  });
  return { nodes, masks };
}
