/**
 * @file Computes a node whose inputs are all constants, on the CPU in double precision: what folding and shape
 * arithmetic need, not a runtime.
 */
import { describeNode, floatAttribute, intAttribute, intsAttribute, tensorAttribute } from './attributes.ts';
import { OnnxError } from './errors.ts';
import type { Node, Tensor } from './graph.ts';
import { broadcast, normalAxis, spanOf, stridesOf } from './shapes/axes.ts';
import { axesOf, type RuleContext, shapeRules, shapeSlice } from './shapes/rules.ts';
import { float32, fromNumbers, int64, sizeOf, tensor, toInts, toNumbers } from './tensor.ts';
import { arrayClass, dataTypeOf } from './types.ts';

/** A node and its constant inputs. */
interface Call {
  readonly node: Node;
  readonly inputs: readonly (Tensor | undefined)[];
  readonly opset: number;
}

type Evaluator = (call: Call) => Tensor | undefined;

/** The output shape by the same rules that shape inference uses. */
function outputDims({ node, inputs, opset }: Call): readonly number[] {
  const context: RuleContext = { node, opset, shape: (i) => inputs[i]!.dims, value: (i) => inputs[i] };
  return shapeRules.get(node.op)!(context)[0]!;
}

function map(call: Call, f: (x: number) => number): Tensor {
  const [x] = call.inputs;
  return fromNumbers(x!.type, x!.dims, toNumbers(x!).map(f));
}

/** Element-wise on two tensors that broadcast. */
function binary(f: (a: number, b: number) => number): Evaluator {
  return (call) => {
    const [a, b] = call.inputs as [Tensor, Tensor];
    const dims = broadcast(a.dims, b.dims, describeNode(call.node));
    // The last axes along which b is constant and a runs through are one plain loop: weights times their scales.
    let split = dims.length;
    const axisOf = (x: Tensor, axis: number) => x.dims[axis - dims.length + x.dims.length] ?? 1;
    while (split > 0 && axisOf(b, split - 1) === 1 && axisOf(a, split - 1) === dims[split - 1]) split -= 1;
    const outer = dims.slice(0, split);
    const inner = sizeOf(dims.slice(split));
    const head = (x: Tensor) => x.dims.slice(0, Math.max(0, x.dims.length - (dims.length - split)));
    const [left, right] = [offsets(head(a), outer), offsets(head(b), outer)];
    const [x, y] = [toNumbers(a), toNumbers(b)];
    const out = new Float64Array(left.length * inner);
    for (let block = 0, i = 0; block < left.length; block += 1) {
      const value = y[right[block]!]!;
      for (let j = left[block]! * inner, end = j + inner; j < end; j += 1, i += 1) out[i] = f(x[j]!, value);
    }
    return fromNumbers(a.type, dims, out);
  };
}

/** For every element of `to`, row-major, which element of a tensor of shape `from` broadcasts to it. */
function offsets(from: readonly number[], to: readonly number[]): Uint32Array {
  const own = stridesOf(from);
  const steps = to.map((_, axis) => {
    const at = axis - to.length + from.length;
    return at < 0 || from[at] === 1 ? 0 : own[at]!;
  });
  return walk(to, steps, 0);
}

/** The offsets that an odometer over `dims` with these `steps` gives, row-major. */
function walk(dims: readonly number[], steps: readonly number[], start: number): Uint32Array {
  let result = Uint32Array.of(start);
  dims.forEach((size, axis) => {
    const next = new Uint32Array(result.length * size);
    for (let i = 0, at = 0; i < result.length; i += 1) {
      for (let j = 0; j < size; j += 1) next[at++] = result[i]! + j * steps[axis]!;
    }
    result = next;
  });
  return result;
}

/** Picks elements without changing their type. */
function pick(x: Tensor, dims: readonly number[], from: Uint32Array): Tensor {
  const data = new (arrayClass(x.type))(from.length);
  for (let i = 0; i < from.length; i += 1) (data as Float32Array)[i] = x.data[from[i]!] as number;
  return tensor(x.type, dims, data);
}

const relabel: Evaluator = (call) => {
  const [x] = call.inputs;
  return tensor(x!.type, outputDims(call), x!.data);
};

const transpose: Evaluator = (call) => {
  const x = call.inputs[0]!;
  const dims = outputDims(call);
  const perm = intsAttribute(call.node, 'perm') ?? x.dims.map((_, axis) => x.dims.length - 1 - axis);
  const own = stridesOf(x.dims);
  return pick(
    x,
    dims,
    walk(
      dims,
      perm.map((axis) => own[axis]!),
      0,
    ),
  );
};

const slice: Evaluator = (call) => {
  const x = call.inputs[0]!;
  const [starts, ends] = [toInts(call.inputs[1]!), toInts(call.inputs[2]!)];
  const axes = call.inputs[3] ? toInts(call.inputs[3]) : starts.map((_, i) => i);
  const steps = stridesOf(x.dims);
  let start = 0;
  axes.forEach((given, i) => {
    const axis = normalAxis(given, x.dims.length, describeNode(call.node));
    const step = call.inputs[4] ? toInts(call.inputs[4])[i]! : 1;
    const span = spanOf(x.dims[axis]!, starts[i]!, ends[i]!, step, describeNode(call.node));
    if (span.count > 0) start += span.start * steps[axis]!;
    steps[axis]! *= span.step;
  });
  const dims = outputDims(call);
  return pick(x, dims, walk(dims, steps, start));
};

const gather: Evaluator = (call) => {
  const [x, indices] = call.inputs as [Tensor, Tensor];
  const axis = normalAxis(intAttribute(call.node, 'axis', 0), x.dims.length, describeNode(call.node));
  const inner = sizeOf(x.dims.slice(axis + 1));
  const outer = sizeOf(x.dims.slice(0, axis));
  const size = x.dims[axis]!;
  const rows = toInts(indices).map((row) => normalAxis(row, size, describeNode(call.node)));
  const from = new Uint32Array(outer * rows.length * inner);
  let at = 0;
  for (let o = 0; o < outer; o += 1) {
    for (const row of rows) for (let i = 0; i < inner; i += 1) from[at++] = (o * size + row) * inner + i;
  }
  return pick(x, outputDims(call), from);
};

const concat: Evaluator = (call) => {
  const parts = call.inputs as Tensor[];
  const dims = outputDims(call);
  const axis = normalAxis(intAttribute(call.node, 'axis', 0), dims.length, describeNode(call.node));
  const outer = sizeOf(dims.slice(0, axis));
  const data = new (arrayClass(parts[0]!.type))(sizeOf(dims));
  let at = 0;
  for (let o = 0; o < outer; o += 1) {
    for (const part of parts) {
      const block = part.data.length / outer;
      (data as Float32Array).set((part.data as Float32Array).subarray(o * block, (o + 1) * block), at);
      at += block;
    }
  }
  return tensor(parts[0]!.type, dims, data);
};

function reduce(mean: boolean): Evaluator {
  return (call) => {
    const { node, inputs } = call;
    const x = inputs[0]!;
    const axes = axesOf({ node, value: (i) => inputs[i] });
    if (!axes?.length && intAttribute(node, 'noop_with_empty_axes', 0)) return x;
    const rank = x.dims.length;
    const over = new Set(
      (axes?.length ? axes : x.dims.map((_, d) => d)).map((d) => normalAxis(d, rank, describeNode(node))),
    );
    const kept = x.dims.map((size, d) => (over.has(d) ? 1 : size));
    const to = offsets(kept, x.dims);
    const sums = new Float64Array(sizeOf(kept));
    toNumbers(x).forEach((value, i) => {
      sums[to[i]!]! += value;
    });
    const share = mean ? sums.length / x.data.length : 1;
    return fromNumbers(
      x.type,
      outputDims(call),
      sums.map((sum) => sum * share),
    );
  };
}

const constant: Evaluator = ({ node }) => {
  const value = tensorAttribute(node, 'value');
  if (value) return value;
  const [[key, attribute] = ['', { int: 0 }]] = Object.entries(node.attributes);
  if (key === 'value_float' && 'float' in attribute) return float32([], [attribute.float]);
  if (key === 'value_floats' && 'floats' in attribute) return float32([attribute.floats.length], attribute.floats);
  if (key === 'value_int' && 'int' in attribute) return int64([], [attribute.int]);
  if (key === 'value_ints' && 'ints' in attribute) return int64([attribute.ints.length], attribute.ints);
  return undefined;
};

const constantOfShape: Evaluator = (call) => {
  const dims = toInts(call.inputs[0]!);
  const value = tensorAttribute(call.node, 'value') ?? float32([1], [0]);
  return pick(value, dims, new Uint32Array(sizeOf(dims)));
};

const clip: Evaluator = (call) => {
  const bound = (i: number, name: string, fallback: number) =>
    call.inputs[i] ? toNumbers(call.inputs[i])[0]! : floatAttribute(call.node, name, fallback);
  const [low, high] = [bound(1, 'min', Number.NEGATIVE_INFINITY), bound(2, 'max', Number.POSITIVE_INFINITY)];
  return map(call, (x) => Math.min(Math.max(x, low), high));
};

/** (x - zero point) * scale, per tensor or along `axis`. */
const dequantize: Evaluator = (call) => {
  const [x, scale, zero] = call.inputs as [Tensor, Tensor, Tensor | undefined];
  const along = intAttribute(call.node, 'axis', 1);
  const axis =
    scale.dims.length === 0 || scale.data.length === 1 ? -1 : normalAxis(along, x.dims.length, describeNode(call.node));
  const shape = x.dims.map((size, d) => (d === axis ? size : 1));
  const at = offsets(shape, x.dims);
  const scales = toNumbers(scale);
  const zeros = zero ? toNumbers(zero) : new Float64Array(scales.length);
  return fromNumbers(
    scale.type,
    x.dims,
    toNumbers(x).map((q, i) => (q - zeros[at[i]!]!) * scales[at[i]!]!),
  );
};

/** Integer division truncates, as ONNX's does. */
const divide: Evaluator = (call) => {
  const exact = call.inputs[0]!.type.startsWith('float');
  return binary((a, b) => (exact ? a / b : Math.trunc(a / b)))(call);
};

const evaluators: Readonly<Record<string, Evaluator>> = {
  Identity: ({ inputs }) => inputs[0],
  Dropout: ({ inputs }) => inputs[0],
  Constant: constant,
  ConstantOfShape: constantOfShape,
  Cast: ({ node, inputs }) =>
    fromNumbers(dataTypeOf(intAttribute(node, 'to', 0), describeNode(node)), inputs[0]!.dims, toNumbers(inputs[0]!)),
  Add: binary((a, b) => a + b),
  Sub: binary((a, b) => a - b),
  Mul: binary((a, b) => a * b),
  Div: divide,
  Pow: binary((a, b) => a ** b),
  Max: (call) => (call.inputs.length === 2 ? binary(Math.max)(call) : undefined),
  Min: (call) => (call.inputs.length === 2 ? binary(Math.min)(call) : undefined),
  Sqrt: (call) => map(call, Math.sqrt),
  Exp: (call) => map(call, Math.exp),
  Tanh: (call) => map(call, Math.tanh),
  Neg: (call) => map(call, (x) => -x),
  Abs: (call) => map(call, Math.abs),
  Reciprocal: (call) => map(call, (x) => 1 / x),
  Relu: (call) => map(call, (x) => Math.max(x, 0)),
  Clip: clip,
  DequantizeLinear: dequantize,
  Reshape: relabel,
  Squeeze: relabel,
  Unsqueeze: relabel,
  Flatten: relabel,
  Transpose: transpose,
  Slice: slice,
  Gather: gather,
  Concat: concat,
  ReduceMean: reduce(true),
  ReduceSum: reduce(false),
  Expand: (call) => {
    const dims = outputDims(call);
    return pick(call.inputs[0]!, dims, offsets(call.inputs[0]!.dims, dims));
  },
  Shape: ({ node, inputs }) => {
    const dims = shapeSlice(node, inputs[0]!.dims);
    return int64([dims.length], dims);
  },
};

/** How many inputs an evaluator reads without asking, where that isn't one. */
const NEEDED: Readonly<Record<string, number>> = {
  ...{ Constant: 0, Add: 2, Sub: 2, Mul: 2, Div: 2, Pow: 2, DequantizeLinear: 2, Reshape: 2, Gather: 2, Expand: 2 },
  Slice: 3,
};

/**
 * The outputs of a node whose inputs are the given constants (undefined for an absent optional one); undefined where
 * there is no rule for the operation. Integers beyond 2^53 lose precision.
 *
 * Throws SHAPE_MISMATCH where the inputs don't fit each other.
 */
export function evaluateNode(node: Node, inputs: readonly (Tensor | undefined)[], opset: number): Tensor[] | undefined {
  if (node.domain || !Object.hasOwn(evaluators, node.op)) return undefined;
  const needed = node.op === 'Concat' ? Math.max(1, inputs.length) : (NEEDED[node.op] ?? 1);
  for (let i = 0; i < needed; i += 1) {
    if (!inputs[i])
      throw new OnnxError('SHAPE_MISMATCH', `${describeNode(node)} needs its input ${i}, which is absent`);
  }
  const value = evaluators[node.op]!({ node, inputs, opset });
  return value && [value];
}
