/**
 * @file A file system in memory that fails as disks do: full, broken, slow, a byte at a time, and without power.
 *
 * It knows what has been synced. After a power cut a file holds that, and of what was written since any sectors; a folder
 * the names that were synced, and of the later changes of names some, in their order.
 */
import type { Random } from '@dqn/pq';
import type { Files, StoreFile } from '../files.ts';

const SECTOR = 512;

/** What a test makes of a call: throws, or says how many bytes of a write get through. */
export type Fault = (
  operation: string,
  path: string,
  bytes: number,
) => number | undefined | Promise<number | undefined>;

interface Inode {
  bytes: Uint8Array;
  length: number;
  /** What is certain. */
  synced: Uint8Array;
}

type Names = Map<string, Inode>;

/** An error of the system. */
export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: injected`), { code });
}

/** The file system. */
export class CrashFiles implements Files {
  #names: Names = new Map();
  #syncedNames: Names = new Map();
  /** Changes of names since the last sync, in order. */
  #pending: ((names: Names) => void)[] = [];
  #generation = 0;
  /** Asked before each operation. */
  fault: Fault = () => undefined;
  /** Bytes of all files at most. */
  capacity = Number.POSITIVE_INFINITY;

  /** Paths, for tests. */
  get paths(): string[] {
    return [...this.#names.keys()];
  }

  /** Files with these contents. */
  static of(contents: ReadonlyMap<string, Uint8Array>): CrashFiles {
    const files = new CrashFiles();
    for (const [path, bytes] of contents) files.set(path, bytes);
    return files;
  }

  /** Puts a file there, for certain. */
  set(path: string, bytes: Uint8Array): void {
    const inode = { bytes: bytes.slice(), length: bytes.length, synced: bytes.slice() };
    this.#names.set(path, inode);
    this.#syncedNames.set(path, inode);
  }

  /** The content of a file, to look at or to change. */
  content(path: string): Uint8Array {
    const inode = this.#of(path);
    return inode.bytes.subarray(0, inode.length);
  }

  /** Gives files whose paths begin with a text another beginning, for certain. */
  move(from: string, to: string): void {
    const move = (names: Names): Names =>
      new Map([...names].map(([path, inode]) => [path.startsWith(from) ? to + path.slice(from.length) : path, inode]));
    this.#names = move(this.#names);
    this.#syncedNames = new Map(this.#names);
    this.#pending = [];
  }

  /** The power goes, and comes back. Files that were open are no more. */
  powerCut(random: Random): void {
    this.#generation++;
    const names = new Map(this.#syncedNames);
    for (const change of this.#pending.slice(0, random.integer(this.#pending.length + 1))) change(names);
    for (const inode of new Set([...names.values(), ...this.#names.values()])) {
      const now = inode.bytes.subarray(0, inode.length);
      // Its length may have reached the disk, or not.
      const length = random.next() < 0.5 ? now.length : Math.min(now.length, inode.synced.length);
      const bytes = new Uint8Array(random.next() < 0.2 ? Math.max(length, inode.synced.length) : length);
      bytes.set(inode.synced.subarray(0, bytes.length));
      const share = random.next();
      for (let at = 0; at < Math.min(bytes.length, now.length); at += SECTOR) {
        if (random.next() < share) bytes.set(now.subarray(at, Math.min(at + SECTOR, bytes.length)), at);
      }
      inode.bytes = bytes;
      inode.length = bytes.length;
      inode.synced = bytes.slice();
    }
    this.#names = names;
    this.#syncedNames = new Map(names);
    this.#pending = [];
  }

  async open(path: string, flags: 'r' | 'r+' | 'wx+'): Promise<StoreFile> {
    await this.fault('open', path, 0);
    let inode = this.#names.get(path);
    if (flags === 'wx+') {
      if (inode !== undefined) throw systemError('EEXIST');
      inode = { bytes: new Uint8Array(0), length: 0, synced: new Uint8Array(0) };
      const made = inode;
      this.#change((names) => names.set(path, made));
    }
    if (inode === undefined) throw systemError('ENOENT');
    return this.#fileOf(path, inode);
  }

  async rename(from: string, to: string): Promise<void> {
    await this.fault('rename', to, 0);
    const inode = this.#of(from);
    this.#change((names) => {
      names.delete(from);
      names.set(to, inode);
    });
  }

  async remove(path: string): Promise<void> {
    await this.fault('remove', path, 0);
    if (this.#names.has(path)) this.#change((names) => names.delete(path));
  }

  async list(folder: string): Promise<string[]> {
    await this.fault('list', folder, 0);
    return this.paths.filter((path) => path.startsWith(`${folder}/`)).map((path) => path.slice(folder.length + 1));
  }

  async exists(path: string): Promise<boolean> {
    return this.#names.has(path);
  }

  async syncFolder(folder: string): Promise<void> {
    await this.fault('syncFolder', folder, 0);
    this.#syncedNames = new Map(this.#names);
    this.#pending = [];
  }

  #of(path: string): Inode {
    const inode = this.#names.get(path);
    if (inode === undefined) throw systemError('ENOENT');
    return inode;
  }

  #change(change: (names: Names) => void): void {
    change(this.#names);
    this.#pending.push(change);
  }

  #used(): number {
    return [...new Set(this.#names.values())].reduce((sum, { length }) => sum + length, 0);
  }

  #fileOf(path: string, inode: Inode): StoreFile {
    const generation = this.#generation;
    let isOpen = true;
    const check = async (operation: string, bytes = 0): Promise<number | undefined> => {
      if (!isOpen || generation !== this.#generation) throw systemError('EBADF');
      const allowed = await this.fault(operation, path, bytes);
      if (!isOpen || generation !== this.#generation) throw systemError('EBADF');
      return allowed;
    };
    return {
      read: async (target, offset) => {
        const most = await check('read', target.length);
        const part = inode.bytes.subarray(offset, Math.min(inode.length, offset + (most ?? target.length)));
        target.set(part.subarray(0, target.length));
        return Math.max(0, Math.min(part.length, target.length));
      },
      write: async (bytes, offset) => {
        const most = Math.min((await check('write', bytes.length)) ?? bytes.length, bytes.length);
        const room = this.capacity - this.#used() + Math.max(0, inode.length - offset);
        if (most > 0 && room <= 0) throw systemError('ENOSPC');
        const written = Math.min(most, room);
        const length = Math.max(inode.length, offset + written);
        if (length > inode.bytes.length) {
          const more = new Uint8Array(Math.max(length, 2 * inode.bytes.length));
          more.set(inode.bytes.subarray(0, inode.length));
          inode.bytes = more;
        }
        inode.bytes.set(bytes.subarray(0, written), offset);
        inode.length = length;
        return written;
      },
      sync: async () => {
        await check('sync');
        inode.synced = inode.bytes.slice(0, inode.length);
      },
      truncate: async (length) => {
        await check('truncate');
        inode.bytes.fill(0, length);
        inode.length = Math.min(length, inode.length);
      },
      size: async () => {
        await check('size');
        return inode.length;
      },
      close: async () => {
        isOpen = false;
      },
    };
  }
}
