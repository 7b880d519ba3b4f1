/** @file A worker of the tensorflow engine: a TF.js of its own, on the library that all threads share. */

import { loadTf } from '../../tf.ts';
import { serve } from '../team/serve.ts';
import type { SharedState } from '../team/shared.ts';
import type { Setup } from './learner.ts';
import { type Kept, Network } from './network.ts';

await serve(async ({ setup }: { setup: Setup }) => {
  const { tf } = await loadTf('tensorflow', { alone: setup.alone });
  const network = new Network(tf, setup.graph, setup.parameters);
  const load = (state: SharedState): void => {
    for (const { name, from, to } of state.spans) network.setParameter(name, state.parameters.subarray(from, to));
  };
  return {
    load,
    forward: async (images, n, options) => network.forward(images, n, options),
    backward: async (kept: Kept, dz) => network.backward(kept, dz),
    release: (kept) => network.release(kept),
    setInference: async (_model, state) => load(state),
    embed: async (images, n) => network.embed(images, n),
  };
});
