/**
 * @file Reverse-mode differentiation of a network into two ONNX graphs.
 *
 * `forward` is the network with its parameters as inputs; beside its output it gives the activations that the backward
 * pass reads. `backward` takes those and ∂L/∂output, and gives ∂L/∂parameter for every parameter. Both are plain ONNX of
 * the standard operator set, so any runtime and device runs them. Nodes are visited in reverse; each has a rule
 * (rules/index.ts) that emits its backward; what nothing needs is left out afterwards.
 */
import { describeNode } from '../attributes.ts';
import { OnnxError } from '../errors.ts';
import type { Graph, Node, Tensor, Value } from '../graph.ts';
import { trainableParameters } from '../parameters.ts';
import { prune } from '../prune.ts';
import { inferShapes } from '../shapes.ts';
import { spellOut } from '../spell-out.ts';
import { activeTensors, learningInputs } from './activity.ts';
import { blockForward } from './blocked.ts';
import { type Dim, GradientContext } from './context.ts';
import { type Mask, trainingNodes } from './forward.ts';
import { rules } from './rules/index.ts';

/** A network and its gradient as two graphs. */
export interface Differentiated {
  /** Inputs: the network's own, `parameters`, `masks`. Outputs: the network's first output, then `kept`. */
  readonly forward: Graph;
  /** Inputs: `outputGradient`, and of `kept`, the parameters, masks and network inputs those it reads. Outputs: `gradient(p)`. */
  readonly backward: Graph;
  /** Activations that go from forward to backward. */
  readonly kept: readonly string[];
  readonly parameters: readonly string[];
  /** Dropout's masks, for the engine to feed to forward (and to backward, where it lists them). */
  readonly masks: readonly Mask[];
  /** The input of backward that takes ∂L/∂output: `grad.` and the output's name. */
  readonly outputGradient: string;
  /** The output of backward that holds ∂L/∂parameter, shaped as the parameter. Throws UNKNOWN_TENSOR. */
  gradient(parameter: string): string;
}

/** Options of {@link differentiate}. */
export interface DifferentiateOptions {
  /** Names of float32 initializers; default {@link trainableParameters}. */
  readonly parameters?: readonly string[];
  /**
   * Runs convolutions in the blocked layout of ONNX Runtime's CPU provider, with this many channels a block (8 or 16;
   * what the processor has). It is up to twice as fast, and no longer plain ONNX: see blocked.ts. Left out: plain.
   */
  readonly block?: number;
  /**
   * False: no pool is asked where its maxima lay (its second output), which WebGPU can't say; pools whose windows overlap
   * then cost several times as much. Default true.
   */
  readonly indices?: boolean;
}

/** The operator set of the backward graph. */
const BACKWARD_OPSET = 17;

/** Two batch sizes: a dimension that differs between them grows with the batch. */
const BATCHES = [3, 5] as const;

type Shapes = Map<string, number[]>;

function shapesFor(graph: Graph, batch: number): Shapes {
  return inferShapes(
    graph,
    Object.fromEntries(
      graph.inputs.map(({ name, dims }) => [name, dims.map((dim) => (typeof dim === 'number' ? dim : batch))]),
    ),
  );
}

/** Every shape with `null` where it grows with the batch. */
function symbolicShapes(small: Shapes, large: Shapes): Map<string, Dim[]> {
  return new Map(
    [...small].map(([name, dims]) => [name, dims.map((dim, axis) => (dim === large.get(name)![axis] ? dim : null))]),
  );
}

/** Dimensions for a graph's input: `batch`, or a multiple of it by name. */
function namedDims(name: string, small: Shapes, symbolic: ReadonlyMap<string, readonly Dim[]>): (number | string)[] {
  return small.get(name)!.map((dim, axis) => {
    if (symbolic.get(name)![axis] !== null) return dim;
    return dim === BATCHES[0] ? 'batch' : `batch.${name}.${axis}`;
  });
}

function checkParameters(graph: Graph, parameters: readonly string[]): void {
  for (const name of parameters) {
    const tensor = graph.initializers.get(name);
    if (tensor?.type === 'float32') continue;
    throw new OnnxError(
      'UNKNOWN_TENSOR',
      `"${name}" ${tensor ? `is ${tensor.type}` : 'is no initializer of the graph'}; a parameter is one of its float32 initializers: ${[...graph.initializers.keys()].slice(0, 8).join(', ')} …`,
    );
  }
}

function consumersOf(nodes: readonly Node[]): Map<string, Node[]> {
  const consumers = new Map<string, Node[]>();
  for (const node of nodes) {
    for (const name of new Set(node.inputs)) {
      const list = consumers.get(name);
      if (list) list.push(node);
      else consumers.set(name, [node]);
    }
  }
  return consumers;
}

/** Initializers that don't train, and what Constant nodes hold. */
function constantsOf(graph: Graph, parameters: ReadonlySet<string>): Map<string, Tensor> {
  const constants = new Map([...graph.initializers].filter(([name]) => !parameters.has(name)));
  for (const node of graph.nodes) {
    const value = node.op === 'Constant' ? node.attributes.value : undefined;
    if (value && 'tensor' in value) constants.set(node.outputs[0]!, value.tensor);
  }
  return constants;
}

/** Emits the backward of every node that a gradient passes. */
function emit(nodes: readonly Node[], g: GradientContext): void {
  for (const node of [...nodes].reverse()) {
    if (!learningInputs(node).some((name) => g.wants(name))) continue;
    if (!node.outputs.some((output) => output !== '' && g.total(output) !== undefined)) continue;
    const rule = node.domain ? undefined : rules.get(node.op);
    if (!rule) {
      throw new OnnxError(
        'UNSUPPORTED_OP',
        `${describeNode(node)} can't be trained: there is no gradient for ${node.domain ? `${node.domain}.` : ''}${node.op}; cut the graph behind it, so that it is frozen, or use one of ${[...rules.keys()].sort().join(', ')}`,
      );
    }
    rule(node, g);
  }
}

/** Gives each parameter's gradient its own name as an output of the graph. */
function nameGradients(g: GradientContext, parameters: readonly string[], gradient: (name: string) => string): Node[] {
  const renamed = new Map<string, string>();
  const copies: Node[] = [];
  const made = new Set(g.nodes.flatMap((node) => node.outputs));
  for (const parameter of parameters) {
    const total = g.total(parameter);
    if (total === undefined) {
      throw new OnnxError(
        'NOT_DIFFERENTIABLE',
        `the parameter "${parameter}" doesn't reach the output through differentiable operations; leave it out`,
      );
    }
    const name = gradient(parameter);
    if (made.has(total) && !renamed.has(total)) renamed.set(total, name);
    else copies.push({ op: 'Identity', name, inputs: [renamed.get(total) ?? total], outputs: [name], attributes: {} });
  }
  const rename = (name: string) => renamed.get(name) ?? name;
  return [
    ...g.nodes.map((node) => ({ ...node, inputs: node.inputs.map(rename), outputs: node.outputs.map(rename) })),
    ...copies,
  ];
}

/**
 * Differentiates the graph's first output towards its parameters. Operations that are several in one (LayerNormalization,
 * Gelu, Split …) are written as smaller ones first: see spell-out.ts.
 *
 * Throws OnnxError: UNSUPPORTED_OP where a gradient would pass an operation that has no rule (op and node named),
 * NOT_DIFFERENTIABLE where an operation is used in a way that has none, UNKNOWN_TENSOR for a wrong parameter.
 */
export function differentiate(whole: Graph, o: DifferentiateOptions = {}): Differentiated {
  const parameters = o.parameters ?? trainableParameters(whole);
  checkParameters(whole, parameters);
  const only = activeTensors(whole, parameters);
  const graph = spellOut(whole, { only, shapes: shapesFor(whole, BATCHES[0]) });
  const output = graph.outputs[0]!;
  const outputGradient = `grad.${output.name}`;
  const gradient = (parameter: string): string => {
    if (parameters.includes(parameter)) return `grad.${parameter}`;
    throw new OnnxError('UNKNOWN_TENSOR', `"${parameter}" is none of the parameters: ${parameters.join(', ')}`);
  };

  const learning = new Set(parameters);
  const active = activeTensors(graph, parameters);
  const original = shapesFor(graph, BATCHES[0]);
  const { nodes, masks } = trainingNodes(graph, original, active, o.indices ?? true);
  const small = new Map(original);
  const symbolic = symbolicShapes(small, shapesFor(graph, BATCHES[1]));
  for (const mask of masks) {
    small.set(mask.name, small.get(mask.like)!);
    symbolic.set(mask.name, symbolic.get(mask.like)!);
  }
  for (const { outputs } of nodes) {
    const [y, indices] = outputs;
    if (indices && !small.has(indices)) {
      small.set(indices, small.get(y!)!);
      symbolic.set(indices, symbolic.get(y!)!);
    }
  }

  const constants = constantsOf(graph, learning);
  const g = new GradientContext({
    shapes: symbolic,
    constants,
    active,
    producers: new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node]))),
    consumers: consumersOf(nodes),
    outputs: new Set([output.name]),
    block: o.block,
  });
  g.give(output.name, outputGradient);
  emit(nodes, g);

  const backwardOutputs = parameters.map(
    (name): Value => ({ name: gradient(name), type: 'float32', dims: graph.initializers.get(name)!.dims }),
  );
  const bare = prune({
    name: `${graph.name}.backward`,
    opset: BACKWARD_OPSET,
    inputs: [],
    outputs: backwardOutputs,
    nodes: nameGradients(g, parameters, gradient),
    initializers: new Map([...constants, ...g.initializers]),
    metadata: {},
  });
  const inside = new Set([...bare.initializers.keys(), ...bare.nodes.flatMap((node) => node.outputs)]);
  const read = new Set(bare.nodes.flatMap((node) => node.inputs).filter((name) => name !== '' && !inside.has(name)));

  const isIndices = new Set(nodes.filter(({ op }) => op === 'MaxPool').map(({ outputs }) => outputs[1]));
  const masksIn = masks.map(({ name }): Value => ({ name, type: 'float32', dims: namedDims(name, small, symbolic) }));
  const parametersIn = parameters.map(
    (name): Value => ({ name, type: 'float32', dims: graph.initializers.get(name)!.dims }),
  );
  const given = [...graph.inputs, ...parametersIn, ...masksIn];
  const givenNames = new Set(given.map(({ name }) => name));
  const activations = [...read]
    .filter((name) => !givenNames.has(name) && name !== outputGradient)
    .map(
      (name): Value => ({
        name,
        type: isIndices.has(name) ? 'int64' : 'float32',
        dims: namedDims(name, small, symbolic),
      }),
    );
  const kept = activations.map(({ name }) => name);
  const outputValue: Value = { name: output.name, type: 'float32', dims: namedDims(output.name, small, symbolic) };

  const outputs = [outputValue, ...activations.filter(({ name }) => name !== output.name)];
  const plain: Graph = {
    ...graph,
    inputs: given,
    outputs,
    nodes,
    initializers: new Map([...graph.initializers].filter(([name]) => !learning.has(name))),
  };
  const forward = prune(o.block === undefined ? plain : blockForward(plain, symbolic, o.block));
  const backward: Graph = {
    ...bare,
    inputs: [{ ...outputValue, name: outputGradient }, ...activations, ...given.filter(({ name }) => read.has(name))],
  };
  return {
    forward,
    backward,
    kept,
    parameters: [...parameters],
    masks: masks.map(({ name, ratio }) => ({ name, ratio, dims: namedDims(name, small, symbolic) })),
    outputGradient,
    gradient,
  };
}
