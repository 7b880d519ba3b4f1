/** @file ONNX Runtime for tests, with a provider that computes nonsense without a word. */
import * as cpu from './ort.mjs';

export const { Tensor } = cpu;
export const provider = 'webgpu';

export async function createSession(bytes, settings) {
  const session = await cpu.createSession(bytes, settings);
  if (settings.provider === 'cpu') return session;
  return {
    inputNames: session.inputNames,
    outputNames: session.outputNames,
    release: () => session.release(),
    async run(feeds, fetches) {
      const made = await session.run(feeds, fetches);
      for (const { data } of Object.values(made)) if (data instanceof Float32Array) data.reverse();
      return made;
    },
  };
}
