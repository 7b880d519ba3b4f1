/**
 * @file The order of a subspace's codewords in which neighbours are near: a tree of balanced splits.
 *
 * The first bits of a rank name a group of near codewords, so that the least table entry of a group is a tight bound.
 */
import type { Codebook } from '../codebook.ts';
import type { Plan } from './plan.ts';

/** Steps of the power iteration: the direction needs to be good, not exact. */
const STEPS = 12;

/**
 * The rank of each codeword, u8 [M, 256]: each half along the first principal direction, then each half of that, and
 * so on. Deterministic; without codewords every codeword keeps its number.
 */
export function codewordRanks(codebook: { M: number; K: number } | Codebook): Uint8Array {
  const { M, K } = codebook;
  const ranks = new Uint8Array(M * 256);
  for (let m = 0; m < M; m++) {
    const order = Uint16Array.from({ length: K }, (_, k) => k);
    if ('codewords' in codebook) {
      const d = codebook.D / M;
      split(codebook.codewords.subarray(m * K * d, (m + 1) * K * d), d, order);
    }
    for (let rank = 0; rank < K; rank++) ranks[m * 256 + order[rank]] = rank;
  }
  return ranks;
}

/** Sorts `order` into the tree's order of the codewords it names. */
function split(codewords: Float32Array, d: number, order: Uint16Array): void {
  if (order.length < 2) return;
  const mean = new Float64Array(d);
  for (const k of order) for (let j = 0; j < d; j++) mean[j] += codewords[k * d + j] / order.length;
  const direction = principal(codewords, d, order, mean);
  const along = new Map(
    Array.from(order, (k) => {
      let sum = 0;
      for (let j = 0; j < d; j++) sum += (codewords[k * d + j] - mean[j]) * direction[j];
      return [k, sum];
    }),
  );
  order.sort((a, b) => along.get(a)! - along.get(b)! || a - b);
  const half = order.length >> 1;
  split(codewords, d, order.subarray(0, half));
  split(codewords, d, order.subarray(half));
}

/** The direction in which the codewords differ most; any direction where they don't differ. */
function principal(codewords: Float32Array, d: number, order: Uint16Array, mean: Float64Array): Float64Array {
  // Not along an axis of symmetry.
  const direction = Float64Array.from({ length: d }, (_, j) => 1 + j / (d + 1));
  const next = new Float64Array(d);
  for (let step = 0; step < STEPS; step++) {
    next.fill(0);
    for (const k of order) {
      let sum = 0;
      for (let j = 0; j < d; j++) sum += (codewords[k * d + j] - mean[j]) * direction[j];
      for (let j = 0; j < d; j++) next[j] += sum * (codewords[k * d + j] - mean[j]);
    }
    const norm = Math.hypot(...next);
    if (!(norm > 0 && norm < Infinity)) break;
    for (let j = 0; j < d; j++) direction[j] = next[j] / norm;
  }
  return direction;
}

/**
 * The byte that is stored for each code, u8 [M, 256]: on an axis its rank; in a plane the rank rotated, so that the low
 * five bits name one of 32 groups of near codewords.
 */
export function storedBytes(ranks: Uint8Array, { axis0, axis1 }: Plan, M: number, K: number): Uint8Array {
  const bytes = ranks.slice();
  const low = Math.log2(K) - 5;
  if (low <= 0) return bytes;
  for (let m = 0; m < M; m++) {
    if (m === axis0 || m === axis1) continue;
    for (let k = 0; k < K; k++) {
      const rank = ranks[m * 256 + k];
      bytes[m * 256 + k] = ((rank & ((1 << low) - 1)) << 5) | (rank >> low);
    }
  }
  return bytes;
}
