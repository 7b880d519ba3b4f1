/** @file Cutting a network in a frozen trunk and a trainable tail, and joining the two again. */
import { editDistance } from './edit-distance.ts';
import { OnnxError } from './errors.ts';
import type { Graph, Node, Tensor, Value } from './graph.ts';
import { nearestWaists, varyingTensors, waists } from './paths.ts';
import { prune } from './prune.ts';
import { UNKNOWN_SHAPE } from './read.ts';
import { inferShapes } from './shapes.ts';

/** Names of everything in a graph: inputs, constants and what nodes make. */
export function tensorNames(graph: Graph): string[] {
  return [
    ...graph.inputs.map((input) => input.name),
    ...graph.initializers.keys(),
    ...graph.nodes.flatMap((node) => node.outputs.filter((output) => output !== '')),
  ];
}

/** The dims of a tensor of a graph whose inputs vary in the batch only; unknown otherwise. */
function dimsOf(graph: Graph, tensor: string): Value['dims'] {
  const batch = graph.inputs[0]?.dims[0];
  const fixed = graph.inputs.every(({ dims }) => dims.slice(1).every((dim) => typeof dim === 'number'));
  if (typeof batch !== 'string' || !fixed) return UNKNOWN_SHAPE;
  try {
    const one = graph.inputs.map(({ name, dims }): [string, number[]] => [name, [1, ...dims.slice(1).map(Number)]]);
    const [first, ...rest] = inferShapes(graph, Object.fromEntries(one)).get(tensor) ?? [];
    // What doesn't start with the batch of one isn't known to.
    return first === 1 ? [batch, ...rest] : UNKNOWN_SHAPE;
  } catch (error) {
    // Operations without a rule may be in a graph that is only cut, not trained.
    if (error instanceof OnnxError && error.code === 'UNSUPPORTED_OP') return UNKNOWN_SHAPE;
    throw error;
  }
}

/** Similar: one name holds the other, few letters are otherwise, or they begin alike. */
function similarNames(name: string, all: readonly string[]): string[] {
  const wanted = name.toLowerCase();
  const holding = all.filter((other) => {
    const candidate = other.toLowerCase();
    return candidate.includes(wanted) || (candidate.length > 2 && wanted.includes(candidate));
  });
  if (holding.length > 0) return holding;
  const close = all.map((other) => ({ other, apart: editDistance(wanted, other.toLowerCase()) }));
  const misspelt = close.filter(({ apart }) => apart <= Math.max(1, wanted.length / 4));
  if (misspelt.length > 0) return misspelt.sort((a, b) => a.apart - b.apart).map(({ other }) => other);
  const stem = wanted.slice(0, Math.max(3, Math.ceil(wanted.length / 2)));
  return all.filter((other) => other.toLowerCase().startsWith(stem));
}

/** Names the similar tensors, those first where the graph can be cut. */
function unknownTensor(graph: Graph, tensor: string, all: readonly string[]): OnnxError {
  const cuts = waists(graph, graph.outputs[0]!.name).map((waist) => waist.tensor);
  const near = [...new Set([...similarNames(tensor, cuts), ...similarNames(tensor, all)])].slice(0, 10);
  const hint = near.length > 0 ? `similar names: ${near.join(', ')}` : `it can be cut at ${cuts.slice(-10).join(', ')}`;
  return new OnnxError('UNKNOWN_TENSOR', `the graph "${graph.name}" computes no tensor "${tensor}"; ${hint}`);
}

/**
 * The part of a graph that computes `tensor` (float32), as its only output. `dims` as for {@link cut}.
 * Throws UNKNOWN_TENSOR where the graph computes no such tensor from its inputs.
 */
export function upTo(graph: Graph, tensor: string, dims?: Value['dims']): Graph {
  const varying = varyingTensors(graph);
  if (!varying.has(tensor)) throw unknownTensor(graph, tensor, [...varying]);
  const known = [...graph.inputs, ...graph.outputs].find((value) => value.name === tensor);
  const value: Value = known ?? { name: tensor, type: 'float32', dims: dims ?? dimsOf(graph, tensor) };
  return prune({ ...graph, outputs: [value] });
}

/**
 * Cuts a graph at `tensor` (float32): `trunk` computes it from the graph's inputs, `tail` takes it as its only input
 * and gives the graph's outputs. `dims` describe it, ['N', C, H, W] say; if left out they are inferred where the inputs
 * vary in their first dimension alone, and else unknown. Constants that both need are in both.
 *
 * Throws UNKNOWN_TENSOR where the graph makes no such tensor, INVALID_GRAPH where the outputs depend on the inputs
 * also by a way around the cut (the message names the tensor that goes around, and the nearest possible cuts).
 */
export function cut(graph: Graph, tensor: string, dims?: Value['dims']): { trunk: Graph; tail: Graph } {
  const trunk = { ...upTo(graph, tensor, dims), name: `${graph.name}.trunk` };
  const behind: Node[] = graph.nodes.filter((node) => !node.outputs.includes(tensor));
  const tail = prune({ ...graph, name: `${graph.name}.tail`, inputs: trunk.outputs, nodes: behind });
  const made = new Set(tensorNames(tail));
  if (tail.nodes.some((node) => node.inputs.some((name) => name !== '' && !made.has(name)))) {
    const behindCut = varyingTensors(tail);
    const varying = varyingTensors(graph);
    // Where the branches meet: a node that reads what the cut decides and something else that varies.
    const around = (name: string) => varying.has(name) && !behindCut.has(name);
    const meeting = tail.nodes.find(
      (node) => node.inputs.some(around) && node.inputs.some((name) => behindCut.has(name)),
    );
    const way = meeting
      ? `"${meeting.inputs.find(around)}" reaches node "${meeting.name}" (${meeting.op}) around it`
      : `an output of "${graph.name}" doesn't depend on it; leave that output out first: upTo(graph, output)`;
    const near = nearestWaists(graph, graph.outputs[0]!.name, tensor).map((name) => `"${name}"`);
    const hint = meeting && near.length > 0 ? `; the nearest tensors where it can be cut: ${near.join(' and ')}` : '';
    throw new OnnxError('INVALID_GRAPH', `"${tensor}" doesn't cut the graph in two: ${way}${hint}`);
  }
  return { trunk, tail };
}

/** A copy of `graph` in which tensors and nodes are called by `rename`. */
export function renameTensors(graph: Graph, rename: (name: string) => string): Graph {
  const to = (name: string) => (name === '' ? '' : rename(name));
  return {
    ...graph,
    inputs: graph.inputs.map((value) => ({ ...value, name: to(value.name) })),
    outputs: graph.outputs.map((value) => ({ ...value, name: to(value.name) })),
    nodes: graph.nodes.map((node) => ({ ...node, inputs: node.inputs.map(to), outputs: node.outputs.map(to) })),
    initializers: new Map([...graph.initializers].map(([name, constant]) => [to(name), constant])),
  };
}

function sameConstant(a: Tensor, b: Tensor): boolean {
  if (a === b) return true;
  if (a.type !== b.type || a.data.length !== b.data.length || a.dims.join() !== b.dims.join()) return false;
  return a.data.every((value: number | bigint, i: number) => Object.is(value, b.data[i]));
}

/**
 * Puts `tail` behind `trunk`: the tail's first input becomes the trunk's first output. Where both use a name for
 * different things the tail's is prefixed; what they share by content (a constant in both) stays one. The joined
 * graph has the trunk's inputs, the tail's outputs and both metadata, the tail's first.
 *
 * Throws INVALID_GRAPH where the types differ or the operator sets do (see {@link atOpset}).
 */
export function join(trunk: Graph, tail: Graph): Graph {
  const [from] = trunk.outputs;
  const [to] = tail.inputs;
  if (!from || !to || trunk.outputs.length > 1 || tail.inputs.length > 1) {
    throw new OnnxError(
      'INVALID_GRAPH',
      `only one tensor can be joined: the trunk has ${trunk.outputs.length} outputs, the tail ${tail.inputs.length} inputs`,
    );
  }
  if (from.type !== to.type) {
    throw new OnnxError('INVALID_GRAPH', `the trunk gives ${from.type}, the tail takes ${to.type}`);
  }
  if (trunk.opset !== tail.opset) {
    throw new OnnxError(
      'INVALID_GRAPH',
      `the trunk is of operator set ${trunk.opset}, the tail of ${tail.opset}: bring both to one by atOpset()`,
    );
  }
  const taken = new Set(tensorNames(trunk));
  const names = new Map<string, string>([[to.name, from.name]]);
  for (const name of tensorNames(tail)) {
    if (name === to.name || !taken.has(name)) continue;
    const [ours, theirs] = [trunk.initializers.get(name), tail.initializers.get(name)];
    if (ours && theirs && sameConstant(ours, theirs)) continue;
    let fresh = `tail.${name}`;
    while (taken.has(fresh)) fresh = `tail.${fresh}`;
    names.set(name, fresh);
  }
  const behind = renameTensors(tail, (name) => names.get(name) ?? name);
  const nodeNames = new Set(trunk.nodes.map((node) => node.name));
  const nodes = behind.nodes.map((node) => {
    let name = node.name;
    while (nodeNames.has(name)) name = `tail.${name}`;
    nodeNames.add(name);
    return { ...node, name };
  });
  return {
    name: tail.name.replace(/\.tail$/, ''),
    opset: trunk.opset,
    inputs: trunk.inputs,
    outputs: behind.outputs,
    nodes: [...trunk.nodes, ...nodes],
    initializers: new Map([...trunk.initializers, ...behind.initializers]),
    metadata: { ...trunk.metadata, ...tail.metadata },
  };
}
