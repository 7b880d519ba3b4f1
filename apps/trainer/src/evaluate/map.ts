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

/** Neighbours that UMAP keeps together: many, so that whole classes show, not crumbs of them. */
const NEIGHBOURS = 30;

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
  const umap = new UMAP({
    nNeighbors: Math.min(NEIGHBOURS, Math.floor((n - 1) / 2)),
    minDist: 0.25,
    random: () => random.next(),
  });
  const epochs = umap.initializeFit(points);
  for (let epoch = 0; epoch < epochs; epoch++) {
    umap.step();
    if (epoch % 20 > 0) continue;
    await new Promise((resolve) => setImmediate(resolve));
    o.signal.throwIfAborted();
  }
  const places = umap.getEmbedding();
  const scaled = (axis: number): number[] => {
    const values = places.map((place) => place[axis]);
    const [least, most] = [Math.min(...values), Math.max(...values)];
    return values.map((value) => Math.round(((value - least) / Math.max(most - least, 1e-9)) * EXTENT));
  };
  return { x: scaled(0), y: scaled(1) };
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
