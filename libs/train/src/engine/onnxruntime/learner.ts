/** @file The onnxruntime engine with an optimiser: a team of workers, each with the differentiated graph. */
import type { LearnerOptions } from '../engine.ts';
import { openTeam, type TeamLearner } from '../team/learner.ts';
import { workerUrl } from '../team/team.ts';
import { compareWithCpu } from './agreement.ts';
import { findBlock } from './block.ts';
import { deviceName } from './device.ts';
import { inferenceModel, networkProgram } from './network.ts';
import { loadOrt, providerOf } from './ort.ts';

/** Options of {@link createOnnxLearner}. */
export interface OnnxLearnerOptions extends LearnerOptions {
  /** URL or specifier of a module that exports `createSession` and `Tensor`: see `OrtModule`. */
  readonly ortModule: string;
}

/**
 * Opens the onnxruntime engine: differentiates the graph, starts the workers.
 *
 * On another provider than the CPU there is one worker, and a step of two pictures is compared with the CPU's before
 * anything is learnt.
 *
 * Throws TrainError: OP_NOT_TRAINED (an operation without gradient, named), BAD_OPTION, ENGINE_UNAVAILABLE (the
 * runtime doesn't load; its provider computes something else than the CPU), ENGINE_FAILED (it refuses the graph),
 * ABORTED.
 */
export async function createOnnxLearner(o: OnnxLearnerOptions): Promise<TeamLearner> {
  const ort = await loadOrt(o.ortModule);
  const provider = providerOf(ort);
  const onCpu = provider === 'cpu';
  // The blocked layout is the CPU's own.
  const block = onCpu ? await findBlock(ort) : undefined;
  const program = networkProgram(o.graph, { parameters: o.parameters, block, indices: provider !== 'webgpu' });
  const { imageDims, dimensions, parameters } = program;
  if (!onCpu) await compareWithCpu(o.graph, program, ort);
  return openTeam(
    {
      name: 'onnxruntime',
      device: (workers) => deviceName(provider, workers),
      worker: workerUrl(import.meta.url, 'onnxruntime'),
      setup: { ortModule: o.ortModule, program },
      imageDims,
      dimensions,
      parameters,
      inferenceModel: (weights) => inferenceModel(o.graph, weights),
    },
    onCpu ? o : { ...o, workers: 1 },
  );
}
