/**
 * @file The memory that the workers share: parameters, the optimiser's slots, and one gradient per worker, each one flat
 * array in the order of the parameters. Every element has one owner at a time: during backward each worker writes its
 * own gradient; then worker r sums and updates the r-th part of everything (reduce-scatter).
 */
import type { OptimiserOptions, ParameterScale } from '../engine.ts';
import { slotCount, updateRange } from '../update.ts';

/** Where each parameter lies in the flat arrays. */
export interface ParameterSpan {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** Cloneable: the arrays are views of SharedArrayBuffers. */
export interface SharedState {
  readonly spans: readonly ParameterSpan[];
  readonly parameters: Float32Array;
  readonly slots: readonly Float32Array[];
  /** By worker. */
  readonly gradients: readonly Float32Array[];
}

const sharedFloats = (length: number) => new Float32Array(new SharedArrayBuffer(length * 4));

/** Memory for these parameters, all zeros. */
export function createSharedState(
  parameters: readonly { readonly name: string; readonly dims: readonly number[] }[],
  optimiser: OptimiserOptions,
  workers: number,
): SharedState {
  let total = 0;
  const spans = parameters.map(({ name, dims }) => {
    const from = total;
    total += dims.reduce((product, dim) => product * dim, 1);
    return { name, from, to: total };
  });
  return {
    spans,
    parameters: sharedFloats(total),
    slots: Array.from({ length: slotCount(optimiser) }, () => sharedFloats(total)),
    gradients: Array.from({ length: workers }, () => sharedFloats(total)),
  };
}

/** The part of the flat arrays that worker `rank` of `workers` reduces and updates. */
export function partOf(state: SharedState, rank: number, workers: number): [from: number, to: number] {
  const total = state.parameters.length;
  return [Math.floor((total * rank) / workers), Math.floor((total * (rank + 1)) / workers)];
}

/**
 * Sums the gradients of `ranks`, in their order, into that of the first of them, for one part.
 *
 * @returns the sum of squares of the result: NaN or infinite where the gradient is
 */
export function reducePart(state: SharedState, ranks: readonly number[], from: number, to: number): number {
  const [first, ...others] = ranks.map((rank) => state.gradients[rank]!);
  const sum = first!;
  const last = others.pop();
  for (const other of others) for (let i = from; i < to; i++) sum[i] = sum[i]! + other[i]!;
  let squares = 0;
  if (!last) for (let i = from; i < to; i++) squares += sum[i]! * sum[i]!;
  else {
    // The last sum and the squares go over the memory once.
    for (let i = from; i < to; i++) {
      const value = Math.fround(sum[i]! + last[i]!);
      sum[i] = value;
      squares += value * value;
    }
  }
  return squares;
}

/** What an update needs beside the state. */
export interface Update {
  /** The worker whose gradient holds the sum. */
  readonly gradientOf: number;
  readonly learningRate: number;
  readonly gradientScale: number;
  /** Counts from 1. */
  readonly update: number;
}

/** Applies the optimiser to one part. */
export function updatePart(
  state: SharedState,
  optimiser: OptimiserOptions,
  scales: Readonly<Record<string, ParameterScale>>,
  o: Update,
  from: number,
  to: number,
): void {
  for (const span of state.spans) {
    const [low, high] = [Math.max(span.from, from), Math.min(span.to, to)];
    if (low >= high) continue;
    const scale = scales[span.name];
    const numbers = {
      learningRate: o.learningRate * (scale?.learningRate ?? 1),
      weightDecay: (optimiser.weightDecay ?? 0) * (scale?.weightDecay ?? 1),
      update: o.update,
      gradientScale: o.gradientScale,
    };
    updateRange(optimiser, numbers, state.parameters, state.gradients[o.gradientOf]!, state.slots, low, high);
  }
}
