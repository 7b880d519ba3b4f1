/** @file One process at a time learns in the folder of a run: two would mix their logs and checkpoints. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { cantWrite, TrainError } from './errors.ts';

/** Holds the number of the process that learns there; hidden, so that it counts as no file of the run. */
const LOCK_FILE = '.lock';

/** The locks of this very process, which a number alone couldn't tell from those of an earlier one. */
const held = new Set<string>();

/**
 * Takes the folder of a run for this process. What a process left that is no more is taken over.
 *
 * @returns gives the folder back
 * @throws TrainError RUN_BUSY: another process learns there; CANT_WRITE
 */
export async function lockRun(directory: string): Promise<() => Promise<void>> {
  const lock = resolve(directory, LOCK_FILE);
  if (!(await take(lock))) {
    const owner = Number(await readFile(lock, 'utf8').catch(() => ''));
    if (held.has(lock) || (owner !== process.pid && isAlive(owner))) {
      throw new TrainError(
        'RUN_BUSY',
        `Process ${owner} is learning in ${directory}. Wait for it or choose another folder; if that process is no dqn, delete ${join(directory, LOCK_FILE)}.`,
      );
    }
    await rm(lock, { force: true });
    if (!(await take(lock)))
      throw new TrainError('RUN_BUSY', `Another process has just begun to learn in ${directory}.`);
  }
  held.add(lock);
  return async () => {
    held.delete(lock);
    await rm(lock, { force: true });
  };
}

/** Whether the lock could be made; false where there is one. */
async function take(lock: string): Promise<boolean> {
  try {
    await writeFile(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw cantWrite(lock, error);
  }
}

function isAlive(id: number): boolean {
  if (!Number.isInteger(id) || id <= 0) return false;
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
