/** @file A worker of the onnxruntime engine. */
import { serve } from '../team/serve.ts';
import type { NetworkProgram } from './network.ts';
import { loadOrt } from './ort.ts';
import { NetworkRunner } from './runner.ts';

await serve(async ({ setup }: { setup: { ortModule: string; program: NetworkProgram } }) => {
  const runner = await NetworkRunner.open(setup.program, await loadOrt(setup.ortModule));
  type Kept = Awaited<ReturnType<NetworkRunner['forward']>>['kept'];
  return {
    // ONNX Runtime takes no views of shared memory, so the weights are copied once a step.
    load: (state) => {
      for (const { name, from, to } of state.spans) runner.weights.get(name)!.set(state.parameters.subarray(from, to));
    },
    forward: (images, n, options) => runner.forward(images, n, options),
    backward: (kept: Kept, dz) => runner.backward(kept, dz),
    release: () => {},
    setInference: (model) => runner.setInference(model!),
    embed: (images, n) => runner.embed(images, n),
  };
});
