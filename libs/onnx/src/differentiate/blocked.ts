/**
 * @file Convolutions in ONNX Runtime's own layout, for its CPU provider.
 *
 * ONNX Runtime convolves fastest on channels in blocks of 8 or 16 (one vector register): [N, C/b, H, W, b], kernels as
 * [O/b, C/b, kh, kw, b in, b out]. It goes over to that layout by itself where the weights are constants, as in a served
 * model, but not where they are inputs, as in training. The operations themselves (domain `com.microsoft.nchwc`) can be
 * written into a graph, though, and the kernels be laid out by Reshape and Transpose: that is what happens here, for
 * graphs that never leave the trainer. Whoever asks for it finds the block's size by trying (`ReorderInput` on a few
 * channels) and keeps to plain ONNX where there is none.
 *
 * Source of the layouts: onnxruntime/core/mlas/lib/reorder.cpp, onnxruntime/core/optimizer/nchwc_transformer.cc.
 */
import { floatAttribute, intAttribute } from '../attributes.ts';
import type { Attribute, Graph, Node } from '../graph.ts';
import { windowOf } from '../shapes/window.ts';
import { toNumbers } from '../tensor.ts';
import { type Dim, Emitter } from './emitter.ts';

const DOMAIN = 'com.microsoft.nchwc';

/** A two-dimensional convolution by its sizes. */
export interface ConvolutionShape {
  readonly channels: number;
  readonly filters: number;
  readonly groups: number;
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
  /** ONNX's order: top, left, bottom, right. */
  readonly pads: readonly number[];
  /** Columns of the input. */
  readonly width: number;
}

const roundUp = (value: number, block: number) => Math.ceil(value / block) * block;

/** Blocks padded with zeros cost as much as full ones; below this share of real channels the plain layout is as fast. */
const LEAST_FILL = 0.7;

/** Below this share of outputs whose window lies within a row, the plain layout is faster: the others go one by one. */
const LEAST_INSIDE = 0.6;

/** The share of a row's outputs whose window doesn't reach into the padding. */
function shareInside({ width, kernel, strides, dilations, pads }: ConvolutionShape): number {
  const reach = (kernel[1] - 1) * dilations[1] + 1;
  const all = Math.floor((width + pads[1]! + pads[3]! - reach) / strides[1]) + 1;
  return Math.max(0, Math.floor((width - reach) / strides[1]) + 1) / all;
}

/**
 * Whether the blocked layout is worth it: one group whose channels fill their blocks, the few channels of a picture
 * (which are read as they are), or depthwise.
 */
export function canBlock(c: ConvolutionShape, block: number): boolean {
  if (shareInside(c) < LEAST_INSIDE) return false;
  if (c.groups > 1) return c.groups === c.channels && c.groups === c.filters && c.channels % block === 0;
  const filled = c.filters / roundUp(c.filters, block);
  if (c.channels < block) return filled >= LEAST_FILL;
  // ReorderInput takes four channels at a time.
  if (c.channels % 4 !== 0) return false;
  return (filled * c.channels) / roundUp(c.channels, block) >= LEAST_FILL;
}

/**
 * Weights [O, C, kh, kw] in the order of the blocked layout, padded with zeros to whole blocks. `exchanged`: they are
 * given as [C, O, kh, kw]. Where a Transpose moves one axis, as for 1 × 1, the runtime is several times faster.
 */
function blockedKernels(e: Emitter, block: number, c: ConvolutionShape, w: string, exchanged: boolean): string {
  const [height, width] = c.kernel;
  const filters = roundUp(c.filters, block);
  const plainInput = c.groups > 1 || c.channels < block;
  const channels = c.groups > 1 ? 1 : plainInput ? c.channels : roundUp(c.channels, block);
  const missing = [filters - c.filters, channels - (c.groups > 1 ? 1 : c.channels)] as const;
  const isWhole = missing.every((n) => n === 0);
  const moved = (apart: string, perm: readonly number[]): string =>
    e.reshape(e.op('Transpose', [apart], { perm: { ints: perm } }), [filters, channels, height, width]);
  const pointwise = height === 1 && width === 1 && !plainInput;
  if (pointwise && exchanged && isWhole) return moved(e.reshape(w, [channels, filters / block, block]), [1, 0, 2]);
  const straight = exchanged ? e.op('Transpose', [w], { perm: { ints: [1, 0, 2, 3] } }) : w;
  const whole = isWhole ? straight : e.op('Pad', [straight, e.ints([0, 0, 0, 0, ...missing, 0, 0])]);
  if (pointwise) return moved(e.reshape(whole, [filters / block, block, channels]), [0, 2, 1]);
  return plainInput
    ? moved(e.reshape(whole, [filters / block, block, channels, height, width]), [0, 2, 3, 4, 1])
    : moved(e.reshape(whole, [filters / block, block, channels / block, block, height, width]), [0, 2, 4, 5, 3, 1]);
}

/** An operation that the runtime does along with a convolution. */
interface Activation {
  readonly op: string;
  readonly parameters: readonly number[];
}

/** A convolution's operands. `blocked`: x in the blocked layout, where it is there already. */
export interface ConvolutionInputs {
  readonly x: string;
  readonly blocked?: string | undefined;
  readonly w: string;
  /** w is [C, O, kh, kw] instead of [O, C, kh, kw]. */
  readonly exchanged?: boolean | undefined;
  readonly bias?: string | undefined;
  /** What is done to each element of the output: Relu; LeakyRelu with its slope, Clip with its bounds. */
  readonly activation?: Activation | undefined;
  /** The name of the plain output. */
  readonly output?: string | undefined;
}

/** Emits a convolution; its output in both layouts (what isn't read is pruned). */
export function blockedConvolution(
  e: Emitter,
  block: number,
  c: ConvolutionShape,
  o: ConvolutionInputs,
): { plain: string; blocked: string } {
  const x = c.channels < block ? o.x : (o.blocked ?? e.op('ReorderInput', [o.x], {}, { domain: DOMAIN }));
  const inputs = [x, blockedKernels(e, block, c, o.w, o.exchanged ?? false)];
  const padded = roundUp(c.filters, block) - c.filters;
  if (o.bias !== undefined) inputs.push(padded > 0 ? e.op('Pad', [o.bias, e.ints([0, padded])]) : o.bias);
  const attributes: Record<string, Attribute> = {
    kernel_shape: { ints: c.kernel },
    strides: { ints: c.strides },
    dilations: { ints: c.dilations },
    pads: { ints: c.pads },
    group: { int: c.groups },
  };
  if (o.activation) {
    attributes.activation = { string: o.activation.op };
    if (o.activation.parameters.length > 0) attributes.activation_params = { floats: o.activation.parameters };
  }
  const blocked = e.op('Conv', inputs, attributes, { domain: DOMAIN });
  const name = o.output === undefined ? {} : { output: o.output };
  const plain = e.op('ReorderOutput', [blocked], { channels: { int: c.filters } }, { domain: DOMAIN, ...name });
  return { plain, blocked };
}

/**
 * A plain [N, C, H, W] in the blocked layout, with zeros between its places: [N, C, H · sy, W · sx], each value first in
 * its tile. Runs of a whole block are moved, where the plain layout would move numbers one by one.
 *
 * @param o.channels - C, a multiple of the block
 */
export function spreadBlocked(
  e: Emitter,
  block: number,
  x: string,
  o: {
    readonly channels: number;
    readonly size: readonly [number, number];
    readonly strides: readonly [number, number];
  },
): string {
  const [height, width] = o.size;
  const [down, across] = o.strides;
  const blocked = e.op('ReorderInput', [x], {}, { domain: DOMAIN });
  const rows = e.reshape(blocked, [null, 1, width, block]);
  const spread = e.op('Pad', [rows, e.ints([0, 0, 0, 0, 0, down - 1, 0, block * (across - 1)])]);
  return e.reshape(spread, [null, o.channels, height * down, width * across]);
}

/** The sizes of a Conv node; `undefined` where they aren't known or there aren't two spatial axes. */
function shapeOf(node: Node, shapes: ReadonlyMap<string, readonly Dim[]>): ConvolutionShape | undefined {
  const [x, w] = [shapes.get(node.inputs[0]!), shapes.get(node.inputs[1]!)];
  if (x?.length !== 4 || w?.length !== 4) return undefined;
  if (![...x.slice(1), ...w].every((dim) => typeof dim === 'number')) return undefined;
  const [filters, , ...kernel] = w as number[];
  const window = windowOf(node, x.slice(2) as number[], kernel);
  return {
    channels: x[1]!,
    filters: filters!,
    groups: intAttribute(node, 'group', 1),
    kernel: kernel as [number, number],
    strides: window.strides as [number, number],
    dilations: window.dilations as [number, number],
    pads: [...window.padsBegin, ...window.padsEnd],
    width: x[3]!,
  };
}

/** Largest float32: what an absent bound of Clip stands for. */
const MOST = 3.4028234663852886e38;

/** An operation as an activation; undefined where it is none. */
function activationOf(node: Node, graph: Graph): Activation | undefined {
  if (node.op === 'Relu') return { op: 'Relu', parameters: [] };
  if (node.op === 'LeakyRelu') return { op: 'LeakyRelu', parameters: [floatAttribute(node, 'alpha', 0.01)] };
  if (node.op !== 'Clip') return undefined;
  const bounds = [-MOST, MOST].map((open, i) => {
    const name = node.inputs[i + 1];
    if (!name) return floatAttribute(node, i === 0 ? 'min' : 'max', open);
    const constant = graph.initializers.get(name);
    return constant && toNumbers(constant)[0];
  });
  return bounds.every((bound) => bound !== undefined) ? { op: 'Clip', parameters: bounds } : undefined;
}

/** The activation that is the only reader of a convolution, to be done along with it. */
function activationBehind(node: Node, graph: Graph): { node: Node; activation: Activation } | undefined {
  const y = node.outputs[0]!;
  const readers = graph.nodes.filter(({ inputs }) => inputs.includes(y));
  if (readers.length !== 1 || graph.outputs.some(({ name }) => name === y)) return undefined;
  const activation = activationOf(readers[0]!, graph);
  return activation && { node: readers[0]!, activation };
}

/** A pool on what is in the blocked layout already; also gives its plain output. */
function blockedPool(e: Emitter, node: Node, x: string, channels: number): string {
  // What the plain operation has besides steers its second output.
  const shared = Object.entries(node.attributes).filter(([name]) => name !== 'storage_order');
  const blocked = e.op('MaxPool', [x], Object.fromEntries(shared), { domain: DOMAIN });
  e.op('ReorderOutput', [blocked], { channels: { int: channels } }, { domain: DOMAIN, output: node.outputs[0]! });
  return blocked;
}

/** The graph with its convolutions (and the activations behind them) in the blocked layout, tensors' names unchanged. */
export function blockForward(graph: Graph, shapes: ReadonlyMap<string, readonly Dim[]>, block: number): Graph {
  const e = new Emitter('blocked');
  const blocked = new Map<string, string>();
  const done = new Set<Node>();
  for (const node of graph.nodes) {
    if (done.has(node)) continue;
    const pooled = node.op === 'MaxPool' && node.outputs.length === 1 ? blocked.get(node.inputs[0]!) : undefined;
    if (pooled !== undefined) {
      const y = node.outputs[0]!;
      blocked.set(y, blockedPool(e, node, pooled, shapes.get(y)![1]!));
      continue;
    }
    const c = node.op === 'Conv' && !node.domain ? shapeOf(node, shapes) : undefined;
    if (!c || !canBlock(c, block)) {
      e.nodes.push(node);
      continue;
    }
    const behind = activationBehind(node, graph);
    if (behind) done.add(behind.node);
    const output = (behind?.node ?? node).outputs[0]!;
    const [x, w, bias] = node.inputs as [string, string, string | undefined];
    const made = blockedConvolution(e, block, c, {
      x,
      blocked: blocked.get(x),
      w,
      bias: bias === '' ? undefined : bias,
      activation: behind?.activation,
      output,
    });
    blocked.set(output, made.blocked);
  }
  return { ...graph, nodes: e.nodes, initializers: new Map([...graph.initializers, ...e.initializers]) };
}

/**
 * A graph that tells the block's size when it is run: `input` of `dims`, any values; axis 1 of `output` is the size. A
 * runtime without the layout refuses the graph, or gives 4 back (as many channels as there are) or 1.
 */
export function blockProbe(): { model: Graph; input: string; dims: readonly number[]; output: string } {
  const dims = [1, 4, 1, 1];
  return {
    model: {
      name: 'block',
      opset: 17,
      inputs: [{ name: 'x', type: 'float32', dims }],
      outputs: [{ name: 'y', type: 'float32', dims: ['...'] }],
      nodes: [{ op: 'ReorderInput', name: 'reorder', domain: DOMAIN, inputs: ['x'], outputs: ['y'], attributes: {} }],
      initializers: new Map(),
      metadata: {},
    },
    input: 'x',
    dims,
    output: 'y',
  };
}
