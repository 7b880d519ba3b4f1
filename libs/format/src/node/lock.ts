/** @file One process at a time writes to a gallery: two would write over each other's sections. */
import { basename, dirname, join } from 'node:path';
import { FormatError } from '../errors.ts';
import { takeLockFile } from './lock-file.ts';

/** A lock that is held. */
export interface Lock {
  /** @throws FormatError `LOCKED` if somebody has taken it away meanwhile */
  check(): Promise<void>;
  /** Whether `check` would be in vain: it was held so short a time ago that nobody can have taken it since. */
  readonly isFresh: boolean;
  release(): Promise<void>;
}

/**
 * Takes the lock of a file: `.NAME.lock` beside it.
 *
 * @param target the file itself, not a link to it
 * @throws FormatError `LOCKED`, naming who has it; `FILE_NOT_FOUND`, `WRITE_FAILED`, `DISK_FULL`
 */
export async function takeLock(target: string): Promise<Lock> {
  const path = join(dirname(target), `.${basename(target)}.lock`);
  const lock = await takeLockFile(
    path,
    (owner) =>
      new FormatError(
        'LOCKED',
        `${owner} writes to ${target}. Wait for it; if that process is gone or no writer of galleries, delete ${path}.`,
      ),
  );
  return {
    async check() {
      if (await lock.isHeld()) return;
      throw new FormatError(
        'LOCKED',
        `The lock of ${target} (${path}) was deleted or taken meanwhile, so another process may have written. Open the ` +
          'writer anew.',
      );
    },
    get isFresh() {
      return lock.isFresh;
    },
    release: () => lock.release(),
  };
}
