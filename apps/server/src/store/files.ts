/** @file The few things that a store asks of a file system: a port, so that tests can make a disk full, slow or broken. */
import { type FileHandle, open, readdir, rename, rm, stat } from 'node:fs/promises';

/** An open file. What fails throws the system's error, with its `code`. */
export interface StoreFile {
  /** Fills a part of `target`; gives how many bytes there were, 0 at the end. */
  read(target: Uint8Array, offset: number): Promise<number>;
  /** Writes some of the bytes, or all; gives how many. */
  write(bytes: Uint8Array, offset: number): Promise<number>;
  /** Returns when what was written is on the disk. */
  sync(): Promise<void>;
  truncate(length: number): Promise<void>;
  size(): Promise<number>;
  close(): Promise<void>;
}

/** A file system. */
export interface Files {
  /** `r`: to read; `r+`: to read and write; `wx+`: new, fails where there is one. */
  open(path: string, flags: 'r' | 'r+' | 'wx+'): Promise<StoreFile>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  list(folder: string): Promise<string[]>;
  exists(path: string): Promise<boolean>;
  /** Makes names in a folder last. */
  syncFolder(folder: string): Promise<void>;
}

/** Node's. */
export const nodeFiles: Files = {
  open: async (path, flags) => fileOf(await open(path, flags)),
  rename,
  remove: (path) => rm(path, { force: true }),
  list: (folder) => readdir(folder),
  exists: (path) =>
    stat(path).then(
      () => true,
      () => false,
    ),
  async syncFolder(folder) {
    // Not every system lets one open a folder; there the name has to do.
    const handle = await open(folder, 'r').catch(() => undefined);
    try {
      await handle?.sync();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EINVAL') throw error;
    } finally {
      await handle?.close();
    }
  },
};

function fileOf(handle: FileHandle): StoreFile {
  return {
    read: async (target, offset) => (await handle.read(target, 0, target.length, offset)).bytesRead,
    write: async (bytes, offset) => (await handle.write(bytes, 0, bytes.length, offset)).bytesWritten,
    sync: () => handle.datasync(),
    truncate: (length) => handle.truncate(length),
    size: async () => (await handle.stat()).size,
    close: () => handle.close(),
  };
}

/** Fills `target`; gives how many bytes there were. */
export async function readFully(file: StoreFile, target: Uint8Array, offset: number): Promise<number> {
  let filled = 0;
  while (filled < target.length) {
    const read = await file.read(target.subarray(filled), offset + filled);
    if (read === 0) break;
    filled += read;
  }
  return filled;
}

/** Writes all bytes. A disk that takes none and says nothing is full. */
export async function writeFully(file: StoreFile, bytes: Uint8Array, offset: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const written = await file.write(bytes.subarray(at), offset + at);
    if (written === 0) throw Object.assign(new Error('ENOSPC: nothing could be written'), { code: 'ENOSPC' });
    at += written;
  }
}

/** The code of a system error, such as ENOSPC. */
export function systemCode(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}
