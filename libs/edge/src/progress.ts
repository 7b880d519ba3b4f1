/** @file What openRetriever tells about its progress. */

/** One step forward while a retriever opens, or none for a while. */
export interface EdgeProgress {
  /** `model`: the model's files; `runtime`: ONNX Runtime and its sessions; `gallery`: codes. */
  readonly stage: 'model' | 'runtime' | 'gallery' | 'ready';
  /** Bytes that have arrived in this stage; 0 where they aren't counted. */
  readonly loaded: number;
  /** Bytes expected; 0 while unknown. */
  readonly total: number;
  /**
   * Milliseconds since anything came from the network, told each second from 3000 on; 0 while bytes come. The runtime is
   * loaded by the browser itself: in its stage bytes may come that nobody sees.
   */
  readonly stalled: number;
}

/** Receives every step. */
export type OnProgress = (progress: EdgeProgress) => void;

/** Tells of progress until a retriever is open. */
export class Reporter {
  readonly #onProgress: OnProgress;
  #last: EdgeProgress = { stage: 'model', loaded: 0, total: 0, stalled: 0 };

  constructor(onProgress: OnProgress) {
    this.#onProgress = onProgress;
  }

  step(stage: EdgeProgress['stage'], loaded: number, total: number): void {
    this.#tell({ stage, loaded, total, stalled: 0 });
  }

  stall(stalled: number): void {
    this.#tell({ ...this.#last, stalled });
  }

  #tell(progress: EdgeProgress): void {
    // What comes after it was opened is nobody's waiting.
    if (this.#last.stage === 'ready') return;
    this.#last = progress;
    this.#onProgress(progress);
  }
}
