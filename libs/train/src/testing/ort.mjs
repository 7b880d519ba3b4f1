/** @file ONNX Runtime for tests: what the trainer hands to this package by URL. */
import { InferenceSession, Tensor } from 'onnxruntime-node';

export { Tensor };

export function createSession(bytes, { threads, provider: _alwaysCpu, ...others }) {
  return InferenceSession.create(bytes, {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
    ...others,
  });
}
