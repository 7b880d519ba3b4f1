/**
 * @file Operations written as smaller ones: what learns through the small ones learns through these, on every engine.
 *
 * Only for training: what is exported keeps the operation, of which runtimes have one kernel.
 */
import { describeNode, floatAttribute, intAttribute, intsAttribute, stringAttribute } from './attributes.ts';
import { CONSTANT_PREFIX } from './builder.ts';
import { elementTypes } from './element-types.ts';
import type { Attribute, Graph, Node, Tensor } from './graph.ts';
import { normalAxis } from './shapes/axes.ts';
import { float32, int64, toInts } from './tensor.ts';

/** The operation under work: emits smaller ones in its place. */
class Spelling {
  readonly node: Node;
  readonly nodes: Node[] = [];
  readonly initializers: Map<string, Tensor>;
  readonly #shapes: ReadonlyMap<string, readonly number[]> | undefined;

  constructor(
    node: Node,
    initializers: Map<string, Tensor>,
    shapes: ReadonlyMap<string, readonly number[]> | undefined,
  ) {
    this.node = node;
    this.initializers = initializers;
    this.#shapes = shapes;
  }

  /** Emits a node; the operation's own output where `output` says so. */
  op(op: string, inputs: readonly string[], attributes: Record<string, Attribute> = {}, output?: string): string {
    const name = `${this.node.outputs.find((one) => one !== '')}.${op}${this.nodes.length}`;
    this.nodes.push({ op, name, inputs: [...inputs], outputs: [output ?? name], attributes });
    return output ?? name;
  }

  scalar(value: number): string {
    const name = `${CONSTANT_PREFIX}scalar.${value}`;
    this.initializers.set(name, float32([], [value]));
    return name;
  }

  ints(values: readonly number[]): string {
    const name = `${CONSTANT_PREFIX}ints.${values.join('.')}`;
    this.initializers.set(name, int64([values.length], values));
    return name;
  }

  /** A constant's integers; undefined where it is computed. */
  constant(input: number): Tensor | undefined {
    return this.initializers.get(this.node.inputs[input] ?? '');
  }

  /** The first input's shape, of some batch. */
  get shape(): readonly number[] | undefined {
    return this.#shapes?.get(this.node.inputs[0] ?? '');
  }

  /** min(x, 0) */
  below(x: string): string {
    return this.op('Neg', [this.op('Relu', [this.op('Neg', [x])])]);
  }

  /** x from `start` to `end` along an axis. */
  slice(x: string, axis: number, start: number, end: number, output?: string): string {
    return this.op('Slice', [x, this.ints([start]), this.ints([end]), this.ints([axis])], {}, output);
  }
}

/** Emits the operation in other words; false (and nothing emitted) where it can't be said so. */
type Speller = (s: Spelling, x: string, y: string) => boolean;

/** A speller that always can. */
const always =
  (spell: (s: Spelling, x: string, y: string) => void): Speller =>
  (s, x, y) => {
    spell(s, x, y);
    return true;
  };

/** y = scale · (x − μ) / √(var + ε) + bias over the axes from `axis` on. */
const layerNormalization: Speller = (s, x, y) => {
  const { node, shape } = s;
  if (!shape || node.outputs.slice(1).some((output) => output !== '')) return false;
  const first = normalAxis(intAttribute(node, 'axis', -1), shape.length, describeNode(node));
  const axes = { axes: { ints: shape.map((_, axis) => axis).slice(first) }, keepdims: { int: 1 } };
  const centred = s.op('Sub', [x, s.op('ReduceMean', [x], axes)]);
  const variance = s.op('ReduceMean', [s.op('Mul', [centred, centred])], axes);
  const deviation = s.op('Sqrt', [s.op('Add', [variance, s.scalar(floatAttribute(node, 'epsilon', 1e-5))])]);
  const unit = s.op('Div', [centred, deviation]);
  const [, scale, bias] = node.inputs as [string, string, string | undefined];
  const scaled = s.op('Mul', [unit, scale], {}, bias ? undefined : y);
  if (bias) s.op('Add', [scaled, bias], {}, y);
  return true;
};

/** Each output is a slice. */
const split: Speller = (s) => {
  const { node, shape } = s;
  const given = intsAttribute(node, 'split') ?? (s.constant(1) && toInts(s.constant(1)!));
  if (!shape || (node.inputs[1] && !given)) return false;
  const axis = normalAxis(intAttribute(node, 'axis', 0), shape.length, describeNode(node));
  if (axis === 0) return false;
  const part = Math.ceil(shape[axis]! / node.outputs.length);
  let from = 0;
  node.outputs.forEach((output, i) => {
    const size = given ? given[i]! : Math.min(part, shape[axis]! - from);
    if (output !== '') s.slice(node.inputs[0]!, axis, from, from + size, output);
    from += size;
  });
  return true;
};

/** Up to so many indices are taken one by one. */
const MOST_TAKEN = 256;

/** Rows that are known beforehand: slices, one behind the other; consecutive ones in one. */
const gather: Speller = (s, x, y) => {
  const { node, shape } = s;
  const indices = s.constant(1);
  if (!shape || !indices || indices.dims.length > 1) return false;
  const axis = normalAxis(intAttribute(node, 'axis', 0), shape.length, describeNode(node));
  const size = shape[axis]!;
  const rows = toInts(indices).map((row) => (row < 0 ? row + size : row));
  if (axis === 0 || rows.length === 0 || rows.length > MOST_TAKEN) return false;
  if (indices.dims.length === 0) {
    s.op('Squeeze', [s.slice(x, axis, rows[0]!, rows[0]! + 1), s.ints([axis])], {}, y);
    return true;
  }
  const runs: [number, number][] = [];
  for (const row of rows) {
    const last = runs.at(-1);
    if (last && last[1] === row) last[1] += 1;
    else runs.push([row, row + 1]);
  }
  const parts = runs.map(([from, to]) => s.slice(x, axis, from, to, runs.length === 1 ? y : undefined));
  if (parts.length > 1) s.op('Concat', parts, { axis: { int: axis } }, y);
  return true;
};

/** ½ x (1 + erf(x/√2)), or its approximation by tanh. */
const gelu = always((s, x, y) => {
  const half = s.op('Mul', [x, s.scalar(0.5)]);
  let gate: string;
  if (stringAttribute(s.node, 'approximate', 'none') === 'tanh') {
    const cube = s.op('Mul', [s.op('Mul', [x, x]), x]);
    const inner = s.op('Add', [x, s.op('Mul', [cube, s.scalar(0.044715)])]);
    gate = s.op('Tanh', [s.op('Mul', [inner, s.scalar(Math.sqrt(2 / Math.PI))])]);
  } else {
    gate = s.op('Erf', [s.op('Mul', [x, s.scalar(Math.SQRT1_2)])]);
  }
  s.op('Mul', [half, s.op('Add', [gate, s.scalar(1)])], {}, y);
});

/** ln(1 + eˣ) = max(x, 0) + ln(1 + e^−|x|): nothing overflows. */
function softplus(s: Spelling, x: string, output?: string): string {
  const small = s.op('Exp', [s.op('Neg', [s.op('Abs', [x])])]);
  const rest = s.op('Log', [s.op('Add', [small, s.scalar(1)])]);
  return s.op('Add', [s.op('Relu', [x]), rest], {}, output);
}

/** gain · (max(x, 0) + α (e^min(x, 0) − 1)) */
const exponentialLinear = (s: Spelling, x: string, y: string, alpha: number, gain: number): void => {
  const low = s.op('Sub', [s.op('Exp', [s.below(x)]), s.scalar(1)]);
  const bent = s.op('Mul', [low, s.scalar(alpha)]);
  const sum = s.op('Add', [s.op('Relu', [x]), bent], {}, gain === 1 ? y : undefined);
  if (gain !== 1) s.op('Mul', [sum, s.scalar(gain)], {}, y);
};

/** Of any number of operands, by twos: max(a, b) = a + max(b − a, 0), min(a, b) = a − max(a − b, 0). */
const extreme = (max: boolean): Speller =>
  always((s, first, y) => {
    const rest = s.node.inputs.slice(1);
    if (rest.length === 0) s.op('Identity', [first], {}, y);
    rest.reduce((a, b, i) => {
      const over = s.op('Relu', [s.op('Sub', max ? [b, a] : [a, b])]);
      return s.op(max ? 'Add' : 'Sub', [a, over], {}, i === rest.length - 1 ? y : undefined);
    }, first);
  });

/** The sum of squares over axes, rooted or not. */
const squares = (root: boolean): Speller =>
  always((s, x, y) => {
    const { axes, ...attributes } = s.node.attributes;
    const inputs = [s.op('Mul', [x, x])];
    if (axes && 'ints' in axes) inputs.push(s.ints(axes.ints));
    else if (s.node.inputs[1]) inputs.push(s.node.inputs[1]);
    const sum = s.op('ReduceSum', inputs, attributes, root ? undefined : y);
    if (root) s.op('Sqrt', [sum], {}, y);
  });

/** By operation of the standard set. */
const spellers: Readonly<Record<string, Speller>> = {
  LayerNormalization: layerNormalization,
  Split: split,
  Gather: gather,
  Gelu: gelu,
  Mish: always((s, x, y) => s.op('Mul', [x, s.op('Tanh', [softplus(s, x)])], {}, y)),
  Softplus: always((s, x, y) => softplus(s, x, y)),
  Elu: always((s, x, y) => exponentialLinear(s, x, y, floatAttribute(s.node, 'alpha', 1), 1)),
  Selu: always((s, x, y) => {
    const [alpha, gamma] = [1.6732631921768188, 1.0507010221481323];
    exponentialLinear(s, x, y, floatAttribute(s.node, 'alpha', alpha), floatAttribute(s.node, 'gamma', gamma));
  }),
  PRelu: always((s, x, y) => {
    s.op('Add', [s.op('Relu', [x]), s.op('Mul', [s.below(x), s.node.inputs[1]!])], {}, y);
  }),
  Max: extreme(true),
  Min: extreme(false),
  Mean: always((s, _x, y) => {
    s.op('Mul', [s.op('Sum', s.node.inputs), s.scalar(1 / s.node.inputs.length)], {}, y);
  }),
  ReduceSumSquare: squares(false),
  ReduceL2: squares(true),
};

/** All that can be written as smaller operations. */
export const SPELLED_OUT: ReadonlySet<string> = new Set(Object.keys(spellers));

/**
 * The same function without the named operations, as far as they can be written as smaller ones. Those on integers
 * (sizes, indices) stay.
 *
 * @param operations - default: {@link SPELLED_OUT}
 * @param only - only operations that make one of these tensors
 * @param shapes - of all tensors, for some batch; without them what needs a shape stays
 */
export function spellOut(
  graph: Graph,
  o: {
    readonly operations?: ReadonlySet<string>;
    readonly only?: ReadonlySet<string>;
    readonly shapes?: ReadonlyMap<string, readonly number[]>;
  } = {},
): Graph {
  const isWanted = (node: Node) =>
    !node.domain &&
    (o.operations ?? SPELLED_OUT).has(node.op) &&
    Object.hasOwn(spellers, node.op) &&
    (!o.only || node.outputs.some((output) => o.only!.has(output)));
  if (!graph.nodes.some(isWanted)) return graph;
  const types = elementTypes(graph);
  const initializers = new Map(graph.initializers);
  const nodes = graph.nodes.flatMap((node) => {
    const [x, y] = [node.inputs[0], node.outputs.find((output) => output !== '')];
    if (!isWanted(node) || x === undefined || y === undefined || types.get(y) !== 'float32') return [node];
    const spelling = new Spelling(node, initializers, o.shapes);
    return spellers[node.op]!(spelling, x, y) ? spelling.nodes : [node];
  });
  return { ...graph, nodes, initializers };
}
