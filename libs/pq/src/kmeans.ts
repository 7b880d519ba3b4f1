/**
 * @file k-means in one subspace.
 *
 * Most vectors keep their codeword from one iteration to the next, and most of those can be known to keep it without
 * looking at all K: by the triangle inequality (Hamerly 2010), if the distance to a vector's own codeword is below the
 * distance to any other, less what the codewords have moved since. What is skipped is certain, so that the result is
 * that of the plain iteration.
 */
import { LIST, type Lookup } from './lookup.ts';
import type { Random } from './random.ts';

/** How to run it. */
export interface KmeansOptions {
  K: number;
  d: number;
  iterations: number;
  random: Random;
  /** [K, d]. */
  init: Float32Array | undefined;
  onIteration: (iteration: number) => void;
}

/** What it gives. */
export interface Kmeans {
  /** [K, d]. */
  codewords: Float32Array;
  /** [N]: the nearest codeword of each vector. */
  assignment: Uint8Array;
  /** Sum over the vectors of ‖x − c‖². */
  squaredError: number;
}

/** What rounding may add to a bound, far above what it does: bounds err on the side of looking again. */
const SLACK = 1e-9;

/**
 * k-means over `x`, [N, d], N ≥ K, all finite.
 *
 * @param lookup of the same vectors; whichever it is, the result is the same
 */
export function kmeans(x: Float32Array, lookup: Lookup, options: KmeansOptions): Kmeans {
  const { K, d, iterations, random, init, onIteration } = options;
  const N = x.length / d;
  const codewords = init === undefined ? seedCodewords(x, lookup, K, d, random) : init.slice();
  const before = new Float32Array(K * d);
  const clusters = new Clusters(lookup, N, K, d);
  clusters.assign(x, codewords);
  for (let iteration = 1; iteration <= iterations; iteration++) {
    before.set(codewords);
    clusters.refillEmpty(x);
    clusters.means(x, codewords);
    const changed = clusters.moved(before, codewords);
    clusters.assign(x, codewords);
    onIteration(iteration);
    if (!changed) break;
  }
  return { codewords, assignment: clusters.assignment, squaredError: clusters.squaredError(x, codewords) };
}

/** Which vector belongs to which codeword, with bounds on how near that is and how near another one could be. */
class Clusters {
  readonly assignment: Uint8Array;
  readonly #K: number;
  readonly #d: number;
  readonly #lookup: Lookup;
  /** Not below the distance (not squared) of a vector to its own codeword. */
  readonly #upper: Float64Array;
  /** Not above the distance of a vector to any other codeword. */
  readonly #lower: Float64Array;
  readonly #counts: Uint32Array;
  readonly #sums: Float64Array;

  /** Vectors that must be looked up. */
  readonly #waiting = new Uint32Array(LIST);

  constructor(lookup: Lookup, N: number, K: number, d: number) {
    this.#K = K;
    this.#d = d;
    this.#lookup = lookup;
    this.assignment = new Uint8Array(N);
    this.#upper = new Float64Array(N).fill(Infinity);
    this.#lower = new Float64Array(N);
    this.#counts = new Uint32Array(K);
    this.#sums = new Float64Array(K * d);
  }

  /** Gives each vector its nearest codeword. */
  assign(x: Float32Array, codewords: Float32Array): void {
    this.#lookup.load(codewords);
    let waiting = 0;
    for (let n = 0; n < this.assignment.length; n++) {
      if (this.#upper[n] < this.#lower[n]) continue;
      // The upper bound is cheap to tighten, and that is often enough.
      if (this.#upper[n] < Infinity) this.#tighten(n, x, codewords);
      if (this.#upper[n] < this.#lower[n]) continue;
      this.#waiting[waiting++] = n;
      if (waiting === LIST) waiting = this.#lookUp(waiting, x, codewords);
    }
    this.#lookUp(waiting, x, codewords);
  }

  /** Looks up the vectors that wait; gives 0, the number of those that wait then. */
  #lookUp(waiting: number, x: Float32Array, codewords: Float32Array): 0 {
    const { codes, others } = this.#lookup.find(this.#waiting, waiting);
    for (let i = 0; i < waiting; i++) {
      const n = this.#waiting[i];
      this.assignment[n] = codes[i];
      this.#lower[n] = Math.sqrt(others[i]) * (1 - SLACK);
      this.#tighten(n, x, codewords);
    }
    return 0;
  }

  #tighten(n: number, x: Float32Array, codewords: Float32Array): void {
    const own = squaredDistance(x, n * this.#d, codewords, this.assignment[n] * this.#d, this.#d);
    this.#upper[n] = Math.sqrt(own) * (1 + SLACK);
  }

  /** Loosens the bounds by what the codewords have moved; false if they are where they were. */
  moved(before: Float32Array, after: Float32Array): boolean {
    const steps = new Float64Array(this.#K);
    let largest = 0;
    let next = 0;
    let mover = 0;
    for (let k = 0; k < this.#K; k++) {
      const step = Math.sqrt(squaredDistance(before, k * this.#d, after, k * this.#d, this.#d)) * (1 + SLACK);
      steps[k] = step;
      if (step > largest) {
        next = largest;
        largest = step;
        mover = k;
      } else if (step > next) next = step;
    }
    for (let n = 0; n < this.assignment.length; n++) {
      this.#upper[n] += steps[this.assignment[n]];
      this.#lower[n] -= this.assignment[n] === mover ? next : largest;
    }
    return largest > 0;
  }

  /** Moves each codeword to the mean of its vectors; one without vectors stays. */
  means(x: Float32Array, codewords: Float32Array): void {
    const d = this.#d;
    this.#sums.fill(0);
    this.#count();
    for (let n = 0, i = 0; n < this.assignment.length; n++) {
      const to = this.assignment[n] * d;
      for (let j = 0; j < d; j++) this.#sums[to + j] += x[i++];
    }
    for (let k = 0, i = 0; k < this.#K; k++) {
      const count = this.#counts[k];
      for (let j = 0; j < d; j++, i++) if (count > 0) codewords[i] = this.#sums[i] / count;
    }
  }

  /**
   * Gives each empty codeword one vector: the farthest from the mean in the largest cluster whose vectors aren't all
   * the same. Where there is no such cluster, every vector lies on a codeword, and nothing can be gained.
   */
  refillEmpty(x: Float32Array): void {
    const d = this.#d;
    const counts = this.#count();
    for (let k = 0; k < this.#K; k++) {
      if (counts[k] > 0) continue;
      const largestFirst = Array.from(counts.keys()).sort((a, b) => counts[b] - counts[a] || a - b);
      for (const cluster of largestFirst) {
        if (counts[cluster] < 2) return;
        const farthest = this.#farthest(x, cluster, d);
        if (farthest < 0) continue;
        this.assignment[farthest] = k;
        // Its bounds speak of another codeword: look again.
        this.#upper[farthest] = Infinity;
        this.#lower[farthest] = 0;
        counts[cluster]--;
        counts[k]++;
        break;
      }
      if (counts[k] === 0) return;
    }
  }

  /** Sum of ‖x − c‖² over all vectors. */
  squaredError(x: Float32Array, codewords: Float32Array): number {
    let sum = 0;
    for (let n = 0; n < this.assignment.length; n++) {
      sum += squaredDistance(x, n * this.#d, codewords, this.assignment[n] * this.#d, this.#d);
    }
    return sum;
  }

  /** The vector of a cluster that is farthest from the cluster's mean, or −1 if all of them are equal. */
  #farthest(x: Float32Array, cluster: number, d: number): number {
    const members: number[] = [];
    const mean = new Float64Array(d);
    for (let n = 0; n < this.assignment.length; n++) {
      if (this.assignment[n] !== cluster) continue;
      members.push(n);
      for (let j = 0; j < d; j++) mean[j] += x[n * d + j];
    }
    for (let j = 0; j < d; j++) mean[j] /= members.length;
    const first = members[0];
    let differ = false;
    let farthest = -1;
    let distance = -1;
    for (const n of members) {
      for (let j = 0; j < d && !differ; j++) differ = x[n * d + j] !== x[first * d + j];
      const own = squaredDistance(x, n * d, mean, 0, d);
      if (own > distance) {
        distance = own;
        farthest = n;
      }
    }
    return differ ? farthest : -1;
  }

  #count(): Uint32Array {
    this.#counts.fill(0);
    for (const k of this.assignment) this.#counts[k]++;
    return this.#counts;
  }
}

/** k-means++: each next codeword is a vector drawn with a probability proportional to its squared distance so far. */
function seedCodewords(x: Float32Array, lookup: Lookup, K: number, d: number, random: Random): Float32Array {
  const N = x.length / d;
  const codewords = new Float32Array(K * d);
  for (let k = 0; k < K; k++) {
    const total = k > 0 ? lookup.approach(codewords.subarray((k - 1) * d, k * d)) : 0;
    // Where all vectors lie on codewords already (total 0) any of them will do.
    const pick = total > 0 ? draw(lookup.distances(), random.next() * total) : random.integer(N);
    codewords.set(x.subarray(pick * d, (pick + 1) * d), k * d);
  }
  return codewords;
}

/** The index at which the running sum of `weights` passes `target`; never one of weight 0. */
function draw(weights: Float64Array, target: number): number {
  let sum = 0;
  let last = 0;
  for (let n = 0; n < weights.length; n++) {
    if (weights[n] === 0) continue;
    sum += weights[n];
    last = n;
    if (sum > target) return n;
  }
  return last;
}

/** ‖a − b‖² over d numbers from the offsets on, in float64. */
function squaredDistance(a: Float32Array, from: number, b: Float32Array | Float64Array, at: number, d: number): number {
  let sum = 0;
  for (let j = 0; j < d; j++) {
    const difference = a[from + j] - b[at + j];
    sum += difference * difference;
  }
  return sum;
}
