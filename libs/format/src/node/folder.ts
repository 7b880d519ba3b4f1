/** @file Making folders. */
import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

/**
 * Makes a folder and those around it, where they aren't there. Not by Node's own recursive mkdir: it never ends where a
 * file system says of a folder that is there that it isn't (`/proc`, some mounts).
 *
 * @throws the system's error: EACCES, ENOSPC; EEXIST where a file is in the way
 */
export async function makeFolder(path: string): Promise<void> {
  if (await isFolder(path)) return;
  const parent = dirname(resolve(path));
  if (parent !== resolve(path)) await makeFolder(parent);
  await mkdir(path).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST' || !(await isFolder(path))) throw error;
  });
}
