/** @file Vectors to codes and back. */
import { type Codebook, checkArray, checkCodebook, checkCodes, checkVectors } from './codebook.ts';
import { smallest, squaredDistances } from './definition.ts';
import { type AbortSignalLike, throwIfAborted } from './errors.ts';
import { checkGiven } from './given.ts';
import { Nearest } from './nearest.ts';
import { inWorkspace, type Workspace } from './workspace.ts';

/** Numbers of a block of vectors: what stays in the cache while all subspaces look at it. */
const BLOCK = 32_768;
/** Fewer vectors than this aren't worth arranging the codewords for. */
const FEW = 3;

/**
 * The code of each vector: in each subspace the index of the nearest codeword (squared Euclidean distance in float64,
 * the lowest index where several are equally near).
 *
 * @param x [N, D] row-major
 * @returns [N, M] row-major
 * @throws PqError `BAD_SHAPE`, `BAD_OPTION`, `NOT_FINITE`; the signal's reason when aborted
 */
export function encode(codebook: Codebook, x: Float32Array, options: { signal?: AbortSignalLike } = {}): Uint8Array {
  checkCodebook(codebook);
  checkGiven(options, 'The options', '{ signal }');
  throwIfAborted(options.signal);
  const { D } = codebook;
  checkArray(x, Float32Array, 'The vectors', `[N, ${D}]`);
  if (x.length % D !== 0 || x.length < FEW * D) {
    checkVectors(x, D);
    return encodeFew(codebook, x);
  }
  return inWorkspace((workspace) => {
    const codes = workspace && encodeByKernels(workspace, codebook, x, options.signal);
    if (codes) return codes;
    // No kernels, or a number that isn't finite: this says which.
    checkVectors(x, D);
    return encodePlainly(codebook, x, options.signal);
  });
}

function encodeFew({ M, K, D, codewords }: Codebook, x: Float32Array): Uint8Array {
  const d = D / M;
  const sums = new Float64Array(K);
  return Uint8Array.from({ length: (x.length / D) * M }, (_, i) => {
    squaredDistances(x, i * d, codewords, (i % M) * K * d, K, d, sums);
    return smallest(sums);
  });
}

/** `encode` by a checked codebook with the kernels of a workspace; undefined where a vector isn't finite. */
export function encodeByKernels(
  workspace: Workspace,
  { M, K, D, codewords }: Codebook,
  x: Float32Array,
  signal?: AbortSignalLike,
): Uint8Array | undefined {
  const { kernels } = workspace;
  const d = D / M;
  const N = x.length / D;
  const block = Math.min(N, Math.max(4, Math.floor(BLOCK / D)));
  // A multiple of 64, so that each stands where SIMD likes it.
  const bookBytes = Math.ceil(kernels.bookBytes(K, d) / 64) * 64;
  const books = workspace.allocate(M * bookBytes);
  // The codewords pass through the place of the vectors, which comes later.
  const vectors = workspace.allocate(4 * Math.max(block * D, K * d));
  const found = workspace.allocate(block * M);
  for (let m = 0; m < M; m++) {
    workspace.f32(vectors, K * d).set(codewords.subarray(m * K * d, (m + 1) * K * d));
    kernels.loadBook(books + m * bookBytes, K, d, vectors);
  }
  const codes = new Uint8Array(N * M);
  const input = workspace.f32(vectors, block * D);
  const output = workspace.u8(found, block * M);
  for (let n = 0; n < N; n += block) {
    throwIfAborted(signal);
    const count = Math.min(block, N - n);
    input.set(x.subarray(n * D, (n + count) * D));
    if (kernels.finite(vectors, count * D) === 0) return undefined;
    for (let m = 0; m < M; m++) {
      kernels.nearest(books + m * bookBytes, vectors + 4 * m * d, 4 * D, count, found + m, M, 0);
    }
    codes.set(count < block ? output.subarray(0, count * M) : output, n * M);
  }
  return codes;
}

/** `encode` of checked arguments without kernels. */
export function encodePlainly({ M, K, D, codewords }: Codebook, x: Float32Array, signal?: AbortSignalLike): Uint8Array {
  const N = x.length / D;
  const d = D / M;
  const codes = new Uint8Array(N * M);
  const nearest = new Nearest(K, d);
  for (let m = 0; m < M; m++) {
    throwIfAborted(signal);
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
 * @throws PqError `BAD_SHAPE`, `BAD_OPTION`, `BAD_CODE`
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
