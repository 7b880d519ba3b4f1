/** @file Files that run full, and of which a write is cut off anywhere, as when the browser is killed. */
import { memoryFiles, type OwnFiles } from '../own/files.ts';

/** What a tab sees that is killed: nothing of it goes on. */
export class Killed extends Error {}

/** Files in memory, with faults. */
export interface CrashFiles extends OwnFiles {
  /** Bytes of all files at most. */
  quota: number;
  /** How many further bytes are written until the browser is killed; undefined: it isn't. */
  killAfter: number | undefined;
  /** Flips a bit of a file. */
  flip(name: string, at: number): Promise<void>;
}

/** Makes some. */
export function crashFiles(): CrashFiles {
  const files = memoryFiles();
  const sizes = new Map<string, number>();
  const die = () => {
    if (all.killAfter !== undefined && all.killAfter <= 0) throw new Killed('killed');
  };
  const all: CrashFiles = {
    ...files,
    quota: Number.POSITIVE_INFINITY,
    killAfter: undefined,
    async write(name, at, bytes, room) {
      die();
      const size = Math.max(sizes.get(name) ?? 0, at + bytes.length + room);
      const others = [...sizes].reduce((sum, [other, bytes]) => sum + (other === name ? 0 : bytes), 0);
      if (size + others > all.quota && size > (sizes.get(name) ?? 0))
        throw new DOMException('full', 'QuotaExceededError');
      sizes.set(name, size);
      if (all.killAfter === undefined || all.killAfter >= bytes.length) {
        if (all.killAfter !== undefined) all.killAfter -= bytes.length;
        return files.write(name, at, bytes, room);
      }
      await files.write(name, at, bytes.slice(0, all.killAfter), room);
      all.killAfter = 0;
      die();
    },
    async remove(name) {
      die();
      if (all.killAfter !== undefined) all.killAfter--;
      sizes.delete(name);
      await files.remove(name);
    },
    async flip(name, at) {
      const bytes = new Uint8Array(await (await files.read(name)).slice(at, at + 1).arrayBuffer());
      bytes[0] ^= 1 << (at % 8);
      await files.write(name, at, bytes, 0);
    },
  };
  return all;
}
