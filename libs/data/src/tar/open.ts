/**
 * @file A tar archive as a data set, read where it lies: only its headers are read to open it, and of a picture its own
 * bytes. The first folder of a member's path is its class, as in a folder; a `labels.csv` among the members says otherwise.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Picture } from '../dataset.ts';
import { DataError } from '../errors.ts';
import { FileDataset, type FileEntry } from '../file-dataset.ts';
import { byCodeUnit, isPictureName } from '../files.ts';
import { type LabelledPath, parseLabelsCsv } from '../labels-csv.ts';
import { decodePicture } from '../picture.ts';
import { longTarName, readTarHeader, TAR_BLOCK } from './header.ts';

/** How an archive is opened. */
export interface TarOptions {
  /** Pictures may be without labels. Default: false. */
  labelsOptional?: boolean;
  signal?: AbortSignal;
}

/** Where a member's content is. */
interface Place {
  readonly offset: number;
  readonly bytes: number;
}

/** Members whose content is larger are no pictures and no lists of any. */
const LARGEST_MEMBER = 2 ** 31 - 1;

/** Bytes read at a time: many small members share a read, of large ones only the headers are read. */
const WINDOW = 65_536;

/** An open archive. */
export class TarDataset extends FileDataset {
  readonly #file: FileHandle;

  constructor(file: FileHandle, options: ConstructorParameters<typeof FileDataset>[0]) {
    super(options);
    this.#file = file;
  }

  close(): void {
    void this.#file.close();
  }
}

/**
 * Opens an archive; it has to be closed.
 *
 * @throws {DataError} TAR_INVALID, DATASET_NOT_FOUND, NO_IMAGES, NO_CLASSES, IMAGE_WITHOUT_LABEL, CSV_INVALID
 */
export async function openTar(path: string, options: TarOptions = {}): Promise<TarDataset> {
  const { labelsOptional = false, signal } = options;
  const file = await open(path).catch((cause: unknown) => {
    throw new DataError('DATASET_NOT_FOUND', `${path} can't be read: ${(cause as Error).message}`, { cause });
  });
  try {
    const members = await listMembers(file, path, signal);
    const read = ({ offset, bytes }: Place): Promise<Buffer> => readAt(file, offset, bytes);
    const list = members.get('labels.csv');
    const rows = list ? listed(await read(list), members, path) : byFolders(members);
    const classes = [...new Set(rows.flatMap(({ labels }) => labels))].sort(byCodeUnit);
    const entries = rows.map(
      ({ path: name, labels }): FileEntry => ({
        id: name,
        path: name,
        labels: labels.map((one) => classes.indexOf(one)),
      }),
    );
    const decode = async ({ path: name }: FileEntry, decoding?: AbortSignal): Promise<Picture> => {
      try {
        return await decodePicture(await read(members.get(name)!), decoding ? { signal: decoding } : {});
      } catch (cause) {
        if (!(cause instanceof DataError)) throw cause;
        throw new DataError(cause.code, `${name} of ${path}: ${cause.message}`, { cause });
      }
    };
    const name = basename(path).replace(/\.tar$/i, '');
    return new TarDataset(file, { name, classes, entries, source: path, labelsOptional, decode });
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Members that are files, by their paths; of two with one path the later one, as when it is unpacked. */
async function listMembers(file: FileHandle, path: string, signal?: AbortSignal): Promise<Map<string, Place>> {
  const { size: end } = await file.stat();
  const members = new Map<string, Place>();
  let window: { from: number; bytes: Buffer } = { from: 0, bytes: Buffer.alloc(0) };
  const header = async (at: number): Promise<Buffer> => {
    if (at < window.from || at + TAR_BLOCK > window.from + window.bytes.length) {
      signal?.throwIfAborted();
      window = { from: at, bytes: await readAt(file, at, Math.min(WINDOW, end - at)) };
    }
    return window.bytes.subarray(at - window.from, at - window.from + TAR_BLOCK);
  };
  try {
    let longName: string | undefined;
    for (let at = 0; at < end; ) {
      if (at + TAR_BLOCK > end) throw new DataError('TAR_INVALID', 'it ends in the middle of a header');
      const block = await header(at);
      const found = readTarHeader(block);
      if (!found) break;
      const offset = at + TAR_BLOCK;
      if (offset + found.size > end) throw new DataError('TAR_INVALID', `it ends in the middle of ${found.name}`);
      if (found.isLongName) longName = longTarName(block, await readAt(file, offset, found.size)) ?? longName;
      else {
        const name = (longName ?? found.name).replace(/^(\.?\/)+/, '');
        longName = undefined;
        if (found.isFile && found.size <= LARGEST_MEMBER) members.set(name, { offset, bytes: found.size });
      }
      at = offset + Math.ceil(found.size / TAR_BLOCK) * TAR_BLOCK;
    }
    return members;
  } catch (cause) {
    if (!(cause instanceof DataError)) throw cause;
    const hint = (await isCompressed(file))
      ? '; it is compressed: unpack it to a plain .tar, of which members can be read'
      : '';
    throw new DataError('TAR_INVALID', `${path} is no tar archive: ${cause.message}${hint}`, { cause });
  }
}

/** Gzip, bzip2, xz, Zstandard. */
async function isCompressed(file: FileHandle): Promise<boolean> {
  const head = (await readAt(file, 0, Math.min(4, (await file.stat()).size))).toString('hex');
  return /^(1f8b|425a68|fd377a58|28b52ffd)/.test(head);
}

function byFolders(members: ReadonlyMap<string, Place>): LabelledPath[] {
  return [...members.keys()]
    .filter((name) => isPictureName(name) && !name.split('/').some((part) => part.startsWith('.')))
    .sort(byCodeUnit)
    .map((path) => ({ path, labels: path.includes('/') ? [path.slice(0, path.indexOf('/'))] : [] }));
}

function listed(csv: Buffer, members: ReadonlyMap<string, Place>, archive: string): LabelledPath[] {
  const rows = parseLabelsCsv(csv, `labels.csv of ${archive}`);
  const missing = rows.find(({ path }) => !members.has(path));
  if (!missing) return rows;
  throw new DataError('CSV_INVALID', `labels.csv of ${archive} lists ${missing.path}, which the archive doesn't have`);
}

/** Whole, or an error. */
async function readAt(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(bytes, done, length - done, offset + done);
    if (bytesRead === 0) throw new DataError('TAR_INVALID', 'it became shorter while it was read');
    done += bytesRead;
  }
  return bytes;
}
