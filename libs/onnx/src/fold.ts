/** @file Simplifying a graph: everything that can be computed before the first picture is. */
import { intAttribute } from './attributes.ts';
import { evaluateNode } from './evaluate.ts';
import type { Graph, Node, Tensor } from './graph.ts';
import { varyingTensors } from './paths.ts';
import { prune } from './prune.ts';
import { float32, toNumbers } from './tensor.ts';

/** Constants that grow beyond this many elements by folding (Expand, ConstantOfShape) stay computed at run time. */
const MAX_GROWN = 1 << 20;

/** A graph taken apart for changing. */
interface Draft {
  readonly graph: Graph;
  readonly nodes: Node[];
  readonly initializers: Map<string, Tensor>;
}

/**
 * The same function with less to do:
 * - nodes that depend on constants alone (Cast and Mul of stored weights, weight standardisation, Constant) are
 *   computed and become constants under the name of their output;
 * - Identity and Dropout (which does nothing at inference) vanish;
 * - BatchNormalization, and Mul or Add of a constant per channel, go into the convolution before them; a
 *   BatchNormalization elsewhere becomes Mul and Add;
 * - what no output needs is left out.
 *
 * Graph inputs, outputs and their names stay. Outputs agree with the original's to rounding.
 */
export function fold(graph: Graph): Graph {
  let draft: Draft = { graph, nodes: [...graph.nodes], initializers: new Map(graph.initializers) };
  draft = constants(draft);
  draft = passThrough(draft);
  draft = affine(draft);
  return prune({ ...graph, nodes: draft.nodes, initializers: draft.initializers });
}

function constants({ graph, nodes, initializers }: Draft): Draft {
  const varying = varyingTensors(graph);
  const outputs = new Set(graph.outputs.map((output) => output.name));
  const kept: Node[] = [];
  for (const node of nodes) {
    const inputs = node.inputs.map((name) => (name === '' ? undefined : initializers.get(name)));
    const known = node.inputs.every((name, i) => name === '' || inputs[i]);
    // A graph output has to be made by a node: a constant there would be no output of every runtime.
    const free = node.outputs.every((name) => !varying.has(name) && !outputs.has(name));
    const used = node.outputs.filter((name) => name !== '').length;
    const values = known && free && used === 1 ? evaluateNode(node, inputs, graph.opset) : undefined;
    const given = inputs.reduce((sum, input) => sum + (input?.data.length ?? 0), 0);
    if (!values?.[0] || values[0].data.length > Math.max(MAX_GROWN, given)) kept.push(node);
    else initializers.set(node.outputs[0]!, values[0]);
  }
  return { graph, nodes: kept, initializers };
}

/** Removes Identity and Dropout by renaming what they made. */
function passThrough({ graph, nodes, initializers }: Draft): Draft {
  const outputs = new Set(graph.outputs.map((output) => output.name));
  const used = new Set(nodes.flatMap((node) => node.inputs));
  const names = new Map<string, string>();
  const to = (name: string) => names.get(name) ?? name;
  const made = new Map<string, number>();
  const kept: Node[] = [];
  const push = (node: Node) => {
    for (const output of node.outputs) made.set(output, kept.length);
    kept.push(node);
  };
  for (const original of nodes) {
    const node = { ...original, inputs: original.inputs.map(to) };
    const [from, into] = [node.inputs[0] ?? '', node.outputs[0] ?? ''];
    const mask = node.outputs[1] ?? '';
    const idle = node.op === 'Identity' || (node.op === 'Dropout' && !used.has(mask) && !outputs.has(mask));
    if (!idle || node.domain) {
      push(node);
    } else if (!outputs.has(into)) {
      names.set(into, from);
    } else {
      // The output's name must stay: rename what makes the input, unless that has a name of its own to keep.
      const maker = made.get(from);
      if (maker === undefined || outputs.has(from)) {
        push(
          node.op === 'Identity' ? node : { ...node, op: 'Identity', inputs: [from], outputs: [into], attributes: {} },
        );
        continue;
      }
      const rename = (name: string) => (name === from ? into : name);
      for (let i = maker; i < kept.length; i += 1) {
        const earlier = kept[i]!;
        kept[i] = { ...earlier, inputs: earlier.inputs.map(rename), outputs: earlier.outputs.map(rename) };
      }
      made.set(into, maker);
      for (const [name, target] of names) if (target === from) names.set(name, into);
      names.set(from, into);
    }
  }
  return { graph, nodes: kept, initializers };
}

/** y = scale * x + shift, per channel; float64, [C]. */
interface Affine {
  readonly scale: Float64Array;
  readonly shift: Float64Array;
}

/** What a node does per channel of an [N, C, ...] tensor, if it is no more than that. `channels` undefined: any. */
function affineOf(
  node: Node,
  varying: string,
  initializers: Map<string, Tensor>,
  channels?: number,
): Affine | undefined {
  if (node.domain) return undefined;
  if (node.op === 'BatchNormalization') {
    if (intAttribute(node, 'training_mode', 0) === 1 || node.outputs.length > 1 || node.inputs[0] !== varying)
      return undefined;
    const constants = node.inputs.slice(1).map((name) => initializers.get(name));
    if (constants.length !== 4 || constants.some((constant) => !constant)) return undefined;
    const [gain, beta, mean, variance] = constants.map((constant) => toNumbers(constant!));
    const epsilon =
      node.attributes.epsilon && 'float' in node.attributes.epsilon ? node.attributes.epsilon.float : 1e-5;
    const scale = gain!.map((value, c) => value / Math.sqrt(variance![c]! + epsilon));
    return { scale, shift: beta!.map((value, c) => value - mean![c]! * scale[c]!) };
  }
  if ((node.op !== 'Mul' && node.op !== 'Add') || channels === undefined) return undefined;
  const other = node.inputs.find((name) => name !== varying);
  const constant = other === undefined ? undefined : initializers.get(other);
  if (constant?.type !== 'float32' || constant.dims.length > 4) return undefined;
  // Only [C, 1, 1], [1, C, 1, 1] and single numbers act per channel.
  const dims = [1, 1, 1, 1].slice(constant.dims.length).concat(constant.dims);
  const perChannel = dims[0] === 1 && dims[2] === 1 && dims[3] === 1 && (dims[1] === 1 || dims[1] === channels);
  if (!perChannel) return undefined;
  const values = toNumbers(constant);
  const each = Float64Array.from({ length: channels }, (_, c) => values[values.length === 1 ? 0 : c]!);
  return node.op === 'Mul'
    ? { scale: each, shift: new Float64Array(channels) }
    : { scale: new Float64Array(channels).fill(1), shift: each };
}

/** Moves affine nodes into the convolution before them, and turns the other BatchNormalizations into Mul and Add. */
function affine({ graph, nodes, initializers }: Draft): Draft {
  const uses = new Map<string, number>();
  for (const name of [...nodes.flatMap((node) => node.inputs), ...graph.outputs.map((output) => output.name)]) {
    uses.set(name, (uses.get(name) ?? 0) + 1);
  }
  const ranks = new Map(
    graph.inputs.map((input) => [input.name, input.dims[0] === '...' ? undefined : input.dims.length]),
  );
  const kept: (Node | undefined)[] = [];
  const convs = new Map<string, number>(); // output name -> index in kept
  for (const node of nodes) {
    const from = node.inputs.find((name) => convs.has(name) && uses.get(name) === 1);
    const at = from === undefined ? undefined : convs.get(from);
    const merged = at === undefined ? undefined : absorb(kept[at]!, node, initializers);
    if (merged && at !== undefined) {
      // The merged convolution stands where the affine node stood.
      kept[at] = undefined;
      convs.delete(from!);
      convs.set(node.outputs[0]!, kept.length);
      kept.push(merged);
      continue;
    }
    const rank = rankOf(node, ranks, initializers);
    if (rank !== undefined) ranks.set(node.outputs[0]!, rank);
    const apart = node.op === 'BatchNormalization' ? affineOf(node, node.inputs[0]!, initializers) : undefined;
    if (apart && rank !== undefined) {
      kept.push(...asMulAdd(node, apart, rank, initializers));
      continue;
    }
    if (node.op === 'Conv' && !node.domain) convs.set(node.outputs[0]!, kept.length);
    kept.push(node);
  }
  return { graph, nodes: kept.filter((node) => node !== undefined), initializers };
}

/** The convolution that does what `conv` and then `node` do; undefined where that is no convolution. */
function absorb(conv: Node, node: Node, initializers: Map<string, Tensor>): Node | undefined {
  const weight = initializers.get(conv.inputs[1]!);
  const bias = conv.inputs[2] ? initializers.get(conv.inputs[2]) : undefined;
  // Conv of a 4-D tensor only: the per-channel test counts axes from the back.
  if (weight?.type !== 'float32' || weight.dims.length !== 4 || (conv.inputs[2] && !bias)) return undefined;
  const channels = weight.dims[0]!;
  const map = affineOf(node, conv.outputs[0]!, initializers, channels);
  if (!map || map.scale.length !== channels) return undefined;
  const block = weight.data.length / channels;
  const values = weight.data as Float32Array;
  const scaled = new Float32Array(values.length);
  for (let i = 0; i < values.length; i += 1) scaled[i] = values[i]! * map.scale[Math.floor(i / block)]!;
  const before = bias ? toNumbers(bias) : new Float64Array(channels);
  const shifted = Float32Array.from(before, (value, c) => value * map.scale[c]! + map.shift[c]!);
  const weightName = fresh(`${conv.name}.weight`, initializers);
  initializers.set(weightName, float32(weight.dims, scaled));
  const biasName = fresh(`${conv.name}.bias`, initializers);
  initializers.set(biasName, float32([channels], shifted));
  return { ...conv, inputs: [conv.inputs[0]!, weightName, biasName], outputs: [node.outputs[0]!] };
}

function fresh(name: string, initializers: Map<string, Tensor>): string {
  let candidate = `${name}.folded`;
  for (let i = 2; initializers.has(candidate); i += 1) candidate = `${name}.folded${i}`;
  return candidate;
}

/** The number of axes of a node's first output, as far as it can be told without shapes; else undefined. */
function rankOf(node: Node, ranks: ReadonlyMap<string, number | undefined>, initializers: Map<string, Tensor>) {
  if (node.op === 'Conv') return initializers.get(node.inputs[1]!)?.dims.length;
  if (node.op === 'Gemm' || node.op === 'Flatten') return 2;
  if (/^(Relu|LeakyRelu|Clip|Sigmoid|Tanh|HardSwish|HardSigmoid|.*Pool|.*Normalization|LRN)$/.test(node.op)) {
    return ranks.get(node.inputs[0]!);
  }
  if (node.op !== 'Add' && node.op !== 'Mul' && node.op !== 'Concat') return undefined;
  const all = node.inputs.map((name) => initializers.get(name)?.dims.length ?? ranks.get(name));
  return all.every((rank) => rank !== undefined) ? Math.max(...all) : undefined;
}

/** Constants of [1, C, 1 ...], for the rank of what they are applied to. */
function asMulAdd(node: Node, { scale, shift }: Affine, rank: number, initializers: Map<string, Tensor>): Node[] {
  const dims = Array.from({ length: rank }, (_, axis) => (axis === 1 ? scale.length : 1));
  const [scaleName, shiftName] = [fresh(`${node.name}.scale`, initializers), fresh(`${node.name}.shift`, initializers)];
  initializers.set(scaleName, float32(dims, Float32Array.from(scale)));
  initializers.set(shiftName, float32(dims, Float32Array.from(shift)));
  const between = `${node.outputs[0]}.scaled`;
  return [
    { op: 'Mul', name: `${node.name}.mul`, inputs: [node.inputs[0]!, scaleName], outputs: [between], attributes: {} },
    { op: 'Add', name: `${node.name}.add`, inputs: [between, shiftName], outputs: [...node.outputs], attributes: {} },
  ];
}
