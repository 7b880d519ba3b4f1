/** @file From a name or a path to the bytes of a pretrained network. */
import { readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { cacheFolder, DataError, type DownloadOptions, download } from '@dqn/data';
import { sha256Hex } from '@dqn/format';
import { readFileChecked } from '@dqn/format/node';
import { type Graph, OnnxError, readModel } from '@dqn/onnx';
import { count } from '../console.ts';
import { TrainerError } from '../errors.ts';
import { CATALOGUE, type CatalogueEntry, type CatalogueFile, filesNamed, fileWithHash } from './catalogue.ts';

/** Options of {@link locateBackbone}. */
export interface LocateOptions extends Partial<Pick<DownloadOptions, 'signal' | 'onProgress'>> {
  /** Told in one line which file a name led to. */
  readonly onNotice?: (line: string) => void;
  /** Where to look before the cache. Default: the folder in DQN_BACKBONES. */
  readonly folder?: string;
  /** Default: {@link CATALOGUE}. */
  readonly catalogue?: readonly CatalogueEntry[];
}

/** A network's bytes and what the catalogue knows about them. */
export interface Located {
  readonly path: string;
  readonly bytes: Uint8Array;
  /** Of the file itself, not of others in which it keeps weights. */
  readonly sha256: string;
  /** By content; else, for a file of the user's, by its name. */
  readonly known: CatalogueFile | undefined;
}

/** Where fetched networks are kept. */
export function backboneCache(): string {
  return join(cacheFolder(), 'backbones');
}

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  );

async function open(path: string, catalogue?: readonly CatalogueEntry[]): Promise<Located> {
  const bytes = await readFileChecked(path);
  const sha256 = sha256Hex(bytes);
  const name = basename(path);
  const known = fileWithHash(sha256, catalogue) ?? filesNamed(name, catalogue).find(({ file }) => file === name);
  return { path, bytes, sha256, known };
}

/** A file under a catalogued name has to be that file: a name stands for certain weights. */
function checkContent({ path, bytes, sha256 }: Located, wanted: CatalogueFile): void {
  if (sha256 === wanted.sha256) return;
  throw new TrainerError(
    'BACKBONE_MISSING',
    `${path} (${count(bytes.length)} bytes, sha256 ${sha256}) isn't the file of the catalogue (${count(wanted.bytes)} bytes, sha256 ${wanted.sha256}): put that one there, or give the path of yours to --backbone`,
  );
}

/** The first of the files that is in the user's folder or, undamaged, in the cache. */
async function findHere(
  files: readonly CatalogueFile[],
  folder: string | undefined,
  o: LocateOptions,
): Promise<Located | undefined> {
  for (const wanted of files) {
    if (folder && (await isFile(join(folder, wanted.file)))) {
      const located = await open(join(folder, wanted.file), o.catalogue);
      checkContent(located, wanted);
      return located;
    }
    const cached = join(backboneCache(), wanted.file);
    if (!(await isFile(cached))) continue;
    const located = await open(cached, o.catalogue);
    // What is damaged there is fetched again.
    if (located.sha256 === wanted.sha256) return located;
  }
  return undefined;
}

/** How a file is got by hand. */
function byHand({ file, bytes, sha256, url, source }: CatalogueFile): string {
  return `${file} (${count(bytes)} bytes, sha256 ${sha256}; ${url ?? source})`;
}

/**
 * Finds a pretrained network: a path to a file; or a name of the catalogue (of a network or of one of its files), which
 * is looked for in DQN_BACKBONES, then in the cache, and else fetched into the cache, whole or not at all, and held
 * against its sha256. What an interrupted download left is gone on with.
 *
 * @throws TrainerError WRONG_USAGE for a name that is neither, BACKBONE_MISSING where it can't be had: the message says
 *   which file to put where
 */
export async function locateBackbone(nameOrFile: string, o: LocateOptions = {}): Promise<Located> {
  if (await isFile(nameOrFile)) return open(nameOrFile, o.catalogue);
  const files = filesNamed(nameOrFile, o.catalogue);
  if (files.length === 0) {
    const names = (o.catalogue ?? CATALOGUE).map(({ name }) => name);
    throw new TrainerError(
      'WRONG_USAGE',
      `the backbone "${nameOrFile}" is neither a file nor one of ${names.join(', ')}`,
    );
  }
  const folder = o.folder ?? process.env.DQN_BACKBONES;
  const here = await findHere(files, folder, o);
  if (here) return told(here, o);

  const places = `${folder ? `${folder} (DQN_BACKBONES)` : 'a folder that DQN_BACKBONES names'} or ${backboneCache()}`;
  const choice = files.map(byHand).join(', or ');
  const wanted = files.find(({ url }) => url !== undefined);
  if (!wanted?.url) {
    throw new TrainerError(
      'BACKBONE_MISSING',
      `the backbone "${nameOrFile}" isn't here, and it is nowhere to be fetched: put ${choice} into ${places}`,
    );
  }
  const path = join(backboneCache(), wanted.file);
  o.onNotice?.(`Fetching ${wanted.url} (${wanted.licence}) into ${backboneCache()} …`);
  await download({
    url: wanted.url,
    file: path,
    hash: { algorithm: 'sha256', hex: wanted.sha256 },
    what: wanted.file,
    signal: o.signal,
    onProgress: o.onProgress,
  }).catch((cause) => {
    if (!(cause instanceof DataError)) throw cause;
    throw new TrainerError(
      'BACKBONE_MISSING',
      `the backbone "${nameOrFile}" isn't here and couldn't be fetched: ${cause.message}. By hand: put ${choice} into ${places}`,
      { cause },
    );
  });
  return told(await open(path, o.catalogue), o);
}

/** Files that people have in place of a network, by how they begin. */
const OTHER_FILES: readonly [RegExp, string][] = [
  [/^version https:\/\/git-lfs/, "a Git LFS pointer, not the file that it stands for: fetch that with 'git lfs pull'"],
  [/^\s*<(!doctype|html|\?xml)/i, 'a web page: download the file itself'],
  [/^PK/, 'a zip archive or a PyTorch checkpoint: export the network to ONNX'],
  [/^.{4}TFL3/s, 'a TensorFlow Lite model: convert it to ONNX'],
  [/^.HDF/s, 'a Keras model: convert it to ONNX'],
];

/** The error with the file's name, and with what the file is where that can be told. */
function named(path: string, bytes: Uint8Array, error: OnnxError): OnnxError {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(64, bytes.length)).toString('latin1');
  const other = OTHER_FILES.find(([pattern]) => pattern.test(head));
  const what = other ? `it is ${other[1]}` : error.message;
  return new OnnxError(error.code, `${path} can't be read as a network: ${what}`, { cause: error });
}

/**
 * Reads a network that was found; weights that the file keeps in others are read from beside it.
 *
 * @throws OnnxError NOT_ONNX, EXTERNAL_DATA, UNSUPPORTED
 */
export function readLocated({ path, bytes }: Pick<Located, 'path' | 'bytes'>): Graph {
  try {
    return readModel(bytes, {
      external: (location) => {
        try {
          return readFileSync(join(dirname(path), location));
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
          throw error;
        }
      },
    });
  } catch (error) {
    throw error instanceof OnnxError ? named(path, bytes, error) : error;
  }
}

function told(located: Located, o: LocateOptions): Located {
  const { licence, source } = located.known!;
  o.onNotice?.(`Backbone ${located.path} (${licence}; ${source})`);
  return located;
}
