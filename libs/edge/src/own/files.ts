/** @file Where journals of own pictures are kept: the browser's private file system, or memory where there is none. */

/** The files of one collection. Two tabs never write at the same time: whoever writes holds the collection's lock. */
export interface OwnFiles {
  /** Whether they are there when the page is opened again. */
  readonly kept: boolean;
  /** Names of all files. */
  list(): Promise<string[]>;
  /** A file as it is now; to be read before anything is written to it. */
  read(name: string): Promise<Blob>;
  /**
   * Writes bytes at a place, so that they are on the disk when it returns. A file that isn't there is made.
   *
   * @param room bytes that stay free behind, so that little can be written even when the disk is full by then
   * @throws DOMException `QuotaExceededError` and what else the browser says; what was in front of the place is untouched
   */
  write(name: string, at: number, bytes: Uint8Array<ArrayBuffer>, room: number): Promise<void>;
  remove(name: string): Promise<void>;
}

/** Files grow by so much, since each time costs. */
const GROWTH_BYTES = 2 ** 18;
/** A tab that was killed lets its files go a moment after its lock. */
const TRIES = 40;
const TRY_AGAIN_MS = 50;

/**
 * A folder of the origin's private file system (OPFS).
 *
 * @throws DOMException where the browser keeps nothing for this page (no secure context, storage blocked)
 */
export async function opfsFiles(path: readonly string[]): Promise<OwnFiles> {
  let folder = await navigator.storage.getDirectory();
  for (const name of path) folder = await folder.getDirectoryHandle(name, { create: true });
  return {
    kept: true,
    async list() {
      const names: string[] = [];
      for await (const name of folder.keys()) names.push(name);
      return names;
    },
    async read(name) {
      return (await folder.getFileHandle(name)).getFile();
    },
    async write(name, at, bytes, room) {
      const file = await openToWrite(await folder.getFileHandle(name, { create: true }));
      try {
        const needs = at + bytes.length + room;
        if (file.getSize() < needs) file.truncate(Math.ceil(needs / GROWTH_BYTES) * GROWTH_BYTES);
        for (let done = 0; done < bytes.length; ) {
          const written = file.write(bytes.subarray(done), { at: at + done });
          if (written === 0) throw new DOMException(`no byte of ${name} could be written`, 'QuotaExceededError');
          done += written;
        }
        file.flush();
      } finally {
        file.close();
      }
    },
    async remove(name) {
      for (let tries = 1; ; tries++) {
        try {
          return await folder.removeEntry(name);
        } catch (error) {
          if ((error as Error).name === 'NotFoundError') return;
          if (tries === TRIES) throw error;
          await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_MS));
        }
      }
    },
  };
}

/** What only workers have, and the page's types lack. */
interface SyncAccess {
  getSize(): number;
  truncate(size: number): void;
  write(bytes: Uint8Array<ArrayBuffer>, o: { at: number }): number;
  flush(): void;
  close(): void;
}

async function openToWrite(handle: FileSystemFileHandle): Promise<SyncAccess> {
  const { createSyncAccessHandle } = handle as unknown as { createSyncAccessHandle?: () => Promise<SyncAccess> };
  if (createSyncAccessHandle === undefined) throw new DOMException('no files to write to', 'NotSupportedError');

  for (let tries = 1; ; tries++) {
    try {
      return await createSyncAccessHandle.call(handle);
    } catch (error) {
      if ((error as Error).name !== 'NoModificationAllowedError' || tries === TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_MS));
    }
  }
}

/** Files that last as long as the page. */
export function memoryFiles(): OwnFiles {
  const files = new Map<string, Blob>();
  return {
    kept: false,
    list: async () => [...files.keys()],
    read: async (name) => files.get(name)!,
    async write(name, at, bytes) {
      // Blobs are made of parts: what was there is not copied.
      const before = files.get(name) ?? new Blob();
      files.set(name, new Blob([before.slice(0, at), bytes, before.slice(at + bytes.length)]));
    },
    async remove(name) {
      files.delete(name);
    },
  };
}
