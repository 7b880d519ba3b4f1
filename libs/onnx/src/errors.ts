/** @file The one error class of this package. */

/**
 * What can go wrong:
 *
 * | code | meaning |
 * |---|---|
 * | `NOT_ONNX` | the bytes are no ONNX model, or a damaged one |
 * | `EXTERNAL_DATA` | the weights lie in another file, which isn't there or doesn't fit |
 * | `UNSUPPORTED` | valid ONNX that this package doesn't read: subgraphs, sparse or string tensors, an unknown operator set |
 * | `UNSUPPORTED_OP` | an operation for which the asked-for pass has no rule |
 * | `INVALID_GRAPH` | names, order or types of the graph contradict each other |
 * | `UNKNOWN_TENSOR` | a tensor was asked for by a name that the graph doesn't have |
 * | `SHAPE_MISMATCH` | dimensions don't fit each other |
 * | `BAD_OPTION` | an argument out of its range |
 * | `NOT_FINITE` | weights that are NaN or infinite, which are never written |
 * | `NOT_DIFFERENTIABLE` | a gradient was asked for through something that has none |
 */
export type OnnxCode =
  | 'NOT_ONNX'
  | 'EXTERNAL_DATA'
  | 'UNSUPPORTED'
  | 'UNSUPPORTED_OP'
  | 'INVALID_GRAPH'
  | 'UNKNOWN_TENSOR'
  | 'SHAPE_MISMATCH'
  | 'BAD_OPTION'
  | 'NOT_FINITE'
  | 'NOT_DIFFERENTIABLE';

/** Thrown by everything in this package; `code` is stable, the message is for people. */
export class OnnxError extends Error {
  readonly code: OnnxCode;

  constructor(code: OnnxCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'OnnxError';
    this.code = code;
  }
}
