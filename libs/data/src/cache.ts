/** @file Where downloaded data sets are kept, and how they get there whole or not at all. */
import { randomUUID } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeFolder } from '@dqn/format/node';
import envPaths from 'env-paths';

/** The cache folder: `DQN_CACHE`, else the platform's own place for caches (`~/.cache/dqn` on Linux). */
export function cacheFolder(): string {
  return process.env.DQN_CACHE || envPaths('dqn', { suffix: '' }).cache;
}

/**
 * Fills a folder out of sight and moves it to its place in one step, so that a folder that exists is complete.
 * Two processes may do it at once: the second one's result is dropped.
 *
 * @param folder where the result shall be
 * @param fill writes into the folder that it is given
 */
export async function fillFolder(folder: string, fill: (draft: string) => Promise<void>): Promise<void> {
  const draft = join(dirname(folder), `.${randomUUID()}.part`);
  await makeFolder(draft);
  try {
    await fill(draft);
    await rename(draft, folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}
