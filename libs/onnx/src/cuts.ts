/** @file Where a network can be cut in one place, and what each cut would leave on either side. */
import { CONSTANT_PREFIX } from './builder.ts';
import { flopsOf } from './cost.ts';
import { elementTypes } from './element-types.ts';
import { OnnxError } from './errors.ts';
import type { Graph, Value } from './graph.ts';
import { waists } from './paths.ts';
import { UNKNOWN_SHAPE } from './read.ts';
import { inferShapes } from './shapes.ts';
import { sizeOf } from './tensor.ts';

/** A place where a network can be cut in two. */
export interface CutPoint {
  readonly tensor: string;
  /** Its shape, the batch by name: ['N', C, H, W]; `['...']` where it can't be told. */
  readonly dims: Value['dims'];
  /** The operation that makes it; `Input` for the graph's own input. */
  readonly op: string;
  /** Its place among the cuts, from the input on: 0, 1, 2 ... */
  readonly index: number;
  /** Numbers in the weights (not in `const.…`) before and behind it; what both sides read counts before. */
  readonly parametersBefore: number;
  readonly parametersBehind: number;
  /** Floating-point operations for one picture before and behind it; null where shapes can't be told. */
  readonly flopsBefore: number | null;
  readonly flopsBehind: number | null;
}

/** Options of {@link findCuts}. */
export interface FindCutsOptions {
  /** Shapes of the graph's inputs for one picture, such as `{ input: [1, 3, 160, 160] }`; its own, where left out. */
  readonly inputDims?: Readonly<Record<string, readonly number[]>>;
  /** The tensor that all ways lead to. Default: the graph's first output. */
  readonly output?: string;
}

/** The shapes of all tensors for one picture; undefined where an operation or a size isn't known. */
function shapesOfOne(graph: Graph, o: FindCutsOptions): Map<string, number[]> | undefined {
  const dims = graph.inputs.map(({ name, dims }): [string, readonly number[]] => [
    name,
    o.inputDims?.[name] ?? dims.map((dim, axis) => (axis === 0 ? 1 : Number(dim))),
  ]);
  if (dims.some(([, list]) => list.some((dim) => !Number.isInteger(dim)))) return undefined;
  try {
    return inferShapes(graph, Object.fromEntries(dims));
  } catch (error) {
    if (error instanceof OnnxError && (error.code === 'UNSUPPORTED_OP' || error.code === 'SHAPE_MISMATCH'))
      return undefined;
    throw error;
  }
}

/** The initializers that decide each tensor's value by way of constants alone. */
function constantRoots(graph: Graph): Map<string, readonly string[]> {
  const roots = new Map<string, readonly string[]>([...graph.initializers.keys()].map((name) => [name, [name]]));
  for (const node of graph.nodes) {
    if (node.inputs.some((name) => name !== '' && !roots.has(name))) continue;
    const from = [...new Set(node.inputs.flatMap((name) => roots.get(name) ?? []))];
    for (const name of node.outputs) roots.set(name, from);
  }
  return roots;
}

/**
 * Every tensor (float32) through which all ways from the graph's inputs to an output lead: where {@link cut} can part
 * the network in one place. In order from the input to the output, both included. Shapes and costs are those of one
 * picture.
 *
 * The graph should be folded, so that names and costs are those of what runs.
 */
export function findCuts(graph: Graph, o: FindCutsOptions = {}): CutPoint[] {
  const output = o.output ?? graph.outputs[0]!.name;
  const shapes = shapesOfOne(graph, o);
  const types = elementTypes(graph);
  const places = waists(graph, output).filter(({ tensor }) => types.get(tensor) === 'float32');
  const batch = graph.inputs[0]?.dims[0];
  const roots = constantRoots(graph);

  // Running totals by position: what the first `position` nodes cost, and which weights they are the first to read.
  const flops = [0];
  const weights = [0];
  const seen = new Set<string>();
  const last = places.at(-1)?.position ?? 0;
  for (const node of graph.nodes.slice(0, last)) {
    const constant = node.outputs.every((name) => roots.has(name));
    flops.push(flops.at(-1)! + (shapes && !constant ? flopsOf(node, shapes) : 0));
    let added = 0;
    for (const name of constant ? [] : node.inputs.flatMap((input) => roots.get(input) ?? [])) {
      const value = graph.initializers.get(name)!;
      if (seen.has(name) || name.startsWith(CONSTANT_PREFIX) || !/^(float|u?int8$)/.test(value.type)) continue;
      seen.add(name);
      added += sizeOf(value.dims);
    }
    weights.push(weights.at(-1)! + added);
  }
  return places.map(({ tensor, position }, index) => {
    const dims = shapes?.get(tensor);
    const maker = graph.nodes[position - 1];
    return {
      tensor,
      dims: !dims ? UNKNOWN_SHAPE : dims[0] === 1 ? [typeof batch === 'string' ? batch : 'N', ...dims.slice(1)] : dims,
      op: position === 0 || !maker ? 'Input' : maker.op,
      index,
      parametersBefore: weights[position]!,
      parametersBehind: weights[last]! - weights[position]!,
      flopsBefore: shapes ? flops[position]! : null,
      flopsBehind: shapes ? flops[last]! - flops[position]! : null,
    };
  });
}
