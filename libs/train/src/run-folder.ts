/** @file The folder of a new run: whether one could begin there, asked before pictures are read, and taking it. */

import { constants } from 'node:fs';
import { access, readdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { makeFolder } from '@dqn/format/node';
import { cantWrite, TrainError } from './errors.ts';
import { HEAD_FOLDER, RUN_FILES } from './run.ts';

/**
 * Throws what the run would throw when it is to be written. Makes nothing.
 *
 * @throws TrainError RUN_EXISTS: a run with a checkpoint, or files that are no run, are there; CANT_WRITE
 */
export async function checkRunFolder(directory: string): Promise<void> {
  let at = resolve(directory);
  for (;;) {
    const found = await stat(at).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
      throw cantWrite(directory, error);
    });
    if (found && !found.isDirectory()) {
      throw cantWrite(directory, Object.assign(new Error(), { code: `${at} is a file` }));
    }
    if (found) break;
    at = dirname(at);
  }
  await access(at, constants.W_OK | constants.X_OK).catch((error: unknown) => {
    throw cantWrite(directory, error);
  });
  if (at === resolve(directory)) checkEmpty(directory, await readdir(at));
}

/**
 * Makes the folder of a new run.
 *
 * @throws TrainError RUN_EXISTS: a run with a checkpoint, or files that are no run, are there already;
 *   CANT_WRITE
 */
export async function claimRunFolder(directory: string): Promise<void> {
  await makeFolder(directory).catch((error: unknown) => {
    throw cantWrite(directory, error);
  });
  checkEmpty(directory, await readdir(directory));
}

/** @throws TrainError RUN_EXISTS */
function checkEmpty(directory: string, names: readonly string[]): void {
  const files = names.filter((file) => !file.startsWith('.'));
  if (files.includes(RUN_FILES.checkpoint) || files.includes(HEAD_FOLDER)) {
    throw new TrainError(
      'RUN_EXISTS',
      `${directory} holds a run already. Go on with it by --resume, or choose another folder.`,
    );
  }
  if (files.length > 0 && !files.includes(RUN_FILES.run)) {
    throw new TrainError(
      'RUN_EXISTS',
      `${directory} holds other files (${files.slice(0, 3).join(', ')}). Choose a new or empty folder.`,
    );
  }
}
