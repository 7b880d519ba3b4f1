/** @file Linear equations with a positive definite matrix, by Cholesky's factorisation. */

/**
 * Solves A X = B.
 *
 * @param matrix - A, [n, n] row-major, symmetric and positive definite; overwritten by its factor
 * @param right - B, [n, k] row-major; overwritten by X
 * @returns X
 */
export function solvePositive(matrix: Float64Array, right: Float64Array, n: number, k: number): Float64Array {
  for (let i = 0; i < n; i++) {
    const ri = i * n;
    for (let j = 0; j <= i; j++) {
      const rj = j * n;
      let sum = matrix[ri + j];
      for (let p = 0; p < j; p++) sum -= matrix[ri + p] * matrix[rj + p];
      matrix[ri + j] = i === j ? Math.sqrt(sum) : sum / matrix[rj + j];
    }
  }
  // L Y = B, then Lᵀ X = Y.
  for (let i = 0; i < n; i++) {
    for (let p = 0; p < i; p++) {
      const factor = matrix[i * n + p];
      for (let c = 0; c < k; c++) right[i * k + c] -= factor * right[p * k + c];
    }
    for (let c = 0; c < k; c++) right[i * k + c] /= matrix[i * n + i];
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let c = 0; c < k; c++) right[i * k + c] /= matrix[i * n + i];
    for (let p = 0; p < i; p++) {
      const factor = matrix[i * n + p];
      for (let c = 0; c < k; c++) right[p * k + c] -= factor * right[i * k + c];
    }
  }
  return right;
}
