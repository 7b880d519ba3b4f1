/** @file What a run with a small model's codebook would have recorded. */
import type { CodebookFile } from '@dqn/format';
import { type RunRecord, recipeFor } from '@dqn/train';

/** The record of a finished run. */
export function someRun({ M, K, D, classes, modelSha256, preprocessSha256 }: CodebookFile): RunRecord {
  return {
    schemaVersion: 1,
    identity: {
      recipe: recipeFor('fast', { size: 32 }),
      bits: M * Math.log2(K),
      M,
      K,
      D,
      seed: 1,
      trainImages: 10,
      dataSha256: modelSha256,
      graphSha256: modelSha256,
      preprocessSha256,
      engine: 'onnxruntime',
      workers: 1,
    },
    facts: { data: 'somewhere', protocol: 'holdout', classes },
    device: 'CPU',
    state: 'finished',
    result: { steps: 1, loss: 1, L: 1, Q: 0, distortion: 0.1, seconds: 1 },
  };
}
