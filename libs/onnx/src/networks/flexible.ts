/** @file Freeing a network from the one batch size, and the one picture size, that it was exported with. */
import { describeNode, intAttribute } from '../attributes.ts';
import { OnnxError } from '../errors.ts';
import type { Graph, Node, Tensor } from '../graph.ts';
import { prune } from '../prune.ts';
import { inferShapes, type Known, learnNode } from '../shapes.ts';
import { int64, toInts } from '../tensor.ts';

/** Two batch sizes: what differs between them grows with the batch. Primes, so that they are no product's size. */
const BATCHES = [11, 13] as const;

/** The dims of a Reshape that hold for any batch; undefined where the given ones already do or nothing better is known. */
function freed(node: Node, known: readonly Known[], fixed: number | undefined): number[] | undefined {
  const [x0, x1] = known.map(({ shapes }) => shapes.get(node.inputs[0]!) ?? []);
  const [given, other] = known.map(({ values }) => values.get(node.inputs[1]!)).map((value) => value && toInts(value));
  if (!given || !other || intAttribute(node, 'allowzero', 0) !== 0) return undefined;
  const startsWithBatch = x0![0] === BATCHES[0] && x1![0] === BATCHES[1];
  const growing = given.flatMap((size, axis) => (size === other[axis] ? [] : [axis]));
  if (growing.length === 0) {
    const wasBatch = startsWithBatch && fixed !== undefined && given[0] === fixed;
    return wasBatch ? [0, ...given.slice(1)] : undefined;
  }
  if (growing.length > 1) return undefined;
  const [axis] = growing as [number];
  if (axis === 0 && startsWithBatch && given[0] === BATCHES[0]) return [0, ...given.slice(1)];
  return given.includes(-1) ? undefined : given.map((size, at) => (at === axis ? -1 : size));
}

/**
 * The same network for any batch, of pictures of one size: the first dimension of its only input varies; what reshapes
 * by a batch or a shape that was written down, or computed on the way, does it by constants that hold for any batch.
 *
 * @param picture - the input's dims but the first
 *
 * Throws SHAPE_MISMATCH where the network doesn't take pictures of this size, or only batches of the size it was
 * exported with (the message names the node), UNSUPPORTED_OP where an operation has no shape rule.
 */
export function forAnyBatch(graph: Graph, picture: readonly number[]): Graph {
  const input = graph.inputs[0]!;
  const fixed = typeof input.dims[0] === 'number' ? input.dims[0] : undefined;
  const own = input.dims.slice(1);
  const sized: Graph = { ...graph, inputs: [{ ...input, dims: [input.dims[0] ?? 'N', ...picture] }] };
  try {
    inferShapes(sized, { [input.name]: [fixed ?? 1, ...picture] });
  } catch (cause) {
    const isOther = own.some((size, axis) => typeof size === 'number' && size !== picture[axis]);
    if (!isOther || !(cause instanceof OnnxError) || cause.code !== 'SHAPE_MISMATCH') throw cause;
    throw new OnnxError(
      'SHAPE_MISMATCH',
      `the network "${graph.name}" takes only pictures of [${own}], not of [${picture}] (${cause.message}): use the size it was made for`,
      { cause },
    );
  }

  const known = BATCHES.map((batch): Known => {
    const values = new Map(graph.initializers);
    const shapes = new Map<string, readonly number[]>([...values].map(([name, { dims }]) => [name, dims]));
    shapes.set(input.name, [batch, ...picture]);
    return { shapes, values };
  });
  const initializers = new Map<string, Tensor>(graph.initializers);
  const nodes = graph.nodes.map((original) => {
    let node = original;
    const dims = node.op === 'Reshape' && !node.domain ? freed(node, known, fixed) : undefined;
    if (dims) {
      const name = `const.shape.${node.name}`;
      const value = int64([dims.length], dims);
      initializers.set(name, value);
      for (const { shapes, values } of known) {
        shapes.set(name, value.dims);
        values.set(name, value);
      }
      node = { ...node, inputs: [node.inputs[0]!, name] };
    }
    try {
      for (const one of known) learnNode(node, one, graph.opset);
    } catch (cause) {
      if (fixed === undefined || !(cause instanceof OnnxError) || cause.code !== 'SHAPE_MISMATCH') throw cause;
      throw new OnnxError(
        'SHAPE_MISMATCH',
        `the network "${graph.name}" was exported for batches of ${fixed} and ${describeNode(node)} takes no other: export it with a dynamic batch (dynamic_axes={"${input.name}": {0: "N"}})`,
        { cause },
      );
    }
    return node;
  });
  const output = graph.outputs[0]!.name;
  const grown = known.map(({ shapes }) => shapes.get(output)?.[0]);
  if (grown[0] !== BATCHES[0] || grown[1] !== BATCHES[1]) {
    throw new OnnxError(
      'SHAPE_MISMATCH',
      `"${output}" of the network "${graph.name}" has shape [${known[0]!.shapes.get(output)}] for ${BATCHES[0]} pictures; expected one row a picture: name another tensor, or export the network with a dynamic batch`,
    );
  }
  return prune({ ...graph, inputs: [{ ...input, dims: ['N', ...picture] }], nodes, initializers });
}
