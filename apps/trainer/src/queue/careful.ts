/** @file Pictures one by one, where it has to be found out of which the network fails, or with which workers are lost. */
import type { Model } from '@dqn/runtime';
import { TrainerError } from '../errors.ts';
import { poisoned } from './encode.ts';
import type { PictureRef, Poison, Run } from './job.ts';
import type { Runs } from './runs.ts';

/** So many workers may be lost with a picture. */
const DEATHS = 3;

/** What it needs of a worker. */
export interface Carefully {
  readonly runs: Runs;
  readonly model: Model;
  /** Encodes and writes pictures; gives those that can't be. */
  readonly store: (run: Run, pictures: readonly PictureRef[]) => Promise<Poison[]>;
}

/**
 * Encodes and writes pictures, each by itself and noted down before: one with which three workers were lost is left alone.
 *
 * @throws what the network throws where it fails of every picture
 */
export async function oneByOne(
  run: Run,
  pictures: readonly PictureRef[],
  { runs, model, store }: Carefully,
): Promise<Poison[]> {
  const poison: Poison[] = [];
  for (const picture of pictures) {
    const lost = (await runs.suspect(run.id, picture.number)) - 1;
    if (lost >= DEATHS) {
      const message = `${lost} workers were lost while they had it`;
      poison.push(poisoned(picture, new TrainerError('WORKER_LOST', message)));
      continue;
    }
    try {
      poison.push(...(await store(run, [picture])));
    } catch (error) {
      if (!isNetworks(error)) {
        await runs.acquit(run.id, picture.number);
        throw error;
      }
      // Where that fails, too, the worker ends, and the picture stays suspected.
      await probe(model);
      poison.push(poisoned(picture, error));
    }
    await runs.acquit(run.id, picture.number);
  }
  return poison;
}

/** Whether the network failed, of which a picture may be the reason. */
export function isNetworks(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return code === 'SESSION_FAILED' || code === 'UNAVAILABLE' || code === 'NOT_FINITE';
}

/** Whether the network works at all: what fails of a grey picture fails of every one. */
export async function probe(model: Model): Promise<void> {
  await model.embedPixels(new Uint8Array(model.size * model.size * 3).fill(128), 1);
}
