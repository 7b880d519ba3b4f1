/**
 * @file Gradients of Conv, all three of them convolutions (or products) again, at the speed of the forward pass.
 *
 * y[b,o,h,w] = Σ_{c,i,j} x[b, c, h·s + i·d − p, w·s + j·d − p] · w[o,c,i,j]   (s stride, d dilation, p padding)
 *
 * **Weights.** ∂w[o,c,i,j] = Σ_{b,h,w} dy[b,o,h,w] · x[b, c, h·s + i·d − p, …] sums over batch and place, so dy is the
 * kernel of a convolution whose input channels are the pictures of the batch. Taken literally its output is the tiny
 * picture of taps, [k, k] for each c, and the matrix products inside become too narrow. With the channels laid side by
 * side in the width instead, x as [1, B, H, W·C], and a kernel dilated by C in the width, *one* output row holds the
 * taps of all channels: [k, k·C]. The runtime then sees an ordinary convolution of B channels and O filters. Depthwise
 * convolutions have a way of their own: see depthwise.ts.
 *
 * **Input.** A convolution of dy with the kernels turned by 180° and their first two axes exchanged (stride 1; depthwise in
 * the blocked layout also with zeros between the places of dy, six times faster than what the runtime has), else
 * ConvTranspose, which is the same thing for any stride.
 */
import { intAttribute } from '../../attributes.ts';
import type { Node } from '../../graph.ts';
import { blockedConvolution, canBlock, spreadBlocked } from '../blocked.ts';
import type { GradientContext, Rule } from '../context.ts';
import { canMultiply, depthwiseWeights } from './depthwise.ts';
import { padsOf, slack, type Window, windowOf } from './window.ts';

interface Convolution {
  readonly node: Node;
  readonly window: Window;
  readonly groups: number;
  /** Input channels, output channels: of all groups together. */
  readonly channels: number;
  readonly filters: number;
}

const isPointwise = ({ window }: Convolution) =>
  window.kernel.every((size) => size === 1) &&
  window.strides.every((stride) => stride === 1) &&
  [...window.before, ...window.after].every((amount) => amount === 0);

/** [B, C, H, W] → [C, B, H, W]: moves whole planes. */
function planesFirst(g: GradientContext, value: string): string {
  return g.op('Transpose', [value], { perm: { ints: [1, 0, 2, 3] } });
}

/**
 * Whether ∂w of a 1 × 1 convolution is summed picture by picture: the pictures' products, B · O · C numbers, then cost
 * less than to lay out both operands anew, B · (O + C) · H · W.
 */
function byPicture({ window, filters, channels }: Convolution): boolean {
  return filters * channels <= 1.5 * (filters + channels) * window.output[0] * window.output[1];
}

/** ∂w of a 1 × 1 convolution in one group: a product over all places, dyᵀ x. */
function pointwiseWeights(c: Convolution, g: GradientContext, x: string, dy: string): string {
  if (byPicture(c)) {
    const places = c.window.output[0] * c.window.output[1];
    const left = g.reshape(dy, [null, c.filters, places]);
    const right = g.op('Transpose', [g.reshape(x, [null, c.channels, places])], { perm: { ints: [0, 2, 1] } });
    const sum = g.op('ReduceSum', [g.op('MatMul', [left, right]), g.ints([0])], { keepdims: { int: 0 } });
    return g.reshape(sum, [c.filters, c.channels, 1, 1]);
  }
  const left = g.reshape(planesFirst(g, dy), [c.filters, null]);
  const right = g.reshape(g.op('Transpose', [x], { perm: { ints: [0, 2, 3, 1] } }), [null, c.channels]);
  return g.reshape(g.op('MatMul', [left, right]), [c.filters, c.channels, 1, 1]);
}

/** ∂w: see the head of this file. */
function weights(c: Convolution, g: GradientContext, x: string, dy: string): string {
  const { window, groups, channels, filters } = c;
  if (groups === 1 && isPointwise(c)) return pointwiseWeights(c, g, x, dy);
  if (groups === channels && groups === filters && groups > 1 && canMultiply(window)) {
    return depthwiseWeights(g, window, channels, planesFirst(g, x), planesFirst(g, dy));
  }
  const [height, width] = window.input;
  const perGroup = channels / groups;
  // [B, G·C, H, W] → [1, G·B, H, W·C]
  const side =
    groups === 1
      ? g.op('Transpose', [x], { perm: { ints: [0, 2, 3, 1] } })
      : perGroup === 1
        ? planesFirst(g, x)
        : g.op('Transpose', [g.op('Reshape', [x, g.ints([0, groups, perGroup, height, width])])], {
            perm: { ints: [1, 0, 3, 4, 2] },
          });
  const image = g.reshape(side, [1, null, height, width * perGroup]);
  // A forward dilation d spaces the taps by d: all places in between are computed too, and left out afterwards.
  const [reachY, reachX] = ([0, 1] as const).map((axis) => (window.kernel[axis] - 1) * window.dilations[axis] + 1) as [
    number,
    number,
  ];
  // What the last window doesn't reach would only make more output: less padding, or taps left out.
  const spare = ([0, 1] as const).map((axis) => slack(window, axis) - window.after[axis]) as [number, number];
  let taps = g.op('Conv', [image, planesFirst(g, dy)], {
    group: { int: groups },
    dilations: { ints: [window.strides[0], window.strides[1] * perGroup] },
    pads: {
      ints: padsOf(
        [window.before[0], window.before[1] * perGroup],
        [Math.max(0, -spare[0]), Math.max(0, -spare[1]) * perGroup],
      ),
    },
  });
  const made = [reachY + Math.max(0, spare[0]), reachX + Math.max(0, spare[1])] as const;
  taps = g.reshape(taps, [filters, ...made, perGroup]);
  if (made[0] !== window.kernel[0] || made[1] !== window.kernel[1]) {
    taps = g.op('Slice', [taps, g.ints([0, 0]), g.ints([reachY, reachX]), g.ints([1, 2]), g.ints(window.dilations)]);
  }
  return perGroup === 1
    ? g.reshape(taps, [filters, 1, ...window.kernel])
    : g.op('Transpose', [taps], { perm: { ints: [0, 3, 1, 2] } });
}

/** ∂x by ConvTranspose; `output_padding` makes up for places that no window reached. */
function inputTransposed(c: Convolution, g: GradientContext, w: string, dy: string): string {
  const { window } = c;
  return g.op('ConvTranspose', [dy, w], {
    group: { int: c.groups },
    strides: { ints: window.strides },
    dilations: { ints: window.dilations },
    kernel_shape: { ints: window.kernel },
    pads: { ints: padsOf(window.before, window.after) },
    output_padding: { ints: [slack(window, 0), slack(window, 1)] },
  });
}

/**
 * ∂x by a convolution with the kernels turned: of one group, or of as many as there are channels, where only the turn is
 * needed.
 */
function inputTurned(c: Convolution, g: GradientContext, w: string, dy: string): string {
  const { window, groups } = c;
  let turned = w;
  if (window.kernel.some((size) => size > 1)) {
    const least = -(2 ** 31);
    turned = g.op('Slice', [w, g.ints([-1, -1]), g.ints([least, least]), g.ints([2, 3]), g.ints([-1, -1])]);
  }
  const { before, after } = turnedPads(window);
  const strided = window.strides.some((stride) => stride > 1);
  const shape = {
    channels: c.filters,
    filters: c.channels,
    groups,
    kernel: window.kernel,
    strides: [1, 1] as const,
    dilations: window.dilations,
    pads: padsOf(before, after),
    width: window.output[1] * window.strides[1],
  };
  const { block } = g.facts;
  if (block !== undefined && (strided || canBlock(shape, block))) {
    const { output: size, strides } = window;
    const blocked = strided ? spreadBlocked(g, block, dy, { channels: c.filters, size, strides }) : undefined;
    return blockedConvolution(g, block, shape, { x: dy, blocked, w: turned, exchanged: groups === 1 }).plain;
  }
  const kernels = groups === 1 ? g.op('Transpose', [turned], { perm: { ints: [1, 0, 2, 3] } }) : turned;
  return g.op('Conv', [dy, kernels], {
    kernel_shape: { ints: shape.kernel },
    dilations: { ints: shape.dilations },
    group: { int: groups },
    pads: { ints: shape.pads },
  });
}

/** Padding of the turned convolution; where there are strides, of dy with zeros between its places. */
function turnedPads({ input, output, kernel, strides, dilations, before }: Window) {
  const full = ([0, 1] as const).map((axis) => (kernel[axis] - 1) * dilations[axis]) as [number, number];
  const pads = (of: (axis: 0 | 1) => number): [number, number] => [of(0), of(1)];
  return {
    before: pads((axis) => full[axis] - before[axis]),
    after: pads((axis) => input[axis] + before[axis] - output[axis] * strides[axis]),
  };
}

/**
 * Turned kernels need padding no wider than the kernel and enough channels to fill a matrix product; one group and stride
 * 1, or depthwise in the blocked layout, without which the runtime's ConvTranspose is no slower.
 */
function canTurn({ window, groups, channels, filters }: Convolution, block: number | undefined): boolean {
  const { before, after } = turnedPads(window);
  if ([...before, ...after].some((amount) => amount < 0)) return false;
  if (groups === 1) return channels >= 16 && window.strides.every((stride) => stride === 1);
  return block !== undefined && groups === channels && groups === filters && channels % block === 0;
}

const conv: Rule = (node, g) => {
  const [x, w, bias] = node.inputs as [string, string, string | undefined];
  const kernel = g.shape(w);
  if (kernel.length !== 4) throw g.unsupported(node, `a kernel of ${kernel.length} axes; expected [O, C, kh, kw]`);
  const c: Convolution = {
    node,
    window: windowOf(g, node, [g.fixed(node, w, 2), g.fixed(node, w, 3)]),
    groups: intAttribute(node, 'group', 1),
    channels: g.fixed(node, x, 1),
    filters: g.fixed(node, w, 0),
  };
  const dy = g.dy(node);
  if (bias !== undefined && g.wants(bias)) {
    const flat = { keepdims: { int: 0 } };
    // Sums run over stretches of memory: of each filter, where its planes lie together already, else of each plane.
    const together = g.wants(w) && !(c.groups === 1 && isPointwise(c) && byPicture(c));
    const value = together
      ? g.op('ReduceSum', [planesFirst(g, dy), g.ints([1, 2, 3])], flat)
      : g.op('ReduceSum', [g.op('ReduceSum', [dy, g.ints([2, 3])], flat), g.ints([0])], flat);
    g.give(bias, value);
  }
  if (g.wants(w)) g.give(w, weights(c, g, x, dy));
  if (g.wants(x)) g.give(x, canTurn(c, g.facts.block) ? inputTurned(c, g, w, dy) : inputTransposed(c, g, w, dy));
};

export const convolutionRules: Readonly<Record<string, Rule>> = { Conv: conv };
