/** @file What can go wrong between pixels and hits. */

/**
 * | code | when |
 * |---|---|
 * | `NOT_A_MODEL` | a graph whose inputs or outputs aren't those of a model folder |
 * | `DIMENSIONS_MISMATCH` | network and codebook disagree about D |
 * | `BAD_PICTURE` | a picture whose data isn't width · height · 3 bytes, or that has no pixel |
 * | `VECTOR_LENGTH` | a query of another length than D |
 * | `NOT_FINITE` | NaN or an infinity in a query or in an embedding |
 * | `BAD_OPTION` | k, a batch size or a distance outside its range |
 * | `UNKNOWN_ID` | no item of the gallery has this id, or no item this row |
 * | `UNKNOWN_LABEL` | no class of the gallery is called so |
 * | `SESSION_FAILED` | ONNX Runtime refused a graph or a run; `cause` holds its error |
 * | `CLOSED` | used after close() |
 */
export type RuntimeCode =
  | 'NOT_A_MODEL'
  | 'DIMENSIONS_MISMATCH'
  | 'BAD_PICTURE'
  | 'VECTOR_LENGTH'
  | 'NOT_FINITE'
  | 'BAD_OPTION'
  | 'UNKNOWN_ID'
  | 'UNKNOWN_LABEL'
  | 'SESSION_FAILED'
  | 'CLOSED';

/** The one error class of this package; `code` is stable, the message is for people. */
export class RuntimeError extends Error {
  override readonly name = 'RuntimeError';
  readonly code: RuntimeCode;

  constructor(code: RuntimeCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}
