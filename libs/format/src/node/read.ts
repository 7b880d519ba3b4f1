/** @file Files as sources of bytes. */
import { open, readFile } from 'node:fs/promises';
import { FormatError } from '../errors.ts';
import type { ByteSource } from '../source.ts';
import { readError } from './errors.ts';

/** A file, held open until it is closed. */
export interface FileSource extends ByteSource {
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Opens a file to be read by ranges.
 *
 * @throws FormatError `FILE_NOT_FOUND`, `READ_FAILED`; `CLOSED` from `read` after `close()`
 */
export async function fileSource(path: string): Promise<FileSource> {
  const handle = await open(path, 'r').catch((error) => {
    throw readError(path, error);
  });
  let size: number;
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw new FormatError('READ_FAILED', `${path} is no file; expected a file, not a folder.`);
    size = stats.size;
  } catch (error) {
    await handle.close();
    throw error instanceof FormatError ? error : readError(path, error);
  }
  let closed = false;
  async function close(): Promise<void> {
    if (closed) return;
    closed = true;
    await handle.close();
  }
  async function readInto(offset: number, target: Uint8Array, signal?: AbortSignal): Promise<number> {
    if (closed) throw new FormatError('CLOSED', `${path} has been closed.`);
    let filled = 0;
    while (filled < target.length) {
      signal?.throwIfAborted();
      const { bytesRead } = await handle
        .read(target, filled, target.length - filled, offset + filled)
        .catch((error) => {
          throw readError(path, error);
        });
      // The file has shrunk: whoever asked says what is missing.
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return filled;
  }
  return {
    size,
    async read(offset, length, signal) {
      const bytes = new Uint8Array(length);
      return bytes.subarray(0, await readInto(offset, bytes, signal));
    },
    readInto,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/**
 * A whole file.
 *
 * @throws FormatError `FILE_NOT_FOUND`, `READ_FAILED`; the signal's reason when aborted
 */
export async function readFileChecked(path: string, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const bytes = await readFile(path, signal ? { signal } : {});
    // Not Node's Buffer: its slice() is a view where a Uint8Array's is a copy.
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength) as Uint8Array<ArrayBuffer>;
  } catch (error) {
    signal?.throwIfAborted();
    throw readError(path, error);
  }
}
