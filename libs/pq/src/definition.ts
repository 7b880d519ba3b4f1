/**
 * @file Distances to codewords by their definitions: float64, added in the order of the dimensions, from 0.
 *
 * Four codewords at a time: each sum waits for its last addition, four of them don't wait for each other.
 */

/** To `sums`: Σ_j (x_j − c_j)² for the K codewords [K, d] from `at` on. K is even. */
export function squaredDistances(
  x: Float32Array,
  from: number,
  codewords: Float32Array,
  at: number,
  K: number,
  d: number,
  sums: Float64Array,
): void {
  let k = 0;
  for (; k + 4 <= K; k += 4) {
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    const c1 = at + d;
    const c2 = c1 + d;
    const c3 = c2 + d;
    for (let j = 0; j < d; j++) {
      const v = x[from + j];
      const t0 = v - codewords[at + j];
      const t1 = v - codewords[c1 + j];
      const t2 = v - codewords[c2 + j];
      const t3 = v - codewords[c3 + j];
      s0 += t0 * t0;
      s1 += t1 * t1;
      s2 += t2 * t2;
      s3 += t3 * t3;
    }
    sums[k] = s0;
    sums[k + 1] = s1;
    sums[k + 2] = s2;
    sums[k + 3] = s3;
    at = c3 + d;
  }
  for (; k < K; k++, at += d) {
    let sum = 0;
    for (let j = 0; j < d; j++) {
      const t = x[from + j] - codewords[at + j];
      sum += t * t;
    }
    sums[k] = sum;
  }
}

/** To `sums`: 0 − x_0 c_0 − x_1 c_1 …, as above. */
export function negatedProducts(
  x: Float32Array,
  from: number,
  codewords: Float32Array,
  at: number,
  K: number,
  d: number,
  sums: Float64Array,
): void {
  let k = 0;
  for (; k + 4 <= K; k += 4) {
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    const c1 = at + d;
    const c2 = c1 + d;
    const c3 = c2 + d;
    for (let j = 0; j < d; j++) {
      const v = x[from + j];
      s0 -= v * codewords[at + j];
      s1 -= v * codewords[c1 + j];
      s2 -= v * codewords[c2 + j];
      s3 -= v * codewords[c3 + j];
    }
    sums[k] = s0;
    sums[k + 1] = s1;
    sums[k + 2] = s2;
    sums[k + 3] = s3;
    at = c3 + d;
  }
  for (; k < K; k++, at += d) {
    let sum = 0;
    for (let j = 0; j < d; j++) sum -= x[from + j] * codewords[at + j];
    sums[k] = sum;
  }
}

/** The index of the smallest, the lowest of several. */
export function smallest(sums: Float64Array): number {
  let index = 0;
  for (let k = 1; k < sums.length; k++) if (sums[k] < sums[index]) index = k;
  return index;
}
