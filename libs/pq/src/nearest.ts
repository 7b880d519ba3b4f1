/**
 * @file The hot loop of learning and encoding: the nearest codeword in one subspace.
 *
 * The nearest codeword is the one with the smallest Σ_j (x_j − c_j)², added in float64 in the order of j, the lowest
 * index where several are equal. The kernel ranks by ‖c‖² − 2⟨x, c⟩ on centred numbers instead, two vectors against
 * four codewords at a time so that the eight running sums stay in registers, and falls back to the definition where its
 * own rounding could change the answer. So the answer is the definition's, always.
 */

/** Of float64: the largest relative error of one rounding. */
const ROUNDING = 2 ** -53;

/** The nearest codeword of a vector. */
interface Found {
  index: number;
  /** Not above the squared distance to any other codeword. */
  otherwise: number;
}

/** The nearest codewords of one subspace. Make one, load codewords, look vectors up; load again after they moved. */
export class Nearest {
  readonly #K: number;
  readonly #d: number;
  /** [⌈K/4⌉, d, 4], centred: four codewords side by side; those that only fill up are never nearest. */
  readonly #codewords: Float64Array;
  /** [K, d], as loaded. */
  readonly #exact: Float64Array;
  readonly #norms: Float64Array;
  readonly #mean: Float64Array;
  readonly #x: Float64Array;
  readonly #y: Float64Array;
  #largestNorm = 0;

  /** Of the last vectors looked up. */
  readonly first: Found = { index: 0, otherwise: 0 };
  readonly second: Found = { index: 0, otherwise: 0 };

  constructor(K: number, d: number) {
    this.#K = K;
    this.#d = d;
    const filled = Math.ceil(K / 4) * 4;
    this.#codewords = new Float64Array(filled * d);
    this.#exact = new Float64Array(K * d);
    this.#norms = new Float64Array(filled).fill(Infinity);
    this.#mean = new Float64Array(d);
    this.#x = new Float64Array(d);
    this.#y = new Float64Array(d);
  }

  /** Takes over `codewords`, [K, d] from `offset` on. */
  load(codewords: Float32Array | Float64Array, offset = 0): void {
    const K = this.#K;
    const d = this.#d;
    this.#mean.fill(0);
    for (let k = 0, i = 0; k < K; k++) {
      for (let j = 0; j < d; j++, i++) {
        this.#exact[i] = codewords[offset + i];
        this.#mean[j] += this.#exact[i];
      }
    }
    // ‖c‖² − 2⟨x, c⟩ loses digits where the mean is large against the spread: centre first.
    for (let j = 0; j < d; j++) this.#mean[j] /= K;
    this.#largestNorm = 0;
    for (let k = 0, i = 0; k < K; k++) {
      let norm = 0;
      for (let j = 0; j < d; j++, i++) {
        const c = this.#exact[i] - this.#mean[j];
        this.#codewords[((k >> 2) * d + j) * 4 + (k & 3)] = c;
        norm += c * c;
      }
      this.#norms[k] = norm;
      if (norm > this.#largestNorm) this.#largestNorm = norm;
    }
  }

  /**
   * The codewords nearest to the d numbers of `values` from `at` on, and to those from `too` on: in `first` and
   * `second`.
   */
  find(values: Float32Array, at: number, too: number = at): void {
    const K = this.#K;
    const d = this.#d;
    const x = this.#x;
    const y = this.#y;
    const C = this.#codewords;
    const norms = this.#norms;
    const xx = this.#centre(values, at, x);
    const yy = this.#centre(values, too, y);
    let best = Infinity;
    let next = Infinity;
    let index = 0;
    let yBest = Infinity;
    let yNext = Infinity;
    let yIndex = 0;
    for (let k = 0, i = 0; k < K; k += 4) {
      let s0 = 0;
      let s1 = 0;
      let s2 = 0;
      let s3 = 0;
      let t0 = 0;
      let t1 = 0;
      let t2 = 0;
      let t3 = 0;
      for (let j = 0; j < d; j++) {
        const v = x[j];
        const w = y[j];
        const c0 = C[i];
        const c1 = C[i + 1];
        const c2 = C[i + 2];
        const c3 = C[i + 3];
        i += 4;
        s0 += v * c0;
        s1 += v * c1;
        s2 += v * c2;
        s3 += v * c3;
        t0 += w * c0;
        t1 += w * c1;
        t2 += w * c2;
        t3 += w * c3;
      }
      s0 = norms[k] - 2 * s0;
      s1 = norms[k + 1] - 2 * s1;
      s2 = norms[k + 2] - 2 * s2;
      s3 = norms[k + 3] - 2 * s3;
      t0 = norms[k] - 2 * t0;
      t1 = norms[k + 1] - 2 * t1;
      t2 = norms[k + 2] - 2 * t2;
      t3 = norms[k + 3] - 2 * t3;
      // Almost always none of the eight comes near: one comparison each.
      if (s0 < next) {
        if (s0 < best) {
          next = best;
          best = s0;
          index = k;
        } else next = s0;
      }
      if (s1 < next) {
        if (s1 < best) {
          next = best;
          best = s1;
          index = k + 1;
        } else next = s1;
      }
      if (s2 < next) {
        if (s2 < best) {
          next = best;
          best = s2;
          index = k + 2;
        } else next = s2;
      }
      if (s3 < next) {
        if (s3 < best) {
          next = best;
          best = s3;
          index = k + 3;
        } else next = s3;
      }
      if (t0 < yNext) {
        if (t0 < yBest) {
          yNext = yBest;
          yBest = t0;
          yIndex = k;
        } else yNext = t0;
      }
      if (t1 < yNext) {
        if (t1 < yBest) {
          yNext = yBest;
          yBest = t1;
          yIndex = k + 1;
        } else yNext = t1;
      }
      if (t2 < yNext) {
        if (t2 < yBest) {
          yNext = yBest;
          yBest = t2;
          yIndex = k + 2;
        } else yNext = t2;
      }
      if (t3 < yNext) {
        if (t3 < yBest) {
          yNext = yBest;
          yBest = t3;
          yIndex = k + 3;
        } else yNext = t3;
      }
    }
    let slack = this.#slack(xx);
    this.first.index = next - best > slack ? index : this.#findExactly(values, at);
    this.first.otherwise = Math.max(0, next + xx - 2 * slack);
    slack = this.#slack(yy);
    this.second.index = yNext - yBest > slack ? yIndex : this.#findExactly(values, too);
    this.second.otherwise = Math.max(0, yNext + yy - 2 * slack);
  }

  /** Writes a vector, less the mean, to `to`, and gives its squared norm. */
  #centre(values: Float32Array, at: number, to: Float64Array): number {
    let norm = 0;
    for (let j = 0; j < this.#d; j++) {
      const v = values[at + j] - this.#mean[j];
      to[j] = v;
      norm += v * v;
    }
    return norm;
  }

  /**
   * By how much two ranks may be wrong against each other. A sum of d products, the centring and the norm: each at most
   * d + 4 roundings of numbers no larger than (‖x‖ + ‖c‖)² ≤ 2(‖x‖² + ‖c‖²), on both sides of the comparison and in the
   * definition's own sum.
   */
  #slack(norm: number): number {
    return 16 * (this.#d + 4) * ROUNDING * (norm + this.#largestNorm);
  }

  /** The definition: slow, and the judge where the kernel can't decide. */
  #findExactly(values: Float32Array, offset: number): number {
    const C = this.#exact;
    const d = this.#d;
    let best = Infinity;
    let index = 0;
    for (let k = 0, i = 0; k < this.#K; k++) {
      let sum = 0;
      for (let j = 0; j < d; j++, i++) {
        const difference = values[offset + j] - C[i];
        sum += difference * difference;
      }
      if (sum < best) {
        best = sum;
        index = k;
      }
    }
    return index;
  }
}
