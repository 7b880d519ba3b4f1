/** @file Pictures by their rows in a data set: of a tar archive, or of one that each host has, such as CIFAR-10 under DQN_DATA. */
import { createHash } from 'node:crypto';
import { type Dataset, openDataset } from '@dqn/data';
import type { Source } from '../job.ts';
import { missing, type PictureReader } from './reader.ts';

/** What tells a data set from another of the same name. */
export function digestOf(dataset: Pick<Dataset, 'describe'>): string {
  return createHash('sha256').update(dataset.describe()).digest('hex');
}

/** Opens a data set, and makes sure that it is the run's. @throws {TrainerError} SOURCE_MISSING */
export async function openDatasetReader(source: Source): Promise<PictureReader> {
  const dataset = await openDataset(source.place, { labelsOptional: true }).catch((error: unknown) => {
    throw missing(source, (error as Error).message, error);
  });
  const found = digestOf(dataset);
  if (found !== source.digest) {
    dataset.close?.();
    throw missing(source, `its pictures are others than the run's (digest ${found}, expected ${source.digest})`);
  }
  return {
    check: async () => {},
    read: (at) => dataset.read(Number(at)),
    close: async () => dataset.close?.(),
  };
}
