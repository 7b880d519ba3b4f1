/** @file Vectors to codes and back. */
import { type Codebook, checkCodebook, checkCodes, checkVectors } from './codebook.ts';
import { type AbortSignalLike, throwIfAborted } from './errors.ts';
import { Nearest } from './nearest.ts';

/**
 * The code of each vector: in each subspace the index of the nearest codeword (squared Euclidean distance in float64,
 * the lowest index where several are equally near).
 *
 * @param x [N, D] row-major
 * @returns [N, M] row-major
 * @throws PqError `BAD_SHAPE`, `NOT_FINITE`; the signal's reason when aborted
 */
export function encode(codebook: Codebook, x: Float32Array, options: { signal?: AbortSignalLike } = {}): Uint8Array {
  checkCodebook(codebook);
  const { M, K, D, codewords } = codebook;
  const N = checkVectors(x, D);
  const d = D / M;
  const codes = new Uint8Array(N * M);
  const nearest = new Nearest(K, d);
  for (let m = 0; m < M; m++) {
    throwIfAborted(options.signal);
    nearest.load(codewords, m * K * d);
    for (let n = 0; n < N; n += 2) {
      const too = Math.min(n + 1, N - 1);
      nearest.find(x, n * D + m * d, too * D + m * d);
      codes[n * M + m] = nearest.first.index;
      codes[too * M + m] = nearest.second.index;
    }
  }
  return codes;
}

/**
 * The reconstruction C h of each code.
 *
 * @param codes [N, M] row-major
 * @returns [N, D] row-major
 * @throws PqError `BAD_SHAPE`, `BAD_CODE`
 */
export function decode(codebook: Codebook, codes: Uint8Array): Float32Array {
  checkCodebook(codebook);
  const { M, K, D, codewords } = codebook;
  const N = checkCodes(codes, M, K);
  const d = D / M;
  const x = new Float32Array(N * D);
  for (let n = 0; n < N; n++) {
    for (let m = 0; m < M; m++) {
      const from = (m * K + codes[n * M + m]) * d;
      const to = n * D + m * d;
      for (let j = 0; j < d; j++) x[to + j] = codewords[from + j];
    }
  }
  return x;
}
