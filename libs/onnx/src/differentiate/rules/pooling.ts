/**
 * @file Gradients of pools.
 *
 * A max pool over tiles hands its gradient to the elements that equal the maximum, in equal shares where there are
 * several (each choice among them is a subgradient, and so is their mean). That costs a few passes over memory; asking
 * the runtime for the places (`Indices`) makes its pool five times slower, so that is done only where windows overlap,
 * are padded or leave a rest; where it can't say them (WebGPU), each window is laid out and compared with its maximum.
 * Where the pool stands behind a Relu, the Relu's mask is put on the pooled gradient, a
 * quarter of the elements for 2 × 2: the maximum is positive exactly where the elements equal to it are.
 */
import { intAttribute } from '../../attributes.ts';
import type { Node } from '../../graph.ts';
import { float32 } from '../../tensor.ts';
import type { GradientContext, Rule } from '../context.ts';
import { reluMask, slopeBelowZero } from './elementwise.ts';
import { kernelOf, padsOf, slack, tiles, type Window, windowOf } from './window.ts';

/** The activation whose mask may be put on the pooled gradient: its output must go to this pool alone. */
function maskBehind(g: GradientContext, pool: Node): number | undefined {
  const x = pool.inputs[0]!;
  if (g.facts.outputs.has(x) || g.facts.consumers.get(x)?.length !== 1) return undefined;
  return slopeBelowZero(g.facts.producers.get(x));
}

/** Windows may touch an element twice where they overlap. */
const overlaps = ({ kernel, strides, dilations }: Window) =>
  ([0, 1] as const).some((axis) => (kernel[axis] - 1) * dilations[axis] + 1 > strides[axis]);

const maxPool: Rule = (node, g) => {
  const [x, y, indices] = [node.inputs[0]!, node.outputs[0]!, node.outputs[1]];
  if (!g.wants(x)) return;
  const window = windowOf(g, node, kernelOf(g, node));
  let dy = g.dy(node);
  const slope = maskBehind(g, node);
  if (slope !== undefined) {
    dy = reluMask(g, dy, y, slope);
    g.masked.add(x);
  }
  if (indices === undefined) {
    g.give(x, tiles(window) ? sharedByMaxima(g, x, y, dy, window) : sharedByWindows(g, node, dy, window));
    return;
  }
  const channels = g.fixed(node, x, 1);
  const [height, width] = window.input;
  const flat = (value: string) => g.reshape(value, [null]);
  if (overlaps(window)) {
    // Zeros of x's shape, without keeping x: y's batch and channels, x's places.
    const zeros = g.op('ConstantOfShape', [xShape(g, y, height, width)], { value: { tensor: float32([1], [0]) } });
    const summed = g.op('ScatterElements', [flat(zeros), flat(indices), flat(dy)], { reduction: { string: 'add' } });
    g.give(x, g.reshape(summed, [null, channels, height, width]));
    return;
  }
  g.give(
    x,
    g.op('MaxUnpool', [dy, indices, xShape(g, y, height, width)], {
      kernel_shape: { ints: window.kernel },
      strides: { ints: window.strides },
      pads: { ints: padsOf(window.before, window.after) },
    }),
  );
};

/** Every element repeated over its tile: [N, C, OH, OW] → [N, C, OH·kh, OW·kw]. */
function spreadOverTiles(g: GradientContext, value: string, kernel: readonly [number, number]): string {
  const scales = g.constant(`backward.scales.${kernel}`, () => float32([4], [1, 1, ...kernel]));
  return g.op('Resize', [value, '', scales], {
    mode: { string: 'nearest' },
    coordinate_transformation_mode: { string: 'asymmetric' },
    nearest_mode: { string: 'floor' },
  });
}

/** dy of each tile, in equal shares to the elements that are its maximum. */
function sharedByMaxima(g: GradientContext, x: string, y: string, dy: string, { kernel }: Window): string {
  const is = g.op('Cast', [g.op('Equal', [x, spreadOverTiles(g, y, kernel)])], { to: { int: 1 } });
  const part = g.op('AveragePool', [is], { kernel_shape: { ints: kernel }, strides: { ints: kernel } });
  const share = g.op('Div', [g.op('Mul', [dy, g.scalar(1 / (kernel[0] * kernel[1]))]), part]);
  return g.op('Mul', [is, spreadOverTiles(g, share, kernel)]);
}

/**
 * The same for windows of any kind: a convolution with the kernel's places one by one lays every window out, [k², OH, OW],
 * and its transpose sums what goes back. Padding is zero there, so it shares with a maximum of exactly zero.
 */
function sharedByWindows(g: GradientContext, node: Node, dy: string, window: Window): string {
  const [x, y] = [node.inputs[0]!, node.outputs[0]!];
  const channels = g.fixed(node, x, 1);
  const { kernel, strides, dilations, input, output } = window;
  const places = kernel[0] * kernel[1];
  const one = g.constant(`backward.places.${kernel}`, () => {
    const data = new Float32Array(places * places);
    for (let i = 0; i < places; i++) data[i * places + i] = 1;
    return float32([places, 1, ...kernel], data);
  });
  const [spread, pads] = overhang(window);
  const geometry = { strides: { ints: strides }, dilations: { ints: dilations } };
  const planes = g.reshape(x, [null, 1, ...input]);
  const windows = g.op('Conv', [planes, one], { ...geometry, pads: { ints: pads } });
  const pooled = (value: string) => g.reshape(value, [null, 1, ...output]);
  const is = g.op('Cast', [g.op('Equal', [windows, pooled(y)])], { to: { int: 1 } });
  const count = g.op('ReduceSum', [is, g.ints([1])], { keepdims: { int: 1 } });
  const shares = g.op('Mul', [is, g.op('Div', [pooled(dy), count])]);
  const back = { ...geometry, pads: { ints: pads }, output_padding: { ints: spread } };
  return g.reshape(g.op('ConvTranspose', [shares, one], back), [null, channels, ...input]);
}

/** What a transposed convolution needs to give the input's size: rows and columns to add, and paddings in ONNX's order. */
function overhang(window: Window): [readonly [number, number], number[]] {
  // In ceil_mode the last window may end behind the padding: there `slack` is negative.
  const over = [slack(window, 0), slack(window, 1)] as const;
  const { before, after } = window;
  const end = [after[0] - Math.min(0, over[0]), after[1] - Math.min(0, over[1])] as const;
  return [[Math.max(0, over[0]), Math.max(0, over[1])], padsOf(before, end)];
}

/** The dimensions of x as a tensor. */
function xShape(g: GradientContext, y: string, height: number, width: number): string {
  const lead = g.op('Slice', [g.op('Shape', [y]), g.ints([0]), g.ints([2]), g.ints([0])]);
  return g.op('Concat', [lead, g.ints([height, width])], { axis: { int: 0 } });
}

/** For every window how many elements it averages, [1, 1, OH, OW], as factors 1/count. */
function windowFactors(window: Window, includePad: boolean): Float32Array {
  const [outY, outX] = window.output;
  const count = (axis: 0 | 1, at: number) => {
    const first = at * window.strides[axis] - window.before[axis];
    const low = includePad ? -window.before[axis] : 0;
    const high = window.input[axis] + (includePad ? window.after[axis] : 0);
    return Math.min(first + window.kernel[axis], high) - Math.max(first, low);
  };
  return Float32Array.from(
    { length: outY * outX },
    (_, i) => 1 / (count(0, Math.floor(i / outX)) * count(1, i % outX)),
  );
}

const averagePool: Rule = (node, g) => {
  const x = node.inputs[0]!;
  if (!g.wants(x)) return;
  const window = windowOf(g, node, kernelOf(g, node));
  if (window.dilations.some((dilation) => dilation !== 1)) throw g.unsupported(node, 'a dilated average');
  const factors = windowFactors(window, intAttribute(node, 'count_include_pad', 0) === 1);
  const channels = g.fixed(node, x, 1);
  const [outY, outX] = window.output;
  const equal = factors.every((factor) => factor === factors[0]);
  const factor = equal
    ? g.scalar(factors[0]!)
    : g.constant(`backward.factors.${node.name}`, () => float32([1, 1, outY, outX], factors));
  const share = g.op('Mul', [g.dy(node), factor]);
  if (tiles(window)) {
    g.give(x, spreadOverTiles(g, share, window.kernel));
    return;
  }
  // Each plane on its own: pictures and channels together are the batch of a one-channel transposed convolution.
  const ones = g.constant(`backward.ones.${window.kernel}`, () =>
    float32([1, 1, ...window.kernel], new Float32Array(window.kernel[0] * window.kernel[1]).fill(1)),
  );
  const [rest, pads] = overhang(window);
  const spread = g.op('ConvTranspose', [g.reshape(share, [null, 1, outY, outX]), ones], {
    strides: { ints: window.strides },
    pads: { ints: pads },
    output_padding: { ints: rest },
  });
  g.give(x, g.reshape(spread, [null, channels, ...window.input]));
};

const globalAveragePool: Rule = (node, g) => {
  const x = node.inputs[0]!;
  if (!g.wants(x)) return;
  const places = g.shape(x).map((_, axis) => (axis < 2 ? 1 : g.fixed(node, x, axis)));
  const count = places.reduce((product, size) => product * size, 1);
  // A product that broadcasts is many times faster than Expand.
  const shares = g.constant(`backward.shares.${places}`, () =>
    float32(places, new Float32Array(count).fill(1 / count)),
  );
  g.give(x, g.op('Mul', [g.dy(node), shares]));
};

export const poolingRules: Readonly<Record<string, Rule>> = {
  MaxPool: maxPool,
  AveragePool: averagePool,
  GlobalAveragePool: globalAveragePool,
};
