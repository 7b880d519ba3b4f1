/** @file The shape rule of every operation: output shapes from input shapes. */
import { describeNode, intAttribute, intsAttribute } from '../attributes.ts';
import { OnnxError } from '../errors.ts';
import type { Node, Tensor } from '../graph.ts';
import { sizeOf, toInts, toNumbers } from '../tensor.ts';
import { broadcast, normalAxis, spanOf } from './axes.ts';
import { windowOf } from './window.ts';

/** What a rule may ask. */
export interface RuleContext {
  readonly node: Node;
  readonly opset: number;
  /** The shape of an input; throws where it is absent. */
  shape(input: number): readonly number[];
  /** The value of an input where it is known; undefined where it is absent. Throws where it is given but not constant. */
  value(input: number): Tensor | undefined;
}

type Rule = (context: RuleContext) => readonly (readonly number[])[];

const same: Rule = ({ shape }) => [shape(0)];

const elementwise: Rule = ({ node, shape }) => [
  node.inputs
    .slice(1)
    .reduce<readonly number[]>((dims, _, i) => broadcast(dims, shape(i + 1), describeNode(node)), shape(0)),
];

function mismatch(context: RuleContext, message: string): OnnxError {
  return new OnnxError('SHAPE_MISMATCH', `${describeNode(context.node)} ${message}`);
}

/** A constant input that must be there. */
function constant({ node, value }: Pick<RuleContext, 'node' | 'value'>, input: number): Tensor {
  const found = value(input);
  if (!found) throw new OnnxError('SHAPE_MISMATCH', `${describeNode(node)} needs its input ${input}, which is absent`);
  return found;
}

/** Axes given as an attribute (opset < 13, or < 18 for most reductions) or as the second input. */
export function axesOf({ node, value }: Pick<RuleContext, 'node' | 'value'>): readonly number[] | undefined {
  const attribute = intsAttribute(node, 'axes');
  if (attribute) return attribute;
  const input = value(1);
  return input && toInts(input);
}

const conv: Rule = (context) => {
  const { node, shape } = context;
  const [x, w] = [shape(0), shape(1)];
  const group = intAttribute(node, 'group', 1);
  if (x.length < 3 || w.length !== x.length || x[1] !== w[1]! * group || w[0]! % group !== 0) {
    throw mismatch(context, `can't take input [${x}] with weights [${w}] in ${group} group(s)`);
  }
  return [[x[0]!, w[0]!, ...windowOf(node, x.slice(2), w.slice(2)).output]];
};

const convTranspose: Rule = (context) => {
  const { node, shape } = context;
  const [x, w] = [shape(0), shape(1)];
  const rank = x.length - 2;
  const given = intsAttribute(node, 'output_shape');
  const at = (name: string, fallback: number, axis: number) => intsAttribute(node, name)?.[axis] ?? fallback;
  if (x[1] !== w[0]) throw mismatch(context, `can't take input [${x}] with weights [${w}]`);
  const spatial = given
    ? given.slice(-rank)
    : x.slice(2).map((size, axis) => {
        const reach = (w[axis + 2]! - 1) * at('dilations', 1, axis) + 1;
        const pads = at('pads', 0, axis) + at('pads', 0, axis + rank);
        return (size - 1) * at('strides', 1, axis) + at('output_padding', 0, axis) + reach - pads;
      });
  return [[x[0]!, w[1]! * intAttribute(node, 'group', 1), ...spatial]];
};

const pool: Rule = (context) => {
  const { node, shape } = context;
  const x = shape(0);
  const kernel = intsAttribute(node, 'kernel_shape');
  if (!kernel || x.length < 3)
    throw mismatch(context, `needs kernel_shape and an input of rank 3 or more, found [${x}]`);
  const dims = [x[0]!, x[1]!, ...windowOf(node, x.slice(2), kernel).output];
  return [dims, dims];
};

const globalPool: Rule = ({ shape }) => [shape(0).map((size, axis) => (axis < 2 ? size : 1))];

const gemm: Rule = (context) => {
  const { node, shape } = context;
  const [a, b] = [shape(0), shape(1)];
  const [m, k] = intAttribute(node, 'transA', 0) ? [a[1], a[0]] : [a[0], a[1]];
  const [k2, n] = intAttribute(node, 'transB', 0) ? [b[1], b[0]] : [b[0], b[1]];
  if (a.length !== 2 || b.length !== 2 || k !== k2) throw mismatch(context, `can't multiply [${a}] by [${b}]`);
  return [[m!, n!]];
};

const matMul: Rule = (context) => {
  const [a, b] = [context.shape(0), context.shape(1)];
  const left = a.length === 1 ? [1, ...a] : a;
  const right = b.length === 1 ? [...b, 1] : b;
  if (a.length === 0 || b.length === 0 || left.at(-1) !== right.at(-2)) {
    throw mismatch(context, `can't multiply [${a}] by [${b}]`);
  }
  const batch = broadcast(left.slice(0, -2), right.slice(0, -2), describeNode(context.node));
  return [[...batch, ...(a.length === 1 ? [] : [left.at(-2)!]), ...(b.length === 1 ? [] : [right.at(-1)!])]];
};

const flatten: Rule = ({ node, shape }) => {
  const x = shape(0);
  const axis = intAttribute(node, 'axis', 1);
  const from = axis < 0 ? axis + x.length : axis;
  return [[sizeOf(x.slice(0, from)), sizeOf(x.slice(from))]];
};

const reshape: Rule = (context) => {
  const { node, shape } = context;
  const x = shape(0);
  const wanted = toInts(constant(context, 1));
  const zeroCopies = intAttribute(node, 'allowzero', 0) === 0;
  const dims = wanted.map((size, axis) => (size === 0 && zeroCopies ? (x[axis] ?? Number.NaN) : size));
  const open = dims.indexOf(-1);
  if (open >= 0) dims[open] = sizeOf(x) / sizeOf(dims.filter((_, axis) => axis !== open));
  if (sizeOf(dims) !== sizeOf(x) || dims.some((size) => !Number.isInteger(size) || size < 0)) {
    throw mismatch(context, `can't give [${x}] the shape [${wanted}]`);
  }
  return [dims];
};

const transpose: Rule = (context) => {
  const x = context.shape(0);
  const perm = intsAttribute(context.node, 'perm') ?? x.map((_, axis) => x.length - 1 - axis);
  if (perm.length !== x.length || new Set(perm).size !== x.length || perm.some((axis) => x[axis] === undefined)) {
    throw mismatch(context, `can't permute [${x}] by [${perm}]`);
  }
  return [perm.map((axis) => x[axis]!)];
};

const squeeze: Rule = (context) => {
  const x = context.shape(0);
  const axes = axesOf(context)?.map((axis) => normalAxis(axis, x.length, describeNode(context.node)));
  if (axes?.some((axis) => x[axis] !== 1))
    throw mismatch(context, `can't drop axes [${axes}] of [${x}]: not of size 1`);
  return [x.filter((size, axis) => (axes ? !axes.includes(axis) : size !== 1))];
};

const unsqueeze: Rule = (context) => {
  const x = context.shape(0);
  const axes = axesOf(context) ?? [];
  const rank = x.length + axes.length;
  const ones = new Set(axes.map((axis) => normalAxis(axis, rank, describeNode(context.node))));
  let next = 0;
  return [Array.from({ length: rank }, (_, axis) => (ones.has(axis) ? 1 : x[next++]!))];
};

const concat: Rule = (context) => {
  const { node, shape } = context;
  const first = shape(0);
  const axis = normalAxis(intAttribute(node, 'axis', 0), first.length, describeNode(node));
  let total = 0;
  node.inputs.forEach((_, i) => {
    const dims = shape(i);
    if (dims.length !== first.length || dims.some((size, d) => d !== axis && size !== first[d])) {
      throw mismatch(context, `can't concatenate [${first}] and [${dims}] along axis ${axis}`);
    }
    total += dims[axis]!;
  });
  return [first.map((size, d) => (d === axis ? total : size))];
};

const slice: Rule = (context) => {
  const { node, shape } = context;
  const dims = [...shape(0)];
  const starts = toInts(constant(context, 1));
  const ends = toInts(constant(context, 2));
  const axes = node.inputs[3] ? toInts(constant(context, 3)) : starts.map((_, i) => i);
  const steps = node.inputs[4] ? toInts(constant(context, 4)) : starts.map(() => 1);
  axes.forEach((given, i) => {
    const axis = normalAxis(given, dims.length, describeNode(node));
    dims[axis] = spanOf(dims[axis]!, starts[i]!, ends[i]!, steps[i]!, describeNode(node)).count;
  });
  return [dims];
};

const pad: Rule = (context) => {
  const { node, shape } = context;
  const dims = [...shape(0)];
  const pads = toInts(constant(context, 1));
  const axes = node.inputs[3] ? toInts(constant(context, 3)) : dims.map((_, axis) => axis);
  axes.forEach((given, i) => {
    dims[normalAxis(given, dims.length, describeNode(node))]! += pads[i]! + pads[i + axes.length]!;
  });
  return [dims];
};

const reduce: Rule = (context) => {
  const { node, shape } = context;
  const x = shape(0);
  const axes = axesOf(context);
  if (!axes?.length && intAttribute(node, 'noop_with_empty_axes', 0)) return [x];
  const over = new Set(
    (axes?.length ? axes : x.map((_, d) => d)).map((d) => normalAxis(d, x.length, describeNode(node))),
  );
  if (intAttribute(node, 'keepdims', 1)) return [x.map((size, d) => (over.has(d) ? 1 : size))];
  return [x.filter((_, d) => !over.has(d))];
};

const gather: Rule = ({ node, shape }) => {
  const x = shape(0);
  const axis = normalAxis(intAttribute(node, 'axis', 0), x.length, describeNode(node));
  return [[...x.slice(0, axis), ...shape(1), ...x.slice(axis + 1)]];
};

const argReduce: Rule = ({ node, shape }) => {
  const x = shape(0);
  const axis = normalAxis(intAttribute(node, 'axis', 0), x.length, describeNode(node));
  const keep = intAttribute(node, 'keepdims', 1) === 1;
  return [keep ? x.map((size, d) => (d === axis ? 1 : size)) : x.filter((_, d) => d !== axis)];
};

/** What Shape gives: the dims from `start` to `end` (operator set 15), all of them by default. */
export function shapeSlice(node: Node, dims: readonly number[]): readonly number[] {
  return dims.slice(intAttribute(node, 'start', 0), intAttribute(node, 'end', dims.length));
}

const split: Rule = (context) => {
  const { node, shape, value } = context;
  const x = shape(0);
  const axis = normalAxis(intAttribute(node, 'axis', 0), x.length, describeNode(node));
  const given = intsAttribute(node, 'split') ?? (node.inputs[1] ? toInts(value(1)!) : undefined);
  const part = Math.ceil(x[axis]! / node.outputs.length);
  const sizes = given ?? node.outputs.map((_, i) => Math.max(0, Math.min(part, x[axis]! - i * part)));
  if (sizes.length !== node.outputs.length || sizes.reduce((sum, size) => sum + size, 0) !== x[axis]) {
    throw mismatch(context, `can't split axis ${axis} of [${x}] in [${sizes}]`);
  }
  return sizes.map((size) => x.map((whole, d) => (d === axis ? size : whole)));
};

const resize: Rule = (context) => {
  const { node, shape, value } = context;
  const x = shape(0);
  const sizes = node.inputs[3] ? toInts(value(3)!) : undefined;
  const scales = node.inputs[2] ? Array.from(toNumbers(value(2)!)) : [];
  const dims = sizes ?? x.map((size, axis) => Math.floor(size * scales[axis]!));
  if (dims.length !== x.length || dims.some((size) => !(size > 0))) throw mismatch(context, `can't resize [${x}]`);
  return [dims];
};

/** [N, C, H, W] with blocks of b x b places moved to or from the channels. */
const blocks =
  (toDepth: boolean): Rule =>
  (context) => {
    const [n, c, h, w] = context.shape(0) as [number, number, number, number];
    const b = intAttribute(context.node, 'blocksize', 1);
    const dims = toDepth ? [n, c * b * b, h / b, w / b] : [n, c / (b * b), h * b, w * b];
    if (!dims.every(Number.isInteger)) throw mismatch(context, `can't move blocks of ${b} in [${[n, c, h, w]}]`);
    return [dims];
  };

const unary =
  'Relu LeakyRelu Clip Sigmoid HardSigmoid HardSwish Tanh Exp Log Sqrt Neg Abs Sign Not Erf Elu Selu Softplus Softsign Celu Mish Gelu ThresholdedRelu Sin Cos Reciprocal Floor Ceil Round Identity Cast BatchNormalization InstanceNormalization LRN Softmax LogSoftmax LpNormalization LayerNormalization GroupNormalization MeanVarianceNormalization Trilu ScatterElements ScatterND DequantizeLinear QuantizeLinear';
const nary =
  'Add Sub Mul Div Pow PRelu Max Min Sum Mean Where Greater Less GreaterOrEqual LessOrEqual Equal And Or Xor Mod';
const reductions = 'ReduceMean ReduceSum ReduceMax ReduceMin ReduceL2 ReduceL1 ReduceSumSquare ReduceProd';

/** Rules by operation of the standard operator set. */
export const shapeRules: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ...unary.split(' ').map((op): [string, Rule] => [op, same]),
  ...nary.split(' ').map((op): [string, Rule] => [op, elementwise]),
  ...reductions.split(' ').map((op): [string, Rule] => [op, reduce]),
  ['Conv', conv],
  ['ConvTranspose', convTranspose],
  ['MaxPool', pool],
  ['AveragePool', pool],
  ['GlobalAveragePool', globalPool],
  ['GlobalMaxPool', globalPool],
  ['Gemm', gemm],
  ['MatMul', matMul],
  ['Flatten', flatten],
  ['Reshape', reshape],
  ['Transpose', transpose],
  ['Squeeze', squeeze],
  ['Unsqueeze', unsqueeze],
  ['Concat', concat],
  ['Slice', slice],
  ['Split', split],
  ['Resize', resize],
  ['SpaceToDepth', blocks(true)],
  ['DepthToSpace', blocks(false)],
  ['Pad', pad],
  ['Gather', gather],
  ['ArgMax', argReduce],
  ['ArgMin', argReduce],
  ['Dropout', ({ shape }) => [shape(0), shape(0)]],
  ['Shape', ({ node, shape }) => [[shapeSlice(node, shape(0)).length]]],
  ['Size', () => [[]]],
  ['ConstantOfShape', (context) => [toInts(constant(context, 0))]],
  ['Expand', (context) => [broadcast(context.shape(0), toInts(constant(context, 1)), describeNode(context.node))]],
  ['Tile', (context) => [context.shape(0).map((size, axis) => size * toInts(constant(context, 1))[axis]!)]],
]);
