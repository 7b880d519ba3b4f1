/** @file The embedding as a map: UMAP of some pictures in two dimensions. */
import { createRandom } from '@dqn/pq';

/** Where pictures lie. */
export interface EmbeddingMap {
  /** 0 … 1000 */
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** The first class of each picture. */
  readonly labels: readonly number[];
  readonly classes: readonly string[];
  /** Pictures that are shown themselves: `at` is an index of the points. */
  readonly pictures: readonly { readonly at: number; readonly src: string }[];
}

/** Extent of the map, in its own units. */
const EXTENT = 1000;

/** Neighbours that UMAP keeps together, and its passes over them: a map of 1,500 points takes seconds. */
const NEIGHBOURS = 15;
const EPOCHS = 200;

/** Fewer points make no map. */
export const LEAST_POINTS = 16;

/**
 * Lays vectors out in two dimensions; the same vectors and seed give the same map.
 *
 * @param vectors [n, D]
 * @returns x and y of each, 0 … 1000
 */
export async function layOut(
  vectors: Float32Array,
  D: number,
  o: { seed: number; signal: AbortSignal },
): Promise<{ x: number[]; y: number[] }> {
  const { UMAP } = await import('umap-js');
  const n = vectors.length / D;
  const points = Array.from({ length: n }, (_, i) => Array.from(vectors.subarray(i * D, (i + 1) * D)));
  const random = createRandom(o.seed).fork('map');
  const nNeighbors = Math.min(NEIGHBOURS, Math.floor((n - 1) / 2));
  const umap = new UMAP({ nNeighbors, nEpochs: EPOCHS, minDist: 0.25, random: () => random.next() });
  // All distances are fewer operations than the library's search for neighbours, and exact.
  const { indices, distances } = neighbours(vectors, D, nNeighbors);
  umap.setPrecomputedKNN(indices, distances);
  const epochs = umap.initializeFit(points);
  for (let epoch = 0; epoch < epochs; epoch++) {
    umap.step();
    if (epoch % 20 > 0) continue;
    await new Promise((resolve) => setImmediate(resolve));
    o.signal.throwIfAborted();
  }
  const places = umap.getEmbedding();
  return { x: spread(places.map(([x]) => x)), y: spread(places.map(([, y]) => y)) };
}

/**
 * Values to 0 … 1000, half by themselves and half by their rank: UMAP draws well learnt classes together to dots, with
 * nothing between them, and its axes mean nothing.
 */
export function spread(values: readonly number[]): number[] {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const order = values.map((_, i) => i).sort((a, b) => values[a] - values[b] || a - b);
  const ranks = new Float64Array(values.length);
  for (const [rank, i] of order.entries()) ranks[i] = rank / Math.max(1, values.length - 1);
  return values.map((value, i) => {
    const share = (value - least) / Math.max(most - least, 1e-9);
    return Math.round(EXTENT * (share + ranks[i]) * 0.5);
  });
}

/** The nearest vectors of each, itself first, and how far they are. */
function neighbours(vectors: Float32Array, D: number, k: number): { indices: number[][]; distances: number[][] } {
  const n = vectors.length / D;
  const squares = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      let sum = 0;
      for (let d = 0; d < D; d++) sum += (vectors[i * D + d] - vectors[j * D + d]) ** 2;
      squares[i * n + j] = sum;
      squares[j * n + i] = sum;
    }
    // Before equal ones.
    squares[i * n + i] = -1;
  }
  const indices = Array.from({ length: n }, (_, i) => {
    const row = squares.subarray(i * n, (i + 1) * n);
    const order = Array.from(row, (_, j) => j).sort((a, b) => row[a] - row[b] || a - b);
    return order.slice(0, k);
  });
  const distances = indices.map((list, i) => list.map((j) => Math.sqrt(Math.max(0, squares[i * n + j]))));
  return { indices, distances };
}

/**
 * Points that may be shown as pictures of an edge without covering one another, in the order of the points.
 *
 * @param edge in the map's units
 */
export function apart(x: readonly number[], y: readonly number[], edge: number, most: number): number[] {
  const chosen: number[] = [];
  for (let i = 0; i < x.length && chosen.length < most; i++) {
    if (chosen.every((j) => Math.abs(x[i] - x[j]) >= edge || Math.abs(y[i] - y[j]) >= edge)) chosen.push(i);
  }
  return chosen;
}
