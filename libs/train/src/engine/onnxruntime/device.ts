/** @file What the engine runs on, for people. */
import type { Provider } from './ort.ts';

/** `ONNX Runtime, CPU, 2 threads`. */
export function deviceName(provider: Provider, workers: number): string {
  if (provider === 'cuda') return 'ONNX Runtime, CUDA';
  if (provider === 'webgpu') return 'ONNX Runtime, WebGPU';
  return `ONNX Runtime, CPU, ${workers} ${workers === 1 ? 'thread' : 'threads'}`;
}
