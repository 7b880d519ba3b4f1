/** @file Bringing a graph to the operator set that networks are built in. */
import { describeNode, intAttribute, intsAttribute } from './attributes.ts';
import { NETWORK_OPSET } from './builder.ts';
import { OnnxError } from './errors.ts';
import type { Graph, Node, Tensor } from './graph.ts';
import { shapeRules } from './shapes/rules.ts';
import { spellOut } from './spell-out.ts';
import { float32, int64, toInts } from './tensor.ts';

/** Oldest and newest operator sets that are converted. */
const OLDEST = 7;
const NEWEST = 21;

/** Operations with a shape rule here whose meaning (not only their types) changed between OLDEST and 17. */
const CHANGED_BEFORE: Readonly<Record<string, number>> = { Resize: 11 };

/** Operations with a shape rule here that operator set 17 doesn't have yet; Gelu and Mish are written in its own. */
const NEWER = new Set(['Gelu', 'GroupNormalization', 'Mish']);

/** Reductions whose axes became an input in operator set 18 (ReduceSum's did in 13). */
const REDUCTIONS = new Set('ReduceMean ReduceMax ReduceMin ReduceL2 ReduceL1 ReduceSumSquare ReduceProd'.split(' '));

/** Attributes that became inputs on the way to operator set 13: operation, since when, attribute by input position. */
const BECAME_INPUTS: Readonly<Record<string, { since: number; attributes: readonly string[] }>> = {
  Squeeze: { since: 13, attributes: ['axes'] },
  Unsqueeze: { since: 13, attributes: ['axes'] },
  ReduceSum: { since: 13, attributes: ['axes'] },
  Dropout: { since: 12, attributes: ['ratio'] },
  Clip: { since: 11, attributes: ['min', 'max'] },
  Pad: { since: 11, attributes: ['pads', 'value'] },
  Slice: { since: 10, attributes: ['starts', 'ends', 'axes'] },
  Split: { since: 13, attributes: ['split'] },
};

/**
 * The same network in operator set 17, from any between 7 and 21: attributes that are inputs now, and the reverse,
 * are moved; Gelu and Mish, which came later, are written as smaller operations. Operations without a rule in this
 * package can't be judged and are refused.
 *
 * Throws UNSUPPORTED for other operator sets, UNSUPPORTED_OP for an operation whose meaning changed in between.
 */
export function atOpset(graph: Graph): Graph {
  const { opset } = graph;
  if (opset === NETWORK_OPSET) return graph;
  if (opset < OLDEST || opset > NEWEST) {
    throw new OnnxError(
      'UNSUPPORTED',
      `the graph "${graph.name}" is of operator set ${opset}; ${OLDEST} to ${NEWEST} can be brought to ${NETWORK_OPSET}: convert it with onnx.version_converter or export it again`,
    );
  }
  const { nodes: older, initializers: constants } = spellOut(graph, { operations: NEWER });
  const initializers = new Map(constants);
  const nodes = older.flatMap((node) => {
    if (node.domain) return [node];
    if (!shapeRules.has(node.op) && node.op !== 'Constant') {
      throw new OnnxError(
        'UNSUPPORTED_OP',
        `${describeNode(node)} can't be brought from operator set ${opset} to ${NETWORK_OPSET}`,
      );
    }
    if (opset < (CHANGED_BEFORE[node.op] ?? 0)) {
      throw new OnnxError(
        'UNSUPPORTED_OP',
        `${describeNode(node)} means something else in operator set ${opset}: export the model with 13 or later`,
      );
    }
    if (NEWER.has(node.op)) {
      throw new OnnxError(
        'UNSUPPORTED_OP',
        `${describeNode(node)} is newer than operator set ${NETWORK_OPSET}, in which networks are run here: export the model with opset_version=${NETWORK_OPSET}, which spells it out`,
      );
    }
    if (node.op === 'BatchNormalization' && intAttribute(node, 'training_mode', 0) === 1) {
      throw new OnnxError(
        'UNSUPPORTED_OP',
        `${describeNode(node)} is in training mode, where a picture's output depends on the others of its batch: export the model after model.eval()`,
      );
    }
    if (node.op === 'BatchNormalization' && intAttribute(node, 'spatial', 1) === 0) {
      throw new OnnxError(
        'UNSUPPORTED_OP',
        `${describeNode(node)} normalises by element (spatial = 0), not by channel`,
      );
    }
    if (opset < 13 && (node.op === 'Softmax' || node.op === 'LogSoftmax')) return flatSoftmax(node);
    return [opset < NETWORK_OPSET ? raise(node, opset, initializers) : lower(node, initializers)];
  });
  return { ...graph, opset: NETWORK_OPSET, nodes, initializers };
}

function without(node: Node, names: readonly string[]): Node['attributes'] {
  return Object.fromEntries(Object.entries(node.attributes).filter(([name]) => !names.includes(name)));
}

/** Before operator set 13 Softmax was one of all axes from `axis` on: a matrix, and the shape again. */
function flatSoftmax(node: Node): Node[] {
  const [x, y] = [node.inputs[0]!, node.outputs[0]!];
  const part = (op: string, key: string, inputs: string[], attributes: Node['attributes'], output = `${y}.${key}`) => {
    return { op, name: `${node.name}.${key}`, inputs, outputs: [output], attributes };
  };
  return [
    part('Flatten', 'flat', [x], { axis: { int: intAttribute(node, 'axis', 1) } }),
    { ...part(node.op, 'rows', [`${y}.flat`], { axis: { int: -1 } }), name: node.name },
    part('Shape', 'shape', [x], {}),
    part('Reshape', 'back', [`${y}.rows`, `${y}.shape`], {}, y),
  ];
}

/** Moves attributes to inputs. */
function raise(node: Node, opset: number, initializers: Map<string, Tensor>): Node {
  const moved = BECAME_INPUTS[node.op];
  // Training-only attributes that later sets dropped.
  const stale = ['consumed_inputs', 'spatial', ...(node.op === 'BatchNormalization' && opset < 14 ? ['momentum'] : [])];
  if (!moved || opset >= moved.since) return { ...node, attributes: without(node, stale) };
  const inputs = [node.inputs[0]!];
  for (const name of moved.attributes) {
    const attribute = node.attributes[name];
    if (!attribute) {
      inputs.push('');
      continue;
    }
    const input = `const.${node.name}.${name}`;
    if ('ints' in attribute) initializers.set(input, int64([attribute.ints.length], attribute.ints));
    else if ('float' in attribute) initializers.set(input, float32([], [attribute.float]));
    inputs.push(input);
  }
  while (inputs.at(-1) === '') inputs.pop();
  return { ...node, inputs, attributes: without(node, [...moved.attributes, ...stale]) };
}

/** Moves inputs of operator sets 18 and later back to attributes. */
function lower(node: Node, initializers: Map<string, Tensor>): Node {
  if (REDUCTIONS.has(node.op) && node.inputs[1] && !intsAttribute(node, 'axes')) {
    const axes = initializers.get(node.inputs[1]);
    if (!axes)
      throw new OnnxError('UNSUPPORTED_OP', `the axes of ${describeNode(node)} are computed; fold() the graph first`);
    const attributes = { ...without(node, ['noop_with_empty_axes']), axes: { ints: toInts(axes) } };
    return { ...node, inputs: [node.inputs[0]!], attributes };
  }
  if (node.op === 'Pad' && node.inputs[3]) {
    throw new OnnxError(
      'UNSUPPORTED_OP',
      `${describeNode(node)} pads named axes, which operator set ${NETWORK_OPSET} can't`,
    );
  }
  if (node.op === 'Resize' && (intAttribute(node, 'antialias', 0) !== 0 || 'axes' in node.attributes)) {
    throw new OnnxError(
      'UNSUPPORTED_OP',
      `${describeNode(node)} resizes in a way that operator set ${NETWORK_OPSET} can't (antialias, axes)`,
    );
  }
  const dropped: Readonly<Record<string, string[]>> = {
    Cast: ['saturate'],
    Split: ['num_outputs'],
    Resize: ['antialias', 'keep_aspect_ratio_policy'],
  };
  return { ...node, attributes: without(node, dropped[node.op] ?? []) };
}
