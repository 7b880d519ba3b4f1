/**
 * @file L + λQ in plain float64 loops: what the losses are measured against, and what the loop's own tests use.
 */

import { encode } from '@dqn/pq';
import type { CreateObjective } from '../objective.ts';

/** The objective of a recipe, without TF.js. */
export const plainObjective: CreateObjective = async (recipe, { M, K, D }) => ({
  evaluate: ({ z, n, labels, codebook }) => {
    const { form, dissimilarTarget, similarWeight, margin = 0.4, temperature = 0.2 } = recipe.pairwise;
    const { lambda, beta } = recipe.quantization;
    const norms = Array.from({ length: n }, (_, i) => {
      let square = 1e-12;
      for (let d = 0; d < D; d++) square += z[i * D + d] ** 2;
      return Math.sqrt(square);
    });
    const unit = Float64Array.from(z, (value, at) => value / norms[Math.floor(at / D)]);
    /** Gradients at z of the unit length, and of the raw z. */
    const atUnit = new Float64Array(n * D);
    const atRaw = new Float64Array(n * D);

    const graded = recipe.pairwise.similarity === 'graded';
    const similarity = (i: number, j: number): number => {
      const common = labels[i].filter((label) => labels[j].includes(label)).length;
      if (i === j) return 1;
      return graded && common > 0 ? common / (labels[i].length + labels[j].length - common) : Math.min(common, 1);
    };
    const weight = (s: number): number => 1 + (similarWeight - 1) * s;
    let weights = 0;
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) weights += weight(similarity(i, j));
    let pairwise = 0;
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        const s = similarity(i, j);
        const w = weight(s) / weights;
        let cosine = 0;
        for (let d = 0; d < D; d++) cosine += unit[i * D + d] * unit[j * D + d];
        const error = dissimilarTarget + (1 - dissimilarTarget) * s - cosine;
        const x = (cosine - margin) / temperature;
        const logistic = form === 'logistic';
        pairwise += w * (logistic ? Math.log1p(Math.exp(x)) - s * x : error * error);
        const slope = logistic ? ((1 / (1 + Math.exp(-x)) - s) / temperature) * w : -2 * w * error;
        for (let d = 0; d < D; d++) {
          atUnit[i * D + d] += slope * unit[j * D + d];
          atUnit[j * D + d] += slope * unit[i * D + d];
        }
      }
    }

    let quantization = 0;
    let dCodewords: Float32Array | undefined;
    if (codebook) {
      const v = recipe.unitLength ? unit : Float64Array.from(z);
      const into = recipe.unitLength ? atUnit : atRaw;
      const codes = encode(codebook, Float32Array.from(v));
      if (beta > 0) dCodewords = new Float32Array(K * D);
      const part = D / M;
      for (let i = 0; i < n; i++) {
        for (let m = 0; m < M; m++) {
          for (let j = 0; j < part; j++) {
            const word = (m * K + codes[i * M + m]) * part + j;
            const at = i * D + m * part + j;
            const error = v[at] - codebook.codewords[word];
            quantization += (error * error) / n;
            into[at] += (2 * lambda * error) / n;
            if (dCodewords) dCodewords[word] -= (2 * beta * error) / n;
          }
        }
      }
    }
    // Through z/‖z‖.
    const dz = new Float32Array(n * D);
    for (let i = 0; i < n; i++) {
      let along = 0;
      for (let d = 0; d < D; d++) along += atUnit[i * D + d] * unit[i * D + d];
      for (let d = 0; d < D; d++) {
        const at = i * D + d;
        dz[at] = (atUnit[at] - along * unit[at]) / norms[i] + atRaw[at];
      }
    }
    return { loss: pairwise + (lambda + beta) * quantization, pairwise, quantization, dz, dCodewords };
  },
  close: async () => {},
});
