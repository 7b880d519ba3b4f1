/**
 * @file The vectors of one subspace, as k-means asks about them: how far they are from a new codeword, and which
 * codeword is nearest. With kernels or without, the answers are the same.
 */
import { Nearest } from './nearest.ts';
import type { Workspace } from './workspace.ts';

/** The nearest codewords of some vectors. */
export interface FoundNearest {
  /** [count]. */
  readonly codes: Uint8Array;
  /** [count]: not above the squared distance to any other codeword. How far below is the implementation's. */
  readonly others: Float64Array;
}

/** Vectors to be asked about. */
export interface Lookup {
  /**
   * Seeding, a step of k-means++: lowers the squared distances `distances` (all infinite at first) of all vectors by
   * those to a new codeword, and adds them up in the order of the vectors.
   */
  approach(codeword: Float32Array): number;
  /** [N]: squared distances to the nearest of the codewords approached. A view; take it anew after each step. */
  distances(): Float64Array;
  /** Takes over codewords, [K, d], for `find`. */
  load(codewords: Float32Array): void;
  /** The nearest codewords of the vectors rows[0] … rows[count − 1], at most `LIST` of them; good until the next call. */
  find(rows: Uint32Array, count: number): FoundNearest;
}

/** The most vectors that `find` is asked for at once. */
export const LIST = 1024;

/** Without kernels. */
export function plainLookup(x: Float32Array, K: number, d: number): Lookup {
  const N = x.length / d;
  const nearest = new Nearest(K, d);
  const distances = new Float64Array(N).fill(Infinity);
  const codes = new Uint8Array(LIST);
  const others = new Float64Array(LIST);
  return {
    approach(codeword) {
      let total = 0;
      for (let n = 0, i = 0; n < N; n++) {
        let sum = 0;
        for (let j = 0; j < d; j++, i++) {
          const difference = x[i] - codeword[j];
          sum += difference * difference;
        }
        if (sum < distances[n]) distances[n] = sum;
        total += distances[n];
      }
      return total;
    },
    distances: () => distances,
    load: (codewords) => nearest.load(codewords),
    find(rows, count) {
      for (let i = 0; i < count; i += 2) {
        const too = Math.min(i + 1, count - 1);
        nearest.find(x, rows[i] * d, rows[too] * d);
        codes[i] = nearest.first.index;
        others[i] = nearest.first.otherwise;
        codes[too] = nearest.second.index;
        others[too] = nearest.second.otherwise;
      }
      return { codes, others };
    },
  };
}

/** With the kernels of a workspace; good until the workspace takes back what was allocated. */
export function kernelLookup(workspace: Workspace, x: Float32Array, K: number, d: number): Lookup {
  const { kernels } = workspace;
  const N = x.length / d;
  const eights = Math.ceil(N / 8);
  const book = workspace.allocate(kernels.bookBytes(K, d));
  const list = workspace.allocate(4 * d * Math.max(LIST, K));
  const codes = workspace.allocate(LIST);
  const others = workspace.allocate(8 * LIST);
  const codeword = workspace.allocate(8 * d);
  const distances = workspace.allocate(64 * eights);
  const sideBySide = workspace.allocate(32 * eights * d);
  let arranged = false;

  /** Eight vectors side by side: [⌈N/8⌉, d, 8]. */
  function arrange(): void {
    const to = workspace.f32(sideBySide, 8 * eights * d);
    for (let n = 0, i = 0; n < N; n++) {
      let at = (n >> 3) * d * 8 + (n & 7);
      for (let j = 0; j < d; j++, at += 8) to[at] = x[i++];
    }
    workspace.f64(distances, 8 * eights).fill(Infinity);
    arranged = true;
  }

  return {
    approach(values) {
      if (!arranged) arrange();
      workspace.f64(codeword, d).set(values);
      return kernels.approach(sideBySide, N, d, codeword, distances);
    },
    distances: () => workspace.f64(distances, N),
    load(codewords) {
      workspace.f32(list, K * d).set(codewords);
      kernels.loadBook(book, K, d, list);
    },
    find(rows, count) {
      const vectors = workspace.f32(list, count * d);
      for (let i = 0, to = 0; i < count; i++) {
        const from = rows[i] * d;
        for (let j = 0; j < d; j++) vectors[to++] = x[from + j];
      }
      kernels.nearest(book, list, 4 * d, count, codes, 1, others);
      return { codes: workspace.u8(codes, LIST), others: workspace.f64(others, LIST) };
    },
  };
}
