/** @file The onnxruntime engine with an optimiser: a team of workers, each with the differentiated graph. */
import type { LearnerOptions } from '../engine.ts';
import { openTeam, type TeamLearner } from '../team/learner.ts';
import { workerUrl } from '../team/team.ts';
import { findBlock } from './block.ts';
import { inferenceModel, networkProgram } from './network.ts';
import { loadOrt } from './ort.ts';

/** Options of {@link createOnnxLearner}. */
export interface OnnxLearnerOptions extends LearnerOptions {
  /** URL or specifier of a module that exports `createSession` and `Tensor`: see `OrtModule`. */
  readonly ortModule: string;
}

/**
 * Opens the onnxruntime engine: differentiates the graph, starts the workers.
 *
 * Throws TrainError: OP_NOT_TRAINED (an operation without gradient, named), BAD_OPTION, ENGINE_UNAVAILABLE (the
 * runtime doesn't load), ENGINE_FAILED (it refuses the graph), ABORTED.
 */
export async function createOnnxLearner(o: OnnxLearnerOptions): Promise<TeamLearner> {
  const block = await findBlock(await loadOrt(o.ortModule));
  const program = networkProgram(o.graph, { parameters: o.parameters, block });
  const { imageDims, dimensions, parameters } = program;
  return openTeam(
    {
      name: 'onnxruntime',
      device: (workers) => `ONNX Runtime, CPU, ${workers} ${workers === 1 ? 'thread' : 'threads'}`,
      worker: workerUrl(import.meta.url, 'onnxruntime'),
      setup: { ortModule: o.ortModule, program },
      imageDims,
      dimensions,
      parameters,
      inferenceModel: (weights) => inferenceModel(o.graph, weights),
    },
    o,
  );
}
