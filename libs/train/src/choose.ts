/**
 * @file Which engine learns: the one that is insisted on, or the best that loads, said with the reason.
 */

import type { EngineName, Learner, LearnerOptions } from './engine/engine.ts';

/** An engine by name, or the best that loads here. */
export type EngineChoice = 'auto' | EngineName;

/** A learner, and why it is this one: `because @tensorflow/tfjs-node-gpu is not installed`. */
export interface ChosenLearner {
  readonly learner: Learner;
  readonly reason: string;
}

/** Opens a learner. */
export type OpenLearner = (o: {
  readonly choice: EngineChoice;
  /** Threads that share a batch; undefined: what is best here. */
  readonly workers: number | undefined;
  readonly ortModule: string;
  readonly learner: LearnerOptions;
}) => Promise<ChosenLearner>;

/** Opens the engine that is asked for, or for `auto` the best that loads. */
export const openLearner: OpenLearner = async () => {
  throw new Error('no engine yet');
};
