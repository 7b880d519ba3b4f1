/**
 * @file ONNX Runtime as this command uses it, on the CPU: handed to `@dqn/train` by its URL, so that its worker
 * threads can import it, too. Beside it ort-cuda.ts and ort-webgpu.ts, the same on other providers.
 */
import { openSession } from '@dqn/server/execution';
import type { Provider } from '@dqn/train';
import { type InferenceSession, Tensor } from 'onnxruntime-node';

export { Tensor };

/** Settings of a session that differ from one use to another. */
export interface SessionSettings {
  /** Threads within one op. Default: ONNX Runtime's own choice (one per core). */
  threads?: number;
  /** `cpu`: there, whatever the module's own provider is. */
  provider?: 'cpu';
}

/** Loads a graph on the CPU. */
export function createSession(bytes: Uint8Array, settings: SessionSettings = {}): Promise<InferenceSession> {
  return openSession(bytes, 'cpu', settings);
}

/** A built module's address, for workers: Node 20 loads no TypeScript. */
const built = (name: string): string =>
  new URL(import.meta.url.endsWith('.ts') ? `../dist/${name}.js` : `./${name}.js`, import.meta.url).href;

/** This module's own address. */
export const ORT_MODULE = built('ort');

/** The modules by where their sessions run. */
export const ORT_MODULES: Readonly<Record<Provider, string>> = {
  cpu: ORT_MODULE,
  cuda: built('ort-cuda'),
  webgpu: built('ort-webgpu'),
};
