/**
 * @file The product quantization loss of a batch: Q = mean over i of ‖u_i − C h_i‖² (Cao et al., AAAI 2016, eq. 4).
 *
 * h_i picks in each subspace the codeword nearest to u_i: exact in one pass, since the blocks of C are independent.
 */

import type { Algebra } from './algebra.ts';

/** What {@link quantize} gives. */
export interface Quantized<T> {
  /** Q, mean ‖u − C h‖². */
  readonly loss: T;
  /** u − C h, [n, D]; times 2/n it is ∂Q/∂u with C and h held still. */
  readonly residual: T;
  /** h by subspace, int32 [n] each. */
  readonly codes: readonly T[];
}

/** Quantizes u [n, D] by M codebooks [K, d]. */
export function quantize<T>(a: Algebra<T>, u: T, books: readonly T[], n: number, d: number): Quantized<T> {
  // A product at a time: those of a stack of matrices are twenty times slower on wasm.
  const parts = books.map((book, m) => {
    const part = a.columns(u, m * d, d);
    // ‖u − c‖² less ‖u‖², which is the same for every codeword: [n, K].
    const squares = a.transpose(a.rowSums(a.mul(book, book)));
    const codes = a.smallest(a.sub(squares, a.matMul(part, a.transpose(a.mul(book, 2)))));
    return { codes, residual: a.sub(part, a.rows(book, codes)) };
  });
  const residual = a.joined(parts.map((part) => part.residual));
  const loss = a.mul(a.sum(a.mul(residual, residual)), 1 / n);
  return { loss, residual, codes: parts.map(({ codes }) => codes) };
}

/**
 * The gradient at the codewords, [M, K, d], of what has `gradient` [n, D] at C h with h held still: sums by codeword, n · D
 * additions and much less than a product with the codes in one-hot form.
 */
export function toCodewords(
  gradient: Float32Array,
  codes: readonly Int32Array[],
  { K, d }: { readonly K: number; readonly d: number },
): Float32Array {
  const M = codes.length;
  const D = M * d;
  const sums = new Float32Array(M * K * d);
  codes.forEach((code, m) => {
    for (let i = 0; i < code.length; i++) {
      const to = (m * K + code[i]) * d;
      const from = i * D + m * d;
      for (let j = 0; j < d; j++) sums[to + j] += gradient[from + j];
    }
  });
  return sums;
}
