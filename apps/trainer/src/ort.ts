/**
 * @file ONNX Runtime as this command uses it, on the CPU: handed to `@dqn/train` by its URL, so that its worker
 * threads can import it, too.
 */
import { InferenceSession, Tensor } from 'onnxruntime-node';

export { Tensor };

/** Settings of a session that differ from one use to another. */
export interface SessionSettings {
  /** Threads within one op. Default: ONNX Runtime's own choice (one per core). */
  threads?: number;
}

/** Loads a graph on the CPU. */
export function createSession(bytes: Uint8Array, settings: SessionSettings = {}): Promise<InferenceSession> {
  return InferenceSession.create(bytes, {
    executionProviders: ['cpu'],
    interOpNumThreads: 1,
    logSeverityLevel: 3,
    ...(settings.threads === undefined ? {} : { intraOpNumThreads: settings.threads }),
  });
}

/** The built module's own address, for workers: Node 20 loads no TypeScript. */
export const ORT_MODULE = new URL(import.meta.url.endsWith('.ts') ? '../dist/ort.js' : './ort.js', import.meta.url)
  .href;
