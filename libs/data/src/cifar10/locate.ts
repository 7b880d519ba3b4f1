/** @file Where CIFAR-10 is: under the data root, in the cache, else at its official address. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as tar from 'tar';
import { fillFolder } from '../cache.ts';
import type { DataProgress } from '../dataset.ts';
import { download } from '../download.ts';
import { DataError } from '../errors.ts';
import { kindOf } from '../files.ts';
import { BATCH_FILES, META_FILE } from './batches.ts';

const FOLDER = 'cifar-10-batches-bin';

/** The published archive: address, bytes and md5 as https://www.cs.toronto.edu/~kriz/cifar.html names them. */
export const CIFAR10_ARCHIVE = {
  url: 'https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz',
  md5: 'c32a1d4ab5d03f1284b67883e8d87530',
};

/** What {@link locateCifar10} needs. */
export interface LocateOptions {
  root: string;
  cache: string;
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: DataProgress) => void) | undefined;
  /** Another archive than the published one (tests). */
  archive?: { url: string; md5: string };
}

/**
 * Finds the folder of the official files and downloads it where it is missing. A folder that holds some of the
 * files is taken as it is: what it lacks is an error that names the file, not a reason to download in silence.
 *
 * @throws {DataError} DOWNLOAD_FAILED, CHECKSUM_MISMATCH
 */
export async function locateCifar10(options: LocateOptions): Promise<string> {
  const { root, cache } = options;
  const places = [join(root, FOLDER), join(root, 'cifar10', FOLDER), join(root, 'cifar10'), root, join(cache, FOLDER)];
  for (const place of places) {
    if (await holdsCifar10(place)) return place;
  }
  return downloadCifar10(options);
}

/** Whether a folder holds at least one of the official files. */
export async function holdsCifar10(folder: string): Promise<boolean> {
  for (const name of BATCH_FILES) {
    if ((await kindOf(join(folder, name))) === 'file') return true;
  }
  return false;
}

async function downloadCifar10(options: LocateOptions): Promise<string> {
  const { root, cache, signal, onProgress, archive = CIFAR10_ARCHIVE } = options;
  const folder = join(cache, FOLDER);
  const file = join(cache, 'cifar-10-binary.tar.gz');
  try {
    await download({
      url: archive.url,
      file,
      hash: { algorithm: 'md5', hex: archive.md5 },
      what: 'CIFAR-10',
      signal,
      onProgress,
    });
  } catch (cause) {
    if (cause instanceof DataError && cause.code === 'DOWNLOAD_FAILED') {
      throw new DataError(
        'DOWNLOAD_FAILED',
        `CIFAR-10 isn't under ${root}, and ${cause.message}; or put ${FOLDER}/ there yourself and set DQN_DATA`,
        { cause },
      );
    }
    throw cause;
  }
  onProgress?.({ stage: 'extract', done: 0, total: 0, unit: 'bytes', what: 'CIFAR-10' });
  const wanted = new Set([...BATCH_FILES, META_FILE].map((name) => `${FOLDER}/${name}`));
  await fillFolder(folder, async (draft) => {
    await tar.extract({ file, cwd: draft, strip: 1, strict: true, filter: (path) => wanted.has(path) });
    if (!(await holdsCifar10(draft))) {
      throw new DataError('DATASET_INVALID', `${file} holds no ${FOLDER}/: remove it and try again`);
    }
  });
  await rm(file);
  return folder;
}
