/** @file Which pictures of a data set go into a gallery. */
import { type Dataset, protocol } from '@dqn/data';
import type { TrainingFacts } from '@dqn/format';
import { dataName } from '../data.ts';
import { TrainerError } from '../errors.ts';

/** What was asked for. */
export interface RowsWanted {
  readonly protocol?: string;
  readonly seed?: number;
  readonly all?: boolean;
}

/**
 * Which rows, and why: the training's own data stands for its database, so that what is asked with isn't in it.
 *
 * @throws {TrainerError} WRONG_USAGE; DataError UNKNOWN_PROTOCOL, PROTOCOL_MISMATCH
 */
export function chooseRows(
  dataset: Dataset,
  training: TrainingFacts,
  wanted: RowsWanted,
): { rows: Uint32Array; why: string } {
  if (wanted.all && wanted.protocol) {
    throw new TrainerError('WRONG_USAGE', '--all and --protocol contradict each other: give one of them');
  }
  const all = { rows: Uint32Array.from({ length: dataset.length }, (_, row) => row), why: 'all of them' };
  const isTrainingData = dataName(dataset) === training.data;
  if (wanted.all || !(wanted.protocol || isTrainingData)) return all;
  const seed = wanted.seed ?? training.seed;
  const split = protocol(wanted.protocol ?? training.protocol, dataset, seed);
  const hint = wanted.protocol ? '' : ' (--all takes every one)';
  return { rows: split.database, why: `the database of protocol ${split.name}, seed ${seed}${hint}` };
}
