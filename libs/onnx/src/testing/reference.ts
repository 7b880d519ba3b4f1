/**
 * @file The network computed plainly, in double precision: what gradients are tested against. Every operation here is
 * its definition written as loops; speed is no aim.
 */
import { floatAttribute, intAttribute, intsAttribute } from '../attributes.ts';
import { evaluateNode } from '../evaluate.ts';
import type { Graph, Node, Tensor } from '../graph.ts';
import { windowOf } from '../shapes/window.ts';
import { inferNode } from '../shapes.ts';
import { sizeOf, tensor, toInts, toNumbers } from '../tensor.ts';

type Operation = (node: Node, inputs: (Tensor | undefined)[], dims: readonly number[]) => Float64Array;

const values = (x: Tensor | undefined) => (x?.data ?? new Float64Array()) as Float64Array;

const unary =
  (f: (x: number, node: Node) => number): Operation =>
  (node, [x]) =>
    values(x).map((value) => f(value, node));

/** Calls `visit` for every output place and every element its window covers; offset −1 where that is padding. */
function slide(
  node: Node,
  spatial: readonly number[],
  kernel: readonly number[],
  visit: (output: number, input: number, tap: number) => void,
): void {
  const w = windowOf(node, spatial, kernel);
  const [height, width] = spatial as [number, number];
  for (let oy = 0; oy < w.output[0]!; oy++) {
    for (let ox = 0; ox < w.output[1]!; ox++) {
      for (let ky = 0; ky < kernel[0]!; ky++) {
        for (let kx = 0; kx < kernel[1]!; kx++) {
          const y = oy * w.strides[0]! + ky * w.dilations[0]! - w.padsBegin[0]!;
          const x = ox * w.strides[1]! + kx * w.dilations[1]! - w.padsBegin[1]!;
          // In ceil_mode a window may end behind the padding: nothing is there.
          if (y >= height + w.padsEnd[0]! || x >= width + w.padsEnd[1]!) continue;
          const inside = y >= 0 && y < height && x >= 0 && x < width;
          visit(oy * w.output[1]! + ox, inside ? y * width + x : -1, ky * kernel[1]! + kx);
        }
      }
    }
  }
}

const conv: Operation = (node, [x, w, bias], dims) => {
  const groups = intAttribute(node, 'group', 1);
  const [batch, channels, height, width] = x!.dims as [number, number, number, number];
  const [filters, perGroup, kh, kw] = w!.dims as [number, number, number, number];
  const [planeIn, planeOut] = [height * width, dims[2]! * dims[3]!];
  const out = new Float64Array(sizeOf(dims));
  const [from, kernel] = [values(x), values(w)];
  for (let n = 0; n < batch; n++) {
    for (let f = 0; f < filters; f++) {
      const to = (n * filters + f) * planeOut;
      if (bias) out.fill(values(bias)[f]!, to, to + planeOut);
      const first = Math.floor(f / (filters / groups)) * perGroup;
      for (let c = 0; c < perGroup; c++) {
        const plane = (n * channels + first + c) * planeIn;
        slide(node, [height, width], [kh, kw], (o, i, tap) => {
          if (i >= 0) out[to + o]! += from[plane + i]! * kernel[(f * perGroup + c) * kh * kw + tap]!;
        });
      }
    }
  }
  return out;
};

const pool =
  (finish: (taken: number[], covered: number, node: Node) => number): Operation =>
  (node, [x], dims) => {
    const kernel = intsAttribute(node, 'kernel_shape')!;
    const spatial = x!.dims.slice(2);
    const planes = x!.dims[0]! * x!.dims[1]!;
    const [planeIn, planeOut] = [sizeOf(spatial), dims[2]! * dims[3]!];
    const out = new Float64Array(sizeOf(dims));
    for (let plane = 0; plane < planes; plane++) {
      const taken: number[][] = Array.from({ length: planeOut }, () => []);
      const covered = new Array<number>(planeOut).fill(0);
      slide(node, spatial, kernel, (o, i) => {
        covered[o]! += 1;
        if (i >= 0) taken[o]!.push(values(x)[plane * planeIn + i]!);
      });
      for (let o = 0; o < planeOut; o++) out[plane * planeOut + o] = finish(taken[o]!, covered[o]!, node);
    }
    return out;
  };

const sum = (list: ArrayLike<number>) => Array.from(list).reduce((a, b) => a + b, 0);

/** Each plane [N·C] of x by itself. */
const planes =
  (f: (plane: Float64Array) => number): Operation =>
  (_node, [x]) => {
    const size = sizeOf(x!.dims.slice(2));
    return Float64Array.from({ length: x!.dims[0]! * x!.dims[1]! }, (_, i) =>
      f(values(x).subarray(i * size, (i + 1) * size)),
    );
  };

/** (x − mean) / √(variance + ε) · scale + bias with statistics by plane or by channel. */
const normalized =
  (statistics: (plane: Float64Array, channel: number, inputs: (Tensor | undefined)[]) => [number, number]): Operation =>
  (node, inputs) => {
    const [x, scale, bias] = inputs;
    const size = sizeOf(x!.dims.slice(2));
    const out = new Float64Array(values(x).length);
    for (let i = 0; i < out.length / size; i++) {
      const channel = i % x!.dims[1]!;
      const plane = values(x).subarray(i * size, (i + 1) * size);
      const [mean, variance] = statistics(plane, channel, inputs);
      const inverse = 1 / Math.sqrt(variance + floatAttribute(node, 'epsilon', 1e-5));
      plane.forEach((value, k) => {
        out[i * size + k] = (value - mean) * inverse * values(scale)[channel]! + values(bias)[channel]!;
      });
    }
    return out;
  };

const lrn: Operation = (node, [x]) => {
  const size = intAttribute(node, 'size', 1);
  const [batch, channels] = x!.dims as [number, number];
  const plane = sizeOf(x!.dims.slice(2));
  const from = values(x);
  return from.map((value, at) => {
    const place = at % plane;
    const channel = Math.floor(at / plane) % channels;
    const n = Math.floor(at / (plane * channels)) % batch;
    let squares = 0;
    const last = Math.min(channels - 1, channel + Math.ceil((size - 1) / 2));
    for (let c = Math.max(0, channel - Math.floor((size - 1) / 2)); c <= last; c++) {
      squares += from[(n * channels + c) * plane + place]! ** 2;
    }
    const base = floatAttribute(node, 'bias', 1) + (floatAttribute(node, 'alpha', 1e-4) / size) * squares;
    return value / base ** floatAttribute(node, 'beta', 0.75);
  });
};

/** Batched A·B with broadcasting over the leading axes. */
const matmul: Operation = (_node, [a, b], dims) => {
  const [rows, columns] = dims.slice(-2) as [number, number];
  const inner = a!.dims.at(-1)!;
  const lead = dims.slice(0, -2);
  const out = new Float64Array(sizeOf(dims));
  const offset = (x: Tensor, batch: number) => {
    let [rest, step, at] = [batch, sizeOf(x.dims.slice(-2)), 0];
    for (let axis = 1; axis <= lead.length; axis++) {
      const index = rest % lead.at(-axis)!;
      rest = Math.floor(rest / lead.at(-axis)!);
      const own = x.dims[x.dims.length - 2 - axis] ?? 1;
      if (own !== 1) at += index * step;
      step *= own;
    }
    return at;
  };
  for (let n = 0; n < sizeOf(lead); n++) {
    const [fromA, fromB] = [offset(a!, n), offset(b!, n)];
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        let total = 0;
        for (let k = 0; k < inner; k++) {
          total += values(a)[fromA + i * inner + k]! * values(b)[fromB + k * columns + j]!;
        }
        out[(n * rows + i) * columns + j] = total;
      }
    }
  }
  return out;
};

const gemm: Operation = (node, [a, b, c], dims) => {
  const [rows, columns] = dims as [number, number];
  const [transA, transB] = [intAttribute(node, 'transA', 0), intAttribute(node, 'transB', 0)];
  const inner = a!.dims[transA ? 0 : 1]!;
  return Float64Array.from({ length: rows * columns }, (_, at) => {
    const [i, j] = [Math.floor(at / columns), at % columns];
    let total = 0;
    for (let k = 0; k < inner; k++) {
      const left = values(a)[transA ? k * rows + i : i * inner + k]!;
      total += left * values(b)[transB ? j * inner + k : k * columns + j]!;
    }
    const [cRows, cColumns] = c ? [c.dims.at(-2) ?? 1, c.dims.at(-1) ?? 1] : [1, 1];
    const added = c ? values(c)[(cRows === 1 ? 0 : i) * cColumns + (cColumns === 1 ? 0 : j)]! : 0;
    return floatAttribute(node, 'alpha', 1) * total + floatAttribute(node, 'beta', 1) * added;
  });
};

const pad: Operation = (_node, [x, pads, value], dims) => {
  const amounts = toInts(pads!);
  const rank = dims.length;
  return Float64Array.from({ length: sizeOf(dims) }, (_, at) => {
    let [rest, from, step] = [at, 0, 1];
    for (let axis = rank - 1; axis >= 0; axis--) {
      const index = (rest % dims[axis]!) - amounts[axis]!;
      rest = Math.floor(rest / dims[axis]!);
      if (index < 0 || index >= x!.dims[axis]!) return value ? Number(value.data[0]) : 0;
      from += index * step;
      step *= x!.dims[axis]!;
    }
    return values(x)[from]!;
  });
};

const clamp01 = (x: number) => Math.min(Math.max(x, 0), 1);

/** The error function by its series; beyond 6 it is ±1 to the last bit. */
function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let [term, total] = [x, x];
  for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(total); n++) {
    term *= (-x * x) / n;
    total += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * total;
}

/** f of the values of each line along the node's axis. */
const lines =
  (f: (line: number[]) => number[]): Operation =>
  (node, [x], dims) => {
    const axis = (intAttribute(node, 'axis', -1) + dims.length) % dims.length;
    const step = sizeOf(dims.slice(axis + 1));
    const out = new Float64Array(sizeOf(dims));
    for (let start = 0; start < out.length; start++) {
      if (Math.floor(start / step) % dims[axis]! !== 0) continue;
      const at = Array.from({ length: dims[axis]! }, (_, i) => start + i * step);
      f(at.map((i) => values(x)[i]!)).forEach((value, i) => {
        out[at[i]!] = value;
      });
    }
    return out;
  };

const shares = (line: number[]) => {
  const total = sum(line.map(Math.exp));
  return line.map((value) => Math.exp(value) / total);
};

const operations: Readonly<Record<string, Operation>> = {
  Conv: conv,
  Gemm: gemm,
  MatMul: matmul,
  MaxPool: pool((taken) => Math.max(...taken)),
  AveragePool: pool(
    (taken, covered, node) => sum(taken) / (intAttribute(node, 'count_include_pad', 0) ? covered : taken.length),
  ),
  GlobalAveragePool: planes((plane) => sum(plane) / plane.length),
  GlobalMaxPool: planes((plane) => Math.max(...plane)),
  BatchNormalization: normalized((_plane, c, inputs) => [values(inputs[3])[c]!, values(inputs[4])[c]!]),
  InstanceNormalization: normalized((plane) => {
    const mean = sum(plane) / plane.length;
    return [mean, sum(plane.map((value) => (value - mean) ** 2)) / plane.length];
  }),
  LRN: lrn,
  Pad: pad,
  LeakyRelu: unary((x, node) => (x > 0 ? x : floatAttribute(node, 'alpha', 0.01) * x)),
  Sigmoid: unary((x) => 1 / (1 + Math.exp(-x))),
  HardSigmoid: unary((x, node) => clamp01(floatAttribute(node, 'alpha', 0.2) * x + floatAttribute(node, 'beta', 0.5))),
  HardSwish: unary((x) => x * clamp01(x / 6 + 0.5)),
  Log: unary(Math.log),
  Erf: unary(erf),
  Softmax: lines(shares),
  LogSoftmax: lines((line) => shares(line).map(Math.log)),
  Sum: (_node, inputs) => values(inputs[0]).map((_, i) => sum(inputs.map((input) => values(input)[i]!))),
};

/** A float tensor in double precision; others as they are. */
export function double(x: Tensor): Tensor {
  return x.type === 'float32' || x.type === 'float16' ? tensor('float64', x.dims, toNumbers(x)) : x;
}

/** Every tensor of the graph for these inputs; `feeds` may replace initializers (parameters) too. */
export function evaluateGraph(graph: Graph, feeds: ReadonlyMap<string, Tensor>): Map<string, Tensor> {
  const known = new Map<string, Tensor>();
  for (const [name, value] of graph.initializers) known.set(name, double(value));
  for (const [name, value] of feeds) known.set(name, double(value));
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((name) => (name === '' ? undefined : known.get(name)));
    const shapes = new Map([...known].map(([name, { dims }]) => [name, dims]));
    const dims = inferNode(node, { shapes, values: known }, graph.opset)[0]!;
    const operation = operations[node.op];
    const value = operation
      ? tensor('float64', dims, operation(node, inputs, dims))
      : evaluateNode(node, inputs, graph.opset)?.[0];
    if (!value) throw new Error(`the reference doesn't know ${node.op}`);
    known.set(node.outputs[0]!, double(value));
  }
  return known;
}
