/**
 * @file The coarse key by which items lie side by side: two of a code's subcodes in one number of 16 bits, as the
 * multi-index of libs/pq has them. A query reads the cells that can still hold something near, and the table's sparse
 * primary key finds them.
 */
import type { Codebook } from '@dqn/pq';

/** Cells that there are. */
export const CELLS = 65_536;

type Shape = { readonly M: number; readonly K: number };

/** Which two subspaces make the cell; the same one twice where there is but one. */
export type CellSubspaces = readonly [number, number];

/** The two subspaces whose codewords lie furthest apart: their tables tell most of a distance. */
export function chooseSubspaces({ M, K, D, codewords }: Codebook): CellSubspaces {
  const width = D / M;
  const spreads = Array.from({ length: M }, (_, m) => {
    let spread = 0;
    for (let d = 0; d < width; d++) {
      let sum = 0;
      let squares = 0;
      for (let k = 0; k < K; k++) {
        const value = codewords[(m * K + k) * width + d];
        sum += value;
        squares += value * value;
      }
      spread += squares / K - (sum / K) ** 2;
    }
    return spread;
  });
  const order = [...spreads.keys()].sort((a, b) => spreads[b] - spreads[a]);
  return [order[0], order[1] ?? order[0]];
}

/** The cell of a code. */
export function cellOf(code: ArrayLike<number>, [a, b]: CellSubspaces): number {
  return 256 * code[a] + code[b];
}

/**
 * The smallest distance that an item of each cell can have; infinite for cells of codewords that lie beyond the limit.
 * Added in the order in which distances are, with the smallest entry where the subcode isn't known: rounding is monotone,
 * so that no slack is needed.
 *
 * @param table [M, K], see `lookupTable`
 */
export function boundsOf(table: Float32Array, shape: Shape, [a, b]: CellSubspaces, limit?: number): Float64Array {
  const { M, K } = shape;
  const least = leastOf(table, shape);
  const bounds = new Float64Array(CELLS).fill(Number.POSITIVE_INFINITY);
  const words = wordsWithin(table, shape, limit);
  if (a === b) {
    for (const k of words[a]) bounds[257 * k] = sumOf(M, (m) => (m === a ? table[m * K + k] : least[m]));
    return bounds;
  }
  // The sum's part before the later of the two is the same for all of its words.
  const [first, last] = a < b ? [a, b] : [b, a];
  for (const k of words[first]) {
    const before = sumOf(last, (m) => (m === first ? table[m * K + k] : least[m]));
    for (const l of words[last]) {
      let sum = before + table[last * K + l];
      for (let m = last + 1; m < M; m++) sum += least[m];
      bounds[a < b ? 256 * k + l : 256 * l + k] = sum;
    }
  }
  return bounds;
}

/**
 * Of each subspace, the codewords that an item as near as `limit` can have: together with the smallest entries of the
 * others, in the order in which distances are added. All of them where there is no limit.
 */
export function wordsWithin(table: Float32Array, shape: Shape, limit = Number.POSITIVE_INFINITY): number[][] {
  const { M, K } = shape;
  const least = leastOf(table, shape);
  const all = Array.from({ length: K }, (_, k) => k);
  return least.map((_, m) =>
    all.filter((k) => sumOf(M, (other) => (other === m ? table[m * K + k] : least[other])) <= limit),
  );
}

/** The smallest entry of each subspace. */
function leastOf(table: Float32Array, { M, K }: Shape): number[] {
  return Array.from({ length: M }, (_, m) => table.subarray(m * K, (m + 1) * K).reduce((x, y) => Math.min(x, y)));
}

function sumOf(M: number, part: (m: number) => number): number {
  let sum = 0;
  for (let m = 0; m < M; m++) sum += part(m);
  return sum;
}

/** Steps that the bounds are told apart by, where cells are chosen. */
const STEPS = 4096;

/** Nearest cells that hold as many items together, as far as is known: about the nearest, without sorting them. */
export function nearestCells(bounds: Float64Array, counts: Uint32Array, items: number): Uint16Array {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (let cell = 0; cell < CELLS; cell++) {
    if (counts[cell] === 0) continue;
    least = Math.min(least, bounds[cell]);
    most = Math.max(most, bounds[cell]);
  }
  const perStep = most > least ? (STEPS - 1) / (most - least) : 0;
  const stepOf = (cell: number) => Math.floor((bounds[cell] - least) * perStep);
  const held = new Float64Array(STEPS);
  for (let cell = 0; cell < CELLS; cell++) if (counts[cell] > 0) held[stepOf(cell)] += counts[cell];
  let last = 0;
  for (let sum = held[0]; sum < items && last < STEPS - 1; sum += held[last]) last++;
  const cells = new Uint16Array(CELLS);
  let n = 0;
  for (let cell = 0; cell < CELLS; cell++) if (counts[cell] > 0 && stepOf(cell) <= last) cells[n++] = cell;
  return cells.subarray(0, n);
}

/** The cells that can hold an item as near as `limit`, whether or not one is known to be there; items known of them. */
export function cellsWithin(
  bounds: Float64Array,
  counts: Uint32Array,
  limit: number,
): { cells: Uint16Array; items: number } {
  const cells = new Uint16Array(CELLS);
  let n = 0;
  let items = 0;
  for (let cell = 0; cell < CELLS; cell++) {
    if (bounds[cell] > limit) continue;
    cells[n++] = cell;
    items += counts[cell];
  }
  return { cells: cells.subarray(0, n), items };
}
