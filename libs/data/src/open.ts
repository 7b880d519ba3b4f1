/** @file From a name or a path to a data set. */
import { join, resolve } from 'node:path';
import { cacheFolder } from './cache.ts';
import { holdsCifar10, locateCifar10 } from './cifar10/locate.ts';
import { openCifar10 } from './cifar10/open.ts';
import type { DataProgress, Dataset } from './dataset.ts';
import { openEmoji } from './emoji/open.ts';
import { DataError } from './errors.ts';
import { kindOf } from './files.ts';
import { openFolder, openList } from './folder.ts';
import { holdsMiml2000, openMiml2000 } from './miml2000.ts';
import { openTar } from './tar/open.ts';

/** How {@link openDataset} looks a data set up. */
export interface OpenOptions {
  /** Where data sets lie. Default: `DQN_DATA`, else `./data`. */
  root?: string | undefined;
  /** Where downloads are kept. Default: `DQN_CACHE`, else the platform's cache folder. */
  cache?: string | undefined;
  /** Pictures may be without labels (a gallery needs none). Default: false. */
  labelsOptional?: boolean | undefined;
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: DataProgress) => void) | undefined;
}

/** Archives, compressed ones too, of which it is said that they have to be unpacked first. */
const TAR = /\.(tar|tgz|tbz2?|txz|tar\.\w+)$/i;

/** Data sets that are known by name. */
export const DATASET_NAMES = ['cifar10', 'miml2000', 'emoji'] as const;

/**
 * Opens a data set.
 *
 * @param spec `cifar10` | `miml2000` | `emoji`, or the path of a folder of class folders, of a folder with
 * `labels.csv`, of a tar archive of either, or of a list; a path that isn't there is looked up under the data root
 * @throws {DataError} DATASET_NOT_FOUND and what the layouts throw
 */
export async function openDataset(spec: string, options: OpenOptions = {}): Promise<Dataset> {
  const root = options.root ?? (process.env.DQN_DATA || 'data');
  const cache = options.cache ?? cacheFolder();
  const { signal, onProgress, labelsOptional = false } = options;
  if (spec === 'cifar10') return openCifar10(await locateCifar10({ root, cache, signal, onProgress }), signal);
  if (spec === 'emoji') return openEmoji({ cache, signal, onProgress });
  if (spec === 'miml2000') {
    for (const folder of [join(root, 'miml2000'), root]) {
      if (await holdsMiml2000(folder)) return openMiml2000(folder);
    }
    throw new DataError(
      'DATASET_NOT_FOUND',
      `miml2000 isn't at ${join(root, 'miml2000')}: put it there, or set DQN_DATA to the folder that holds it`,
    );
  }
  for (const path of [spec, join(root, spec)]) {
    const kind = await kindOf(path);
    const options = { labelsOptional, ...(signal ? { signal } : {}) };
    if (kind === 'file') return TAR.test(path) ? openTar(path, options) : openList(path, options);
    if (kind !== 'folder') continue;
    if (await holdsCifar10(path)) return openCifar10(path, signal);
    if (await holdsMiml2000(path)) return openMiml2000(path);
    return openFolder(path, options);
  }
  const places = new Set([resolve(spec), resolve(root, spec)]);
  throw new DataError(
    'DATASET_NOT_FOUND',
    `"${spec}" is no data set: expected ${DATASET_NAMES.join(', ')}, or a folder at ${[...places].join(' or ')}`,
  );
}
