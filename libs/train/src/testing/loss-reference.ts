/** @file The objective in float64 and plain loops, gradients by central differences: what the losses are held against. */

import type { DqnLossInput } from '../loss/dqn-loss.ts';

/** The reference's answer, and what may be held still in it. */
export interface Reference {
  loss: number;
  pairwise: number;
  quantization: number;
  /** h, [n][M]. */
  codes: number[][];
}

const EPSILON = 1e-8;

/** u [n][D] as the quantization sees it. */
function quantized(input: DqnLossInput, z: Float64Array): Float64Array[] {
  const { n, quantization } = input;
  const D = z.length / n;
  return Array.from({ length: n }, (_, i) => {
    let u = z.slice(i * D, (i + 1) * D);
    if (quantization?.unitLength) {
      const length = Math.sqrt(u.reduce((sum, x) => sum + x * x, EPSILON));
      u = u.map((x) => x / length);
    }
    const R = quantization?.rotation;
    return R ? u.map((_, j) => u.reduce((sum, x, k) => sum + x * R[k * D + j], 0)) : u;
  });
}

/**
 * The objective at z and C. With `still`, the codes and both stop-gradients are those of another point, so that its
 * differences are the gradient that is meant.
 */
export function reference(
  input: DqnLossInput,
  z: Float64Array,
  codewords?: Float64Array,
  still?: { codes: number[][]; z: Float64Array; codewords: Float64Array | undefined },
): Reference {
  const { n, similar, pairwise: P, quantization: q } = input;
  const D = z.length / n;
  const dot = (i: number, j: number) => {
    let sum = 0;
    for (let d = 0; d < D; d++) sum += z[i * D + d] * z[j * D + d];
    return sum;
  };
  let errors = 0;
  let weights = 0;
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      const alike = similar[i * n + j];
      const w = 1 + (P.similarWeight - 1) * alike;
      const target = P.dissimilarTarget + (1 - P.dissimilarTarget) * alike;
      const product =
        P.form === 'inner-product'
          ? dot(i, j) / D
          : dot(i, j) / Math.sqrt((dot(i, i) + EPSILON) * (dot(j, j) + EPSILON));
      const x = (product - (P.margin ?? 0.4)) / (P.temperature ?? 0.2);
      const crossEntropy = alike * Math.log1p(Math.exp(-x)) + (1 - alike) * Math.log1p(Math.exp(x));
      errors += w * (P.form === 'logistic' ? crossEntropy : (target - product) ** 2);
      weights += w;
    }
  const pairwise = errors / weights;
  if (!q || !codewords) return { loss: pairwise, pairwise, quantization: 0, codes: [] };

  const { M, K } = q.codebook;
  const d = D / M;
  const distance = (u: Float64Array, book: Float64Array, m: number, k: number) => {
    let sum = 0;
    for (let e = 0; e < d; e++) sum += (u[m * d + e] - book[(m * K + k) * d + e]) ** 2;
    return sum;
  };
  const u = quantized(input, z);
  const codes =
    still?.codes ??
    u.map((x) =>
      Array.from({ length: M }, (_, m) => {
        let best = 0;
        for (let k = 1; k < K; k++) if (distance(x, codewords, m, k) < distance(x, codewords, m, best)) best = k;
        return best;
      }),
    );
  const mean = (x: Float64Array[], book: Float64Array) =>
    x.reduce((sum, row, i) => sum + codes[i].reduce((s, k, m) => s + distance(row, book, m, k), 0), 0) / n;
  const quantization = mean(u, codewords);
  const toCodewords = mean(u, still?.codewords ?? codewords);
  const toOutputs = mean(still ? quantized(input, still.z) : u, codewords);
  const share = q.asymmetric ?? 0;
  let asymmetric = 0;
  if (share > 0) {
    const before = still ? quantized(input, still.z) : u;
    // r_j + (u_j − sg u_j)
    const code = u.map((x, j) =>
      x.map(
        (value, e) =>
          codewords[(Math.floor(e / d) * K + codes[j][Math.floor(e / d)]) * d + (e % d)] + value - before[j][e],
      ),
    );
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) {
        const alike = similar[i * n + j];
        const w = 1 + (P.similarWeight - 1) * alike;
        const target = P.dissimilarTarget + (1 - P.dissimilarTarget) * alike;
        asymmetric += (w * (target - u[i].reduce((sum, x, e) => sum + x * code[j][e], 0)) ** 2) / weights;
      }
  }
  const loss = (1 - share) * pairwise + share * asymmetric + q.lambda * toCodewords + q.beta * toOutputs;
  return { loss, pairwise, quantization, codes };
}

/** Central differences of the reference at every element of z and of the codewords. */
export function referenceGradients(input: DqnLossInput): { dz: Float64Array; dCodewords: Float64Array } {
  const z = Float64Array.from(input.z);
  const codewords = input.quantization && Float64Array.from(input.quantization.codebook.codewords);
  const still = { codes: reference(input, z, codewords).codes, z, codewords };
  const step = 1e-6;
  const differences = (x: Float64Array, at: (moved: Float64Array) => number) =>
    x.map((value, i) => {
      const moved = x.slice();
      moved[i] = value + step;
      const up = at(moved);
      moved[i] = value - step;
      return (up - at(moved)) / (2 * step);
    });
  return {
    dz: differences(z, (moved) => reference(input, moved, codewords, still).loss),
    dCodewords: codewords
      ? differences(codewords, (moved) => reference(input, z, moved, still).loss)
      : new Float64Array(),
  };
}
