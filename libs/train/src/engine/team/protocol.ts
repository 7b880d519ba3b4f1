/** @file What the learner and its workers say to each other. Every request gets one answer with its id. */
import type { NetworkInput, OptimiserOptions, ParameterScale } from '../engine.ts';
import type { SharedState, Update } from './shared.ts';

/** A worker's start data; `setup` is what its engine needs, cloneable. */
export interface WorkerStart<Setup = unknown> {
  readonly rank: number;
  readonly workers: number;
  readonly setup: Setup;
  readonly state: SharedState;
  readonly optimiser: OptimiserOptions;
  readonly scales: Readonly<Record<string, ParameterScale>>;
}

export type Request =
  /** Forward of `n` images of the batch, the first being its row `firstRow`; the answer holds z [n, D]. */
  | { kind: 'forward'; images: NetworkInput; n: number; firstRow: number; step: number; seed: number }
  /** Backward of the last forward; the gradient goes to shared memory. */
  | { kind: 'backward'; dz: Float32Array }
  /** Sums the gradients of `ranks` for this worker's part; the answer is the sum of squares. */
  | { kind: 'reduce'; ranks: readonly number[] }
  | { kind: 'update'; update: Update }
  /** Prepares for `embed` with today's weights; `model` where the engine wants them written into a model. */
  | { kind: 'inference'; model: Uint8Array | undefined }
  | { kind: 'embed'; images: NetworkInput; n: number };

export type Answer =
  | { id: number; value: Float32Array | number | undefined }
  | { id: number; error: { message: string; stack: string | undefined } };
