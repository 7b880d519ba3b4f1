/**
 * @file The tensorflow engine with an optimiser: a team of workers, each interpreting the graph on TF.js.
 *
 * TensorFlow spreads every operation over all cores by itself, so one worker is the rule; more of them share each batch
 * exactly, as on the other engine. Even one runs in a thread of its own: the next batch is made meanwhile.
 */

import type { Graph } from '@dqn/onnx';
import { TrainError } from '../../errors.ts';
import { loadTf } from '../../tf.ts';
import type { LearnerOptions } from '../engine.ts';
import { openTeam, type TeamLearner } from '../team/learner.ts';
import { workerUrl } from '../team/team.ts';
import { Network } from './network.ts';

/** What a worker is sent. */
export interface Setup {
  readonly graph: Graph;
  readonly parameters: readonly string[];
  /** True: no other worker computes at the same time. */
  readonly alone: boolean;
}

/**
 * Opens the tensorflow engine.
 *
 * @param o.workers - default 1, which uses every core
 * @throws TrainError ENGINE_UNAVAILABLE where TensorFlow's library doesn't load (says why); OP_NOT_TRAINED (names op and
 *   node); BAD_OPTION; ENGINE_FAILED; ABORTED
 */
export async function createTensorflowLearner(o: LearnerOptions): Promise<TeamLearner> {
  const { tf, device, threads } = await loadTf('tensorflow');
  const workers = o.workers ?? 1;
  if (workers > 1 && !threads) {
    throw new TrainError(
      'ENGINE_UNAVAILABLE',
      `${device} can't be used by ${workers} workers: its binding isn't made for several threads. Build one that is with \`npm run native\`, or take one worker.`,
    );
  }
  // Built here once to refuse what can't be trained before any thread is started.
  const network = new Network(tf, o.graph, o.parameters);
  const { pictureDims, dimensions, parameterNames } = network;
  const parameters = parameterNames.map((name) => ({ name, dims: network.parameterDims(name) }));
  network.close();
  const setup: Setup = { graph: o.graph, parameters: parameterNames, alone: workers === 1 };
  return openTeam(
    {
      name: 'tensorflow',
      device: (count) => (count === 1 ? device : `${device}, ${count} workers`),
      worker: workerUrl(import.meta.url, 'tensorflow'),
      setup,
      imageDims: pictureDims,
      dimensions,
      parameters,
    },
    o,
  );
}
