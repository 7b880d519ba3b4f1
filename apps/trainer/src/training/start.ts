/** @file A finished run to begin another one with: its network, its weights. */
import { readFile } from 'node:fs/promises';
import { type Graph, readModel } from '@dqn/onnx';
import { goOnFrom, type Recipe, type RunStart, readRun } from '@dqn/train';
import { TrainerError } from '../errors.ts';
import { runCommands } from '../report/run-facts.ts';

/** What a run begins with. */
export interface Start {
  readonly graph: Graph;
  /** For the new run's facts. */
  readonly facts: RunStart;
  /** A recipe as it is for this network. */
  recipeFor(recipe: Recipe): Recipe;
}

/**
 * Opens a run to begin with.
 *
 * @throws TrainerError WRONG_USAGE where the run isn't finished, or learnt behind a backbone; TrainError NOT_A_RUN
 */
export async function openStart(folder: string): Promise<Start> {
  const run = await readRun(folder);
  const { record } = run;
  if (record.identity.recipe.network.kind === 'head' || record.facts.backbone) {
    throw new TrainerError(
      'WRONG_USAGE',
      `--from ${folder}: that run learnt behind a backbone; begin it anew, what was computed of its pictures is kept`,
    );
  }
  if (record.state !== 'finished') {
    throw new TrainerError(
      'WRONG_USAGE',
      `--from ${folder}: that run isn't finished; end it by npx dqn train --resume --out ${folder}`,
    );
  }
  return {
    graph: readModel(await readFile(run.path('graph'))),
    facts: { commands: runCommands(record) },
    recipeFor: (recipe) => goOnFrom(recipe, record.identity.recipe),
  };
}
