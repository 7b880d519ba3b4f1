/** @file One process at a time learns in the folder of a run: two would mix their logs and checkpoints. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { cantWrite, TrainError } from './errors.ts';

/** Holds the process that learns there, as `NUMBER HOST`; hidden, so that it counts as no file of the run. */
const LOCK_FILE = '.lock';

/** The locks of this very process, which a number alone couldn't tell from those of an earlier one. */
const held = new Set<string>();

/**
 * Takes the folder of a run for this process. What a process of this host left that is no more is taken over; of one
 * on another host (a shared folder) nobody here can say whether it lives.
 *
 * @returns gives the folder back
 * @throws TrainError RUN_BUSY: another process learns there; CANT_WRITE
 */
export async function lockRun(directory: string): Promise<() => Promise<void>> {
  const lock = resolve(directory, LOCK_FILE);
  if (!(await take(lock))) {
    const [number = '', host = hostname()] = (await readFile(lock, 'utf8').catch(() => '')).split(' ');
    const owner = Number(number);
    const isElsewhere = host !== hostname();
    if (held.has(lock) || isElsewhere || (owner !== process.pid && isAlive(owner))) {
      throw new TrainError(
        'RUN_BUSY',
        `Process ${owner}${isElsewhere ? ` on ${host}` : ''} is learning in ${directory}. Wait for it or choose another folder; if that process is gone or no dqn, delete ${join(directory, LOCK_FILE)}.`,
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
    await writeFile(lock, `${process.pid} ${hostname()}`, { flag: 'wx' });
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
