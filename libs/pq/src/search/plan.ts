/** @file Which subspaces become the axes of the cells, how fine the cells are, and the order of the planes. */
import type { Codebook } from '../codebook.ts';
import type { StructureKind } from './structure.ts';

/** How a structure is cut. */
export interface Plan {
  /** Subspaces of the axes; −1 where there is none. */
  readonly axis0: number;
  readonly axis1: number;
  /** Bits of axis 1's rank that a cell doesn't say, 0 to 4. */
  readonly lowBits1: number;
  /** The subspaces of the planes, in order. */
  readonly planes: readonly number[];
}

/**
 * Items that a cell should hold on average: the overhead of a cell is worth about as many. With few subspaces the axes
 * say most of the distance, and finer cells are worth more.
 */
const ITEMS_A_CELL = 64;
const ITEMS_A_CELL_OF_FEW = 12;
const FEW_SUBSPACES = 4;
/** Fewer items than this aren't worth cells: one run of groups. */
export const FEWEST_FOR_CELLS = 16_384;

/** Whether so many items are left without cells. */
export function isFlat(structure: 'auto' | StructureKind | undefined, count: number): boolean {
  return structure === 'flat' || ((structure ?? 'auto') === 'auto' && count < FEWEST_FOR_CELLS);
}

/** One run of all items, every subspace a plane. */
export function flatPlan(M: number): Plan {
  return { axis0: -1, axis1: -1, lowBits1: 0, planes: Array.from({ length: M }, (_, m) => m) };
}

/**
 * The axes are the subspaces whose distances differ most: they tell far from near earliest.
 *
 * @param codes a sample of them is looked at
 * @param count codes that are to be stored
 */
export function cellPlan(codebook: { M: number; K: number } | Codebook, codes: Uint8Array, count: number): Plan {
  const { M, K } = codebook;
  const spread = spreads(codebook, codes);
  const order = Array.from({ length: M }, (_, m) => m).sort((a, b) => spread[b] - spread[a] || a - b);
  if (M === 1) return { axis0: 0, axis1: -1, lowBits1: 0, planes: [] };
  const bits = Math.log2(K);
  const items = M <= FEW_SUBSPACES ? ITEMS_A_CELL_OF_FEW : ITEMS_A_CELL;
  // The cells of axis 1, halved while they would be too small.
  let lowBits1 = 0;
  while (lowBits1 < Math.min(4, bits - 1) && count / (K * (K >> lowBits1)) < items) lowBits1++;
  const [axis0, axis1, ...others] = order;
  return { axis0, axis1, lowBits1, planes: lowBits1 > 0 ? [axis1, ...others] : others };
}

/** Codes looked at to see how often each codeword is used. */
const SAMPLE = 65_536;

/** How much the codewords of each subspace differ, weighted by their use: the mean squared distance to their mean. */
function spreads(codebook: { M: number; K: number } | Codebook, codes: Uint8Array): number[] {
  const { M, K } = codebook;
  if (!('codewords' in codebook)) return new Array(M).fill(0);
  const d = codebook.D / M;
  const count = codes.length / M;
  const step = Math.max(1, Math.floor(count / SAMPLE));
  return Array.from({ length: M }, (_, m) => {
    const use = new Float64Array(K);
    for (let n = 0; n < count; n += step) use[codes[n * M + m]]++;
    const used = use.reduce((sum, value) => sum + value, 0);
    let spread = 0;
    for (let j = 0; j < d; j++) {
      let sum = 0;
      let squares = 0;
      for (let k = 0; k < K; k++) {
        const c = codebook.codewords[(m * K + k) * d + j];
        sum += (use[k] / used) * c;
        squares += (use[k] / used) * c * c;
      }
      spread += squares - sum * sum;
    }
    return spread;
  });
}
