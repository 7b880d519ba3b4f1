/** @file Files that are there whole or not at all. */
import { randomBytes } from 'node:crypto';
import { type FileHandle, open, readdir, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { writeError } from './errors.ts';

/** Bytes gathered before they are written: one call for hundreds of thumbnails. */
const BUFFER_BYTES = 1 << 20;

/**
 * Writes a file so that at every moment either the old one or the new one is there, after a crash, too: into a temporary
 * file in the same folder (`.NAME.….part`), flushed to the disk, then renamed over `path`. After a failure or an abort
 * the temporary file is gone and `path` is as it was.
 *
 * @param content all bytes, or pieces of them in order; an error that the pieces throw comes through unchanged
 * @throws FormatError `DISK_FULL`, `FILE_NOT_FOUND` (the folder), `WRITE_FAILED`; the signal's reason when aborted
 */
export async function writeFileAtomic(
  path: string,
  content: Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  o: { signal?: AbortSignal | undefined } = {},
): Promise<void> {
  o.signal?.throwIfAborted();
  const { target, part } = await placesOf(path);
  const translate = (error: unknown): never => {
    throw writeError(path, error);
  };
  const handle = await open(part, 'wx').catch(translate);
  try {
    try {
      await writePieces(handle, content instanceof Uint8Array ? [content] : content, translate, o.signal);
      await handle.sync().catch(translate);
    } finally {
      await handle.close();
    }
    await rename(part, target).catch(translate);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
  await syncFolder(dirname(target));
}

/**
 * Whether `writeFileAtomic` could begin: for work that takes long and writes a file at its end. Leaves nothing.
 *
 * @throws FormatError `FILE_NOT_FOUND` (the folder), `WRITE_FAILED` (a folder at `path`, too), `DISK_FULL`
 */
export async function checkWritable(path: string): Promise<void> {
  const { target, part } = await placesOf(path);
  try {
    if ((await stat(target).catch(() => undefined))?.isDirectory()) {
      throw Object.assign(new Error(`${target} is a folder`), { code: 'EISDIR' });
    }
    await (await open(part, 'wx')).close();
  } catch (error) {
    throw writeError(path, error);
  } finally {
    await rm(part, { force: true });
  }
}

/** The temporary files of {@link writeFileAtomic}. */
const PART = /^\.(.+)\.[0-9a-f]{12}\.part$/;

/**
 * Removes what processes that were killed while they wrote these files have left beside them. For whoever knows that
 * nobody else writes them now. What can't be removed stays.
 */
export async function removeParts(folder: string, names: readonly string[]): Promise<void> {
  for (const file of await readdir(folder).catch(() => [])) {
    const [, name] = PART.exec(file) ?? [];
    if (name !== undefined && names.includes(name))
      await rm(join(folder, file), { force: true }).catch(() => undefined);
  }
}

/** Behind a link stands the file that is meant; what is written first stands beside it. */
async function placesOf(path: string): Promise<{ target: string; part: string }> {
  const target = await realpath(path).catch(() => path);
  return { target, part: join(dirname(target), `.${basename(target)}.${randomBytes(6).toString('hex')}.part`) };
}

async function writePieces(
  handle: FileHandle,
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  translate: (error: unknown) => never,
  signal: AbortSignal | undefined,
): Promise<void> {
  const buffer = new Uint8Array(BUFFER_BYTES);
  let filled = 0;
  const write = async (bytes: Uint8Array) => {
    signal?.throwIfAborted();
    for (let at = 0; at < bytes.length; ) {
      at += (await handle.write(bytes, at, bytes.length - at).catch(translate)).bytesWritten;
    }
  };
  for await (const piece of pieces) {
    if (filled + piece.length > BUFFER_BYTES) {
      await write(buffer.subarray(0, filled));
      filled = 0;
    }
    if (piece.length >= BUFFER_BYTES) {
      await write(piece);
    } else {
      buffer.set(piece, filled);
      filled += piece.length;
    }
  }
  await write(buffer.subarray(0, filled));
}

/** Makes the new name last. Not every system lets one open a folder; there the rename has to do. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}
