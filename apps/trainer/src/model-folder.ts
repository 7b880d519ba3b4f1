/** @file Model folders: what they hold, and which one a gallery belongs to. */
import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MODEL_FILES, openGallery, sha256Hex } from '@dqn/format';
import { fileSource, readFileChecked } from '@dqn/format/node';
import { readModel } from '@dqn/onnx';
import { isStoreUrl } from '@dqn/server';
import { TrainerError } from './errors.ts';

/** A file and its size in bytes. */
export interface SizedFile {
  name: string;
  size: number;
}

/** The files of a model folder that are there. */
export async function fileSizes(folder: string): Promise<SizedFile[]> {
  const files: SizedFile[] = [];
  for (const name of Object.values(MODEL_FILES)) {
    const found = await stat(join(folder, name)).catch(() => undefined);
    if (found) files.push({ name, size: found.size });
  }
  return files;
}

/** Whether a folder holds a model. */
export async function isModelFolder(folder: string): Promise<boolean> {
  return (await stat(join(folder, MODEL_FILES.codebook)).catch(() => undefined))?.isFile() ?? false;
}

/** How the weights of a model folder's network are stored, as its export noted: f32, f16 or i8; empty where it didn't. */
export async function weightsOf(folder: string): Promise<string> {
  const network = readModel(await readFileChecked(join(folder, MODEL_FILES.network)));
  return network.metadata['dqn.weights'] ?? '';
}

/**
 * The model that made a gallery: the one that is named, else the one whose codebook has the hash that the gallery
 * names, looked for in the gallery's own folder, in the folders beside it and under `models/`.
 *
 * @param gallery a file, or the address of a store, of which the model has to be named
 * @throws {TrainerError} MODEL_NOT_FOUND; WRONG_USAGE for a folder; FormatError for a missing or damaged gallery
 */
export async function modelOf(gallery: string, named: string | undefined): Promise<string> {
  if (named === undefined && isStoreUrl(gallery)) {
    throw new TrainerError('WRONG_USAGE', 'a gallery in a database has no folder beside it: name its model by --model');
  }
  if ((await stat(gallery).catch(() => undefined))?.isDirectory()) throw await folderForGallery(gallery);
  if (named !== undefined) {
    if (await isModelFolder(named)) return named;
    throw new TrainerError(
      'MODEL_NOT_FOUND',
      `${named} holds no ${MODEL_FILES.codebook}: give a folder of npx dqn export`,
    );
  }
  const opened = await openGallery(await fileSource(gallery));
  const { codebookSha256 } = opened.meta;
  await opened.close();
  const home = dirname(gallery);
  const tried = new Set<string>();
  for (const folder of [home, ...(await foldersIn(home)), ...(await foldersIn('models'))]) {
    if (tried.has(folder) || !(await isModelFolder(folder))) continue;
    tried.add(folder);
    if (sha256Hex(await readFileChecked(join(folder, MODEL_FILES.codebook))) === codebookSha256) return folder;
  }
  throw new TrainerError(
    'MODEL_NOT_FOUND',
    `${gallery} was made with codebook ${codebookSha256}, and no model beside it has it${
      tried.size > 0 ? ` (looked at ${[...tried].join(', ')})` : ''
    }: name the model by --model`,
  );
}

/** A model folder is easily given for the gallery that lies in it. */
async function folderForGallery(folder: string): Promise<TrainerError> {
  const inside = join(folder, 'database.gallery');
  const isThere = (await stat(inside).catch(() => undefined))?.isFile();
  return new TrainerError(
    'WRONG_USAGE',
    `${folder} is a folder, and a gallery is a file: ${
      isThere ? `give ${inside}` : `make one by npx dqn index MODEL IMAGES --out ${inside}`
    }`,
  );
}

async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map((entry) => join(folder, entry.name));
}
