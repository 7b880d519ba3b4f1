/**
 * @file The orthogonal matrix nearest to a given one: the polar factor, by Newton's iteration (Higham, "Computing the polar
 * decomposition — with applications", SIAM J. Sci. Stat. Comput. 1986).
 */

/** Weight of the fallback, as a share of the matrix's norm: decides directions that the matrix says nothing of. */
const FALLBACK = 1e-9;

/**
 * U Vᵀ of A = U S Vᵀ: of all orthogonal matrices the one with the largest ⟨A, ·⟩, the answer to the orthogonal
 * Procrustes problem.
 *
 * @param matrix - A, [n, n] row-major
 * @param fallback - [n, n] orthogonal: what is taken where A has no say (where it is singular)
 * @returns [n, n] row-major
 */
export function nearestOrthogonal(matrix: Float64Array, n: number, fallback: Float32Array): Float32Array {
  const norm = Math.sqrt(matrix.reduce((sum, value) => sum + value * value, 0));
  if (norm === 0) return fallback.slice();
  let x = matrix.map((value, i) => value / norm + FALLBACK * fallback[i]);
  for (let iteration = 0; iteration < 60; iteration++) {
    const inverse = invert(x, n);
    // Scaled towards singular values around 1, which a few plain iterations then bring to 1.
    const scale = Math.sqrt(frobenius(inverse) / frobenius(x));
    const next = new Float64Array(n * n);
    let change = 0;
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        const value = 0.5 * (scale * x[i * n + j] + inverse[j * n + i] / scale);
        change += (value - x[i * n + j]) ** 2;
        next[i * n + j] = value;
      }
    }
    x = next;
    if (Math.sqrt(change) <= 1e-8 * Math.sqrt(n)) break;
  }
  return Float32Array.from(x);
}

function frobenius(a: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * a[i];
  return Math.sqrt(sum);
}

/** The inverse by Gauss and Jordan with row pivots; [n, n] row-major. */
function invert(matrix: Float64Array, n: number): Float64Array {
  const a = matrix.slice();
  const b = new Float64Array(n * n);
  for (let i = 0; i < n; i++) b[i * n + i] = 1;
  for (let k = 0; k < n; k++) {
    let pivot = k;
    for (let i = k + 1; i < n; i++) if (Math.abs(a[i * n + k]) > Math.abs(a[pivot * n + k])) pivot = i;
    if (pivot !== k) {
      swapRows(a, n, k, pivot);
      swapRows(b, n, k, pivot);
    }
    const factor = 1 / (a[k * n + k] || Number.MIN_VALUE);
    for (let j = 0; j < n; j++) {
      a[k * n + j] *= factor;
      b[k * n + j] *= factor;
    }
    for (let i = 0; i < n; i++) {
      const f = a[i * n + k];
      if (i === k || f === 0) continue;
      for (let j = k; j < n; j++) a[i * n + j] -= f * a[k * n + j];
      for (let j = 0; j < n; j++) b[i * n + j] -= f * b[k * n + j];
    }
  }
  return b;
}

function swapRows(a: Float64Array, n: number, i: number, j: number): void {
  for (let k = 0; k < n; k++) {
    const kept = a[i * n + k];
    a[i * n + k] = a[j * n + k];
    a[j * n + k] = kept;
  }
}
