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

    let weights = 0;
    for (const a of labels) for (const b of labels) weights += a.some((x) => b.includes(x)) ? similarWeight : 1;
    let pairwise = 0;
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        const similar = labels[i].some((label) => labels[j].includes(label));
        const w = (similar ? similarWeight : 1) / weights;
        let cosine = 0;
        for (let d = 0; d < D; d++) cosine += unit[i * D + d] * unit[j * D + d];
        const error = (similar ? 1 : dissimilarTarget) - cosine;
        const sign = similar ? 1 : -1;
        const x = (-sign * (cosine - margin)) / temperature;
        const logistic = form === 'logistic';
        pairwise += w * (logistic ? Math.log1p(Math.exp(x)) : error * error);
        const slope = logistic ? (-sign / temperature / (1 + Math.exp(-x))) * w : -2 * w * error;
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
  close: () => {},
});
