/**
 * @file The gradient of a depthwise convolution at its weights, as matrix products.
 *
 * ∂w[c,i,j] = Σ_{b,h,w} dy[b,c,h,w] · x[b, c, h·s + i·d − p, w·s + j·d − p] has few numbers and many summands. As a
 * convolution (each channel its own group) it becomes a product of a row by nine columns, at a few GFLOP/s. But the sum
 * over the pictures of the batch is a product of matrices: with a plane cut in n blocks of R rows of dy, and of R·s rows
 * of x,
 *
 *   P[c] = Σ_{b,t} dy[b,c,block t]ᵀ x[b,c,block t],   [R·OW, R·s·W],
 *
 * holds the product of every place of a block of dy with every place of its block of x, and ∂w[c,i,j] is the sum of
 * those entries of P[c] that tap (i, j) brings together: one more product, by a constant matrix of zeros and ones. Most
 * of P isn't needed, yet it costs less than what is saved. What a tap takes from a neighbouring block (the halo) are
 * small products of single rows.
 */
import { float32, sizeOf } from '../../tensor.ts';
import type { GradientContext } from '../context.ts';
import type { Window } from './window.ts';

/** Entries of P for a channel, beyond which computing what isn't needed costs more than it saves; whole planes may have twice as many. */
const MAX_PRODUCTS = 10_000;

/** How planes are cut: rows of dy and of x in a block. */
interface Blocks {
  readonly rows: number;
  readonly inputRows: number;
}

/** The largest blocks whose products are few enough; undefined where there are none. */
function blocksOf({ input, output, strides }: Window): Blocks | undefined {
  const [height, width] = output;
  const products = (rows: number, inputRows: number) => rows * width * inputRows * input[1];
  if (products(height, input[0]) <= MAX_PRODUCTS) return { rows: height, inputRows: input[0] };
  // Blocks of x lie side by side only where each row of dy has `stride` rows of x.
  if (input[0] === height * strides[0]) {
    for (let rows = height; rows >= 1; rows--) {
      const inputRows = rows * strides[0];
      if (height % rows === 0 && products(rows, inputRows) <= MAX_PRODUCTS) return { rows, inputRows };
    }
  }
  return products(height, input[0]) <= 2 * MAX_PRODUCTS ? { rows: height, inputRows: input[0] } : undefined;
}

/** Whether {@link depthwiseWeights} is the better way for this window. */
export function canMultiply(window: Window): boolean {
  return blocksOf(window) !== undefined;
}

/** Rows of dy and of x that a vertical tap brings together: [row of the block of dy, tap, row counted from x's block]. */
type Pair = readonly [number, number, number];

/** 0/1 by [row · OW + column of dy, row · W + column of x] (rows of `rows` and `inputRows`), [i, j]: what each tap picks. */
function picks(w: Window, rows: number, inputRows: number, pairs: readonly Pair[]): Float32Array {
  const [[, width], [, outWidth], [kernelY, kernelX]] = [w.input, w.output, w.kernel];
  const taps = kernelY * kernelX;
  const chosen = new Float32Array(rows * outWidth * inputRows * width * taps);
  for (const [row, i, inputRow] of pairs) {
    for (let at = 0; at < outWidth; at++) {
      for (let j = 0; j < kernelX; j++) {
        const from = at * w.strides[1] + j * w.dilations[1] - w.before[1];
        if (from < 0 || from >= width) continue;
        const product = (row * outWidth + at) * inputRows * width + inputRow * width + from;
        chosen[product * taps + i * kernelX + j] = 1;
      }
    }
  }
  return chosen;
}

/**
 * ∂w [C, 1, kh, kw] of a convolution of C channels with a filter each.
 *
 * @param x - its input with the channels first, [C, B, H, W]
 * @param dy - the gradient at its output likewise, [C, B, OH, OW]
 */
export function depthwiseWeights(g: GradientContext, w: Window, channels: number, x: string, dy: string): string {
  const { rows, inputRows } = blocksOf(w)!;
  const [[height, width], [outHeight, outWidth], kernel] = [w.input, w.output, w.kernel];
  const taps = sizeOf(kernel);

  /** Σ over batch and blocks of the products of `dyPart` [C, …, m] and `xPart` [C, …, n], then what each tap picks. */
  const part = (dyPart: string, xPart: string, m: number, n: number, pairs: readonly Pair[]): string => {
    const [left, right] = [g.reshape(dyPart, [channels, null, m]), g.reshape(xPart, [channels, null, n])];
    const turned = g.op('Transpose', [left], { perm: { ints: [0, 2, 1] } });
    const products = g.reshape(g.op('MatMul', [turned, right]), [channels, m * n]);
    const key = [w.input, w.output, kernel, w.strides, w.dilations, w.before, m, n, pairs.flat()].join('_');
    const [from, to] = [m / outWidth, n / width];
    const chosen = g.constant(`backward.picks.${key}`, () => float32([m * n, taps], picks(w, from, to, pairs)));
    return g.op('MatMul', [products, chosen]);
  };

  const inside: Pair[] = [];
  const halo: Pair[] = [];
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < kernel[0]; i++) {
      const at = row * w.strides[0] + i * w.dilations[0] - w.before[0];
      (at >= 0 && at < inputRows ? inside : halo).push([row, i, at]);
    }
  }
  const parts = [part(dy, x, rows * outWidth, inputRows * width, inside)];
  for (const [row, i, at] of halo) {
    // The blocks for which that row of x exists; elsewhere there is padding.
    const first = Math.max(0, Math.ceil(-at / inputRows));
    const last = Math.min(outHeight / rows - 1, Math.floor((height - 1 - at) / inputRows));
    if (last < first) continue;
    const every = (value: string, start: number, step: number) => {
      const end = start + (last - first) * step + 1;
      return g.op('Slice', [value, g.ints([start]), g.ints([end]), g.ints([2]), g.ints([step])]);
    };
    const dyRows = every(dy, first * rows + row, rows);
    const xRows = every(x, first * inputRows + at, inputRows);
    parts.push(part(dyRows, xRows, outWidth, width, [[0, i, 0]]));
  }
  const sum = parts.length > 1 ? g.op('Sum', parts) : parts[0]!;
  return g.reshape(sum, [channels, 1, ...kernel]);
}
