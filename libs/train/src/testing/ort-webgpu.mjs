/** @file ONNX Runtime for tests, on WebGPU. */
import { InferenceSession } from 'onnxruntime-node';
import * as cpu from './ort.mjs';

export const { Tensor } = cpu;
export const provider = 'webgpu';

export function createSession(bytes, settings) {
  if (settings.provider === 'cpu') return cpu.createSession(bytes, settings);
  return InferenceSession.create(bytes, {
    executionProviders: [{ name: 'webgpu', preferredLayout: 'NCHW' }],
    logSeverityLevel: 3,
  });
}
