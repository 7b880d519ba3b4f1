/**
 * @file Small square pictures made larger as preprocess.onnx makes them, to the same bits and twice as fast.
 *
 * ONNX Runtime's Resize for uint8 sums any number of taps in fixed point, in a loop for each of them. Where a picture
 * grows there are two: the triangle filter in float32, rounded to 22 bits, along the rows and then along the columns, each
 * pass rounded to uint8. That the graph does the same is tried on noise, once for each size: where it doesn't, the graph
 * itself is run.
 */

import type { Picture } from '@dqn/data';
import { createRandom } from '@dqn/pq';
import { mirror } from './views.ts';

/** Bits behind the point. */
const BITS = 22;
const ONE = 2 ** BITS;
const HALF = ONE / 2;

/** For each place along an axis of the output: its two places in the input, and their weights in fixed point. */
interface Taps {
  readonly first: Int32Array;
  readonly second: Int32Array;
  readonly firstWeight: Int32Array;
  readonly secondWeight: Int32Array;
}

/** The triangle filter from `side` to `size` places, size > side; float32 throughout, as the runtime has it. */
function tapsOf(side: number, size: number): Taps {
  const f = Math.fround;
  const factor = f(size / side);
  const ints = () => new Int32Array(size);
  const taps = { first: ints(), second: ints(), firstWeight: ints(), secondWeight: ints() };
  for (let i = 0; i < size; i++) {
    const centre = f(0.5 + f(f(f(i + 0.5) / factor) - 0.5));
    const from = Math.floor(f(f(centre - 1) + 0.5));
    const weight = (at: number): number => {
      if (at < 0 || at >= side) return 0;
      return Math.max(0, f(1 - Math.abs(f(f(at - centre) + 0.5))));
    };
    const [first, second] = [weight(from), weight(from + 1)];
    const share = f(1 / f(first + second));
    taps.first[i] = Math.max(0, from);
    taps.second[i] = Math.min(side - 1, from + 1);
    taps.firstWeight[i] = Math.round(f(first * share) * ONE);
    taps.secondWeight[i] = Math.round(f(second * share) * ONE);
  }
  return taps;
}

/** Pictures [side, side, 3] → [size, size, 3], mirrored or not. */
class Upsampler {
  readonly #side: number;
  readonly #size: number;
  readonly #taps: Taps;
  /** The picture stretched along its rows, [side, size, 3]. */
  readonly #wide: Uint8Array;

  constructor(side: number, size: number) {
    this.#side = side;
    this.#size = size;
    this.#taps = tapsOf(side, size);
    this.#wide = new Uint8Array(side * size * 3);
  }

  run(data: Uint8Array, out: Uint8Array, mirrored: boolean): void {
    const wide = this.#wide;
    const [side, size] = [this.#side, this.#size];
    const { first, second, firstWeight, secondWeight } = this.#taps;
    for (let x = 0; x < size; x++) {
      const to = (mirrored ? size - 1 - x : x) * 3;
      stretch(data, side, wide, size, to, first[x] * 3, second[x] * 3, firstWeight[x], secondWeight[x]);
    }
    const width = size * 3;
    for (let y = 0; y < size; y++) {
      blend(wide, first[y] * width, second[y] * width, out, y * width, width, firstWeight[y], secondWeight[y]);
    }
  }
}

/** One column of the stretched picture: in each row, three channels from `a` and three from `b`. */
function stretch(
  data: Uint8Array,
  side: number,
  wide: Uint8Array,
  size: number,
  to: number,
  a: number,
  b: number,
  aWeight: number,
  bWeight: number,
): void {
  for (let row = 0, out = to; row < side * side * 3; row += side * 3, out += size * 3) {
    const [p, q] = [row + a, row + b];
    wide[out] = (Math.imul(data[p], aWeight) + Math.imul(data[q], bWeight) + HALF) >> BITS;
    wide[out + 1] = (Math.imul(data[p + 1], aWeight) + Math.imul(data[q + 1], bWeight) + HALF) >> BITS;
    wide[out + 2] = (Math.imul(data[p + 2], aWeight) + Math.imul(data[q + 2], bWeight) + HALF) >> BITS;
  }
}

/** A row of the output from two of the stretched picture. */
function blend(
  wide: Uint8Array,
  a: number,
  b: number,
  out: Uint8Array,
  to: number,
  width: number,
  aWeight: number,
  bWeight: number,
): void {
  for (let i = 0; i < width; i++) {
    out[to + i] = (Math.imul(wide[a + i], aWeight) + Math.imul(wide[b + i], bWeight) + HALF) >> BITS;
  }
}

/** Decoded pictures as a network of this size takes them. */
export class Resizer {
  readonly #size: number;
  readonly #graph: (picture: Picture) => Promise<Uint8Array>;
  /** By the edge of the picture; undefined where the graph has to be run. */
  readonly #fast = new Map<number, Upsampler | undefined>();
  /** What the graph made last. */
  #last: { picture: Picture; pixels: Uint8Array } | undefined;

  /** @param graph - runs preprocess.onnx: [size, size, 3] */
  constructor(size: number, graph: (picture: Picture) => Promise<Uint8Array>) {
    this.#size = size;
    this.#graph = graph;
  }

  /** Puts a picture, mirrored or not, into `out` [size, size, 3]. */
  async run(picture: Picture, mirrored: boolean, out: Uint8Array): Promise<void> {
    const { width, height, data } = picture;
    const fast = width === height && width < this.#size ? await this.#fastFor(width) : undefined;
    if (fast) {
      fast.run(data, out, mirrored);
      return;
    }
    // A picture's views follow each other.
    if (this.#last?.picture !== picture) this.#last = { picture, pixels: await this.#graph(picture) };
    out.set(this.#last.pixels);
    if (mirrored) mirror(out, this.#size);
  }

  async #fastFor(side: number): Promise<Upsampler | undefined> {
    if (!this.#fast.has(side)) {
      const random = createRandom(side);
      const data = Uint8Array.from({ length: side * side * 3 }, () => random.integer(256));
      const own = new Uint8Array(this.#size * this.#size * 3);
      const upsampler = new Upsampler(side, this.#size);
      upsampler.run(data, own, false);
      const graph = await this.#graph({ width: side, height: side, data });
      this.#fast.set(side, Buffer.compare(own, graph) === 0 ? upsampler : undefined);
    }
    return this.#fast.get(side);
  }

  /** Edges of pictures for which the graph needn't be run. */
  get fastSides(): number[] {
    return [...this.#fast].filter(([, upsampler]) => upsampler).map(([side]) => side);
  }
}
