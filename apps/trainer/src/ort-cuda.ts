/** @file ONNX Runtime as this command uses it, on CUDA: see ort.ts. */
import { openSession } from '@dqn/server/execution';
import { type InferenceSession, Tensor } from 'onnxruntime-node';
import type { SessionSettings } from './ort.ts';

export { Tensor };

/** Where its sessions run. */
export const provider = 'cuda';

/** Loads a graph on CUDA, or on the CPU where that is asked for. */
export function createSession(bytes: Uint8Array, settings: SessionSettings = {}): Promise<InferenceSession> {
  return openSession(bytes, settings.provider ?? provider, settings);
}
