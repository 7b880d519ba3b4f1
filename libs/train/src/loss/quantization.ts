/**
 * @file The product quantization loss of a batch: Q = mean over i of ‖u_i − C h_i‖² (Cao et al., AAAI 2016, eq. 4).
 *
 * h_i picks in each subspace the codeword nearest to u_i: exact in one pass, since the blocks of C are independent.
 */

import type { Codebook } from '@dqn/pq';
import type { Scalar, Tensor, Tensor2D } from '@tensorflow/tfjs';
import type { Tf } from '../tf.ts';

/** What {@link quantize} gives. */
export interface Quantized {
  /** Q, mean ‖u − C h‖². */
  readonly loss: Scalar;
  /** u − C h, [n, D]; times 2/n it is ∂Q/∂u with C and h held still. */
  readonly residual: Tensor2D;
  /** The gradient at the codewords, [M, K, D/M], of what has this one at C h, [n, D], with h held still. */
  readonly toCodewords: (gradient: Tensor2D) => Float32Array;
}

/** Quantizes u [n, D] by a codebook. Call within tf.tidy. */
export function quantize(tf: Tf, u: Tensor2D, { M, K, D, codewords }: Codebook): Quantized {
  const n = u.shape[0];
  const d = D / M;
  const codes: Int32Array[] = [];
  const residuals: Tensor2D[] = [];
  let squares: Tensor = tf.scalar(0);
  // A product at a time: those of a stack of matrices are twenty times slower on wasm.
  for (let m = 0; m < M; m++) {
    const part = M === 1 ? u : tf.slice(u, [0, m * d], [n, d]);
    const book = tf.tensor2d(codewords.subarray(m * K * d, (m + 1) * K * d), [K, d]);
    // ‖u − c‖² less ‖u‖², which is the same for every codeword: [n, K].
    const products = tf.matMul(part, tf.mul(tf.transpose(book), 2) as Tensor2D);
    const nearest = tf.argMin(tf.sub(tf.sum(tf.square(book), 1), products), 1);
    const code = Int32Array.from(nearest.dataSync());
    const chosen = new Float32Array(n * d);
    for (let i = 0; i < n; i++) {
      const at = (m * K + code[i]) * d;
      chosen.set(codewords.subarray(at, at + d), i * d);
    }
    const residual = tf.sub(part, tf.tensor2d(chosen, [n, d])) as Tensor2D;
    codes.push(code);
    residuals.push(residual);
    squares = tf.add(squares, tf.sum(tf.square(residual)));
  }
  const toCodewords = (gradient: Tensor2D): Float32Array => {
    // Sums by codeword, for which wasm has no kernel: n · D additions, much less than a product with the codes in one-hot form.
    const values = gradient.dataSync();
    const sums = new Float32Array(M * K * d);
    codes.forEach((code, m) => {
      for (let i = 0; i < n; i++) {
        const [to, from] = [(m * K + code[i]) * d, i * D + m * d];
        for (let j = 0; j < d; j++) sums[to + j] += values[from + j];
      }
    });
    return sums;
  };
  return { loss: tf.div(squares, n) as Scalar, residual: tf.concat2d(residuals, 1), toCodewords };
}
