/** @file One process at a time learns in the folder of a run: two would mix their logs and checkpoints. */
import { join, resolve } from 'node:path';
import { removeParts, takeLockFile } from '@dqn/format/node';
import { cantWrite, TrainError } from './errors.ts';
import { RUN_FILES } from './run.ts';

/** Holds the process that learns there; hidden, so that it counts as no file of the run. */
const LOCK_FILE = '.lock';

/**
 * Takes the folder of a run for this process. What a process left that is no more is taken over. Half-written files of
 * one that was killed are removed.
 *
 * @returns gives the folder back
 * @throws TrainError RUN_BUSY: another process learns there; CANT_WRITE
 */
export async function lockRun(directory: string): Promise<() => Promise<void>> {
  const path = resolve(directory, LOCK_FILE);
  const refuse = (owner: string) =>
    new TrainError(
      'RUN_BUSY',
      `${owner} is learning in ${directory}. Wait for it or choose another folder; if that process is gone or no dqn, delete ${join(directory, LOCK_FILE)}.`,
    );
  try {
    const lock = await takeLockFile(path, refuse);
    await removeParts(directory, Object.values(RUN_FILES));
    return () => lock.release();
  } catch (error) {
    if (error instanceof TrainError) throw error;
    throw cantWrite(path, (error as Error).cause ?? error);
  }
}
