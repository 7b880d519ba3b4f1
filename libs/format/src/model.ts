/** @file What a model folder holds. */

/** The names of the files in a model folder. */
export const MODEL_FILES = {
  /** Pixels to embeddings. */
  network: 'model.onnx',
  /** Decoded image to pixels. */
  preprocess: 'preprocess.onnx',
  codebook: 'codebook.pb',
  /** For people: what it is, how it was trained and measured. */
  card: 'card.md',
  report: 'report.html',
} as const;
