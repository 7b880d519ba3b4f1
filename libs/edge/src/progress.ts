/** @file What openRetriever tells about its progress. */

/** One step forward while a retriever opens. */
export interface EdgeProgress {
  /** `model`: the model's files; `runtime`: ONNX Runtime and its sessions; `gallery`: codes, ids and labels. */
  readonly stage: 'model' | 'runtime' | 'gallery' | 'ready';
  /** Bytes that have arrived in this stage; 0 where they aren't counted. */
  readonly loaded: number;
  /** Bytes expected; 0 while unknown. */
  readonly total: number;
}

/** Receives every step. */
export type OnProgress = (progress: EdgeProgress) => void;
