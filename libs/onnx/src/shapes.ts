/** @file Concrete shapes of every tensor of a graph. */
import { describeNode } from './attributes.ts';
import { OnnxError } from './errors.ts';
import { evaluateNode } from './evaluate.ts';
import type { Graph, Node, Tensor } from './graph.ts';
import { type RuleContext, shapeRules, shapeSlice } from './shapes/rules.ts';
import { int64, sizeOf } from './tensor.ts';

export { type Window, windowOf } from './shapes/window.ts';

/** Values of at most this many elements are followed (shapes, axes, pads): more would compute the network itself. */
const MAX_FOLLOWED = 256;

/** What is known about tensors so far. */
export interface Known {
  readonly shapes: Map<string, readonly number[]>;
  readonly values: Map<string, Tensor>;
}

/**
 * The output shapes of one node, from what is known about its inputs.
 * Throws UNSUPPORTED_OP for an operation without a rule, SHAPE_MISMATCH where the inputs don't fit.
 */
export function inferNode(node: Node, known: Known, opset: number): readonly (readonly number[])[] {
  const where = describeNode(node);
  if (node.op === 'Constant' && !node.domain) {
    const [constant] = evaluateNode(node, [], opset) ?? [];
    if (constant) return [constant.dims];
  }
  const rule = node.domain ? undefined : shapeRules.get(node.op);
  if (!rule) {
    const name = node.domain ? `${node.domain}.${node.op}` : node.op;
    throw new OnnxError('UNSUPPORTED_OP', `${where}: no shape rule for the operation ${name}`);
  }
  const context: RuleContext = {
    node,
    opset,
    shape: (input) => {
      const shape = known.shapes.get(node.inputs[input] ?? '');
      if (!shape) throw new OnnxError('SHAPE_MISMATCH', `${where} needs its input ${input}, which is absent`);
      return shape;
    },
    value: (input) => {
      const name = node.inputs[input] ?? '';
      if (name === '') return undefined;
      const value = known.values.get(name);
      if (!value) {
        throw new OnnxError(
          'UNSUPPORTED_OP',
          `${where} needs "${name}" as a constant, but it is computed from the graph's inputs`,
        );
      }
      return value;
    },
  };
  return rule(context);
}

/**
 * The shape of every tensor (inputs, constants, what nodes make) for concrete shapes of the graph's inputs, such as
 * `{ image: [64, 32, 32, 3] }`; an input that isn't named must have fixed dims. Shape arithmetic (Shape, Gather,
 * Concat ... into Reshape) is followed.
 *
 * Throws SHAPE_MISMATCH where shapes don't fit or an input's is missing, UNSUPPORTED_OP where an operation has no rule.
 */
export function inferShapes(
  graph: Graph,
  inputDims: Readonly<Record<string, readonly number[]>>,
): Map<string, number[]> {
  const known: Known = { shapes: new Map(), values: new Map() };
  for (const { name, dims } of graph.inputs) {
    const given = inputDims[name] ?? dims;
    if (!given.every((dim): dim is number => typeof dim === 'number')) {
      throw new OnnxError(
        'SHAPE_MISMATCH',
        `the graph input "${name}" has dims [${dims}]; give concrete ones: inferShapes(graph, { ${JSON.stringify(name)}: [...] })`,
      );
    }
    const fits =
      dims[0] === '...' ||
      (dims.length === given.length && dims.every((d, i) => typeof d === 'string' || d === given[i]));
    if (!fits) throw new OnnxError('SHAPE_MISMATCH', `the graph input "${name}" is [${dims}], not [${given}]`);
    known.shapes.set(name, given);
  }
  for (const [name, constant] of graph.initializers) {
    known.shapes.set(name, constant.dims);
    known.values.set(name, constant);
  }
  for (const node of graph.nodes) learnNode(node, known, graph.opset);
  return new Map([...known.shapes].map(([name, dims]) => [name, [...dims]]));
}

/** Adds to `known` what follows about the outputs of a node. Throws what {@link inferNode} throws. */
export function learnNode(node: Node, known: Known, opset: number): void {
  const shapes = inferNode(node, known, opset);
  node.outputs.forEach((output, i) => {
    if (output !== '' && shapes[i]) known.shapes.set(output, shapes[i]);
  });
  followValue(node, known, opset);
}

/** Computes the node's outputs where they are small and all its inputs are known. */
function followValue(node: Node, known: Known, opset: number): void {
  const output = node.outputs[0] ?? '';
  const shape = known.shapes.get(output);
  if (!shape || sizeOf(shape) > MAX_FOLLOWED) return;
  const input = known.shapes.get(node.inputs[0] ?? '');
  if (node.op === 'Shape' && input) {
    const dims = shapeSlice(node, input);
    known.values.set(output, int64([dims.length], dims));
    return;
  }
  const inputs = node.inputs.map((name) => (name === '' ? undefined : known.values.get(name)));
  if (node.inputs.some((name, i) => name !== '' && !inputs[i])) return;
  const values = evaluateNode(node, inputs, opset);
  values?.forEach((value, i) => {
    if (node.outputs[i]) known.values.set(node.outputs[i], value);
  });
}
