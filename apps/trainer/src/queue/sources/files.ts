/** @file Pictures that are files of a folder, maybe one that several hosts have mounted. */
import { opendir, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { decodePicture } from '@dqn/data';
import type { Source } from '../job.ts';
import { missing, type PictureReader } from './reader.ts';

/** Opens a folder. @throws {TrainerError} SOURCE_MISSING */
export async function openFilesReader(source: Source): Promise<PictureReader> {
  const check = async (): Promise<void> => {
    const found = await stat(source.place).catch((error: unknown) => {
      throw missing(source, (error as Error).message, error);
    });
    if (!found.isDirectory()) throw missing(source, 'it is no folder');
    // What is left of a mount that is gone: the pictures of a run are never of an empty folder.
    if (await isEmpty(source.place)) throw missing(source, 'it is empty: is it mounted?');
  };
  await check();
  return {
    check,
    read: (at) => decodePicture(resolve(source.place, at)),
    close: async () => {},
  };
}

/** Whether a folder has nothing in it; one of millions of pictures isn't listed for that. */
async function isEmpty(path: string): Promise<boolean> {
  const folder = await opendir(path);
  try {
    return (await folder.read()) === null;
  } finally {
    await folder.close();
  }
}
