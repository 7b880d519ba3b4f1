/**
 * @file Features on disk, found by content: a folder for each trunk, in it a file for each process that ever wrote at the
 * same time (see `segment.ts`).
 *
 * Who may append to a file stands in its name: `ID.free.features` belongs to nobody, `ID.PROCESS-HOST.features` to that
 * process. A file is taken over by renaming it, which one of two processes can do and not the other; what a process left
 * that is no more may be taken over, too. Everybody reads everything.
 */

import { randomUUID } from 'node:crypto';
import { type FileHandle, open, readdir, rename } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { isAlive, makeFolder } from '@dqn/format/node';
import { TrainError } from '../errors.ts';
import { type Block, readBlock, readBlocks, type SegmentKind, SegmentWriter } from './segment.ts';

const ENDING = '.features';
const FREE = 'free';

/** Files that this process appends to, by their ID: its number in a name may also be an earlier process's. */
const held = new Set<string>();

const host = (): string => hostname().replace(/[^A-Za-z0-9-]/g, '_');

/** Where a key's features lie. */
interface Place {
  readonly file: FileHandle;
  readonly block: Block;
  readonly row: number;
}

/** The file that a process appends to. */
interface Writer {
  readonly id: string;
  readonly path: string;
  readonly file: FileHandle;
  readonly segment: SegmentWriter;
}

/** The features of one trunk. */
export class FeatureCache {
  /** Its folder. */
  readonly folder: string;
  readonly #kind: SegmentKind;
  readonly #files: FileHandle[] = [];
  readonly #places = new Map<string, Place>();
  #bytes = 0;
  #writer: Writer | undefined;

  private constructor(folder: string, kind: SegmentKind) {
    this.folder = folder;
    this.#kind = kind;
  }

  /**
   * Opens the cache of a trunk under `root`; makes its folder.
   *
   * @throws TrainError CANT_WRITE
   */
  static async open(root: string, kind: SegmentKind): Promise<FeatureCache> {
    const folder = join(root, kind.trunkSha256.slice(0, 32));
    await makeFolder(folder).catch((error: unknown) => {
      throw cantCache(folder, error);
    });
    const cache = new FeatureCache(folder, kind);
    await cache.#index();
    return cache;
  }

  /** Bytes on disk when it was opened, and what was written since. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether features of this key are there. */
  has(key: string): boolean {
    return this.#places.has(key);
  }

  /**
   * Reads features: `wanted` maps each key to the rows of `into`, [rows, width], that get them.
   *
   * @returns the keys that couldn't be read, because the disk altered them: `has` is false for them from now on
   */
  async read(wanted: ReadonlyMap<string, readonly number[]>, into: Float32Array): Promise<string[]> {
    const { width } = this.#kind;
    interface Parts {
      readonly file: FileHandle;
      readonly parts: { key: string; row: number }[];
    }
    const blocks = new Map<Block, Parts>();
    for (const key of wanted.keys()) {
      const place = this.#places.get(key);
      if (!place) throw new Error(`no features of ${key}`);
      const ofBlock: Parts = blocks.get(place.block) ?? { file: place.file, parts: [] };
      ofBlock.parts.push({ key, row: place.row });
      blocks.set(place.block, ofBlock);
    }
    const lost: string[] = [];
    for (const [block, { file, parts }] of blocks) {
      const features = await readBlock(file, block, width);
      for (const { key, row } of parts) {
        if (features) {
          const values = features.subarray(row * width, (row + 1) * width);
          for (const to of wanted.get(key)!) into.set(values, to * width);
        } else {
          this.#places.delete(key);
          lost.push(key);
        }
      }
    }
    return lost;
  }

  /**
   * Keeps features [keys.length, width]; they are on disk when this returns.
   *
   * @throws TrainError CANT_WRITE: what was kept before stays
   */
  async append(keys: readonly string[], features: Float32Array): Promise<void> {
    try {
      this.#writer ??= await this.#own();
      const { segment } = this.#writer;
      const before = segment.bytes;
      await segment.append(keys, features);
      this.#bytes += segment.bytes - before;
    } catch (error) {
      throw cantCache(this.folder, error);
    }
  }

  /** Closes its files and gives up the one that it appended to. */
  async close(): Promise<void> {
    for (const file of this.#files.splice(0)) await file.close();
    const writer = this.#writer;
    this.#writer = undefined;
    if (!writer) return;
    await writer.file.close();
    await rename(writer.path, this.#path(writer.id, FREE)).catch(() => {});
    held.delete(writer.id);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #path(id: string, owner: string): string {
    return join(this.folder, `${id}.${owner}${ENDING}`);
  }

  async #segments(): Promise<{ id: string; owner: string }[]> {
    const names = (await readdir(this.folder)).filter((name) => name.endsWith(ENDING)).sort();
    return names.map((name) => {
      const [id, ...owner] = name.slice(0, -ENDING.length).split('.');
      return { id, owner: owner.join('.') };
    });
  }

  /** Learns what is there. A file that is renamed meanwhile is looked for again. */
  async #index(): Promise<void> {
    const seen = new Set<string>();
    for (let round = 0; round < 5; round++) {
      const fresh = (await this.#segments()).filter(({ id }) => !seen.has(id));
      if (fresh.length === 0) return;
      for (const { id, owner } of fresh) {
        const file = await open(this.#path(id, owner), 'r').catch((error: NodeJS.ErrnoException) => {
          if (error.code === 'ENOENT') return undefined;
          throw error;
        });
        if (!file) continue;
        seen.add(id);
        this.#files.push(file);
        const { blocks, end } = await readBlocks(file, this.#kind);
        this.#bytes += end;
        for (const block of blocks) {
          block.keys.forEach((key, row) => {
            this.#places.set(key, { file, block, row });
          });
        }
      }
    }
  }

  /** A file that this process may append to: one that nobody owns, or a new one. */
  async #own(): Promise<Writer> {
    const mine = `${process.pid}-${host()}`;
    for (const { id, owner } of await this.#segments()) {
      if (held.has(id) || !isFree(owner, mine)) continue;
      const path = this.#path(id, mine);
      try {
        await rename(this.#path(id, owner), path);
      } catch {
        continue;
      }
      held.add(id);
      return this.#openWriter(id, path, 'r+');
    }
    const id = randomUUID().slice(0, 13);
    held.add(id);
    return this.#openWriter(id, this.#path(id, mine), 'wx+');
  }

  async #openWriter(id: string, path: string, flags: string): Promise<Writer> {
    const file = await open(path, flags);
    try {
      const segment = await SegmentWriter.open(file, this.#kind);
      if (flags !== 'r+') this.#bytes += segment.bytes;
      return { id, path, file, segment };
    } catch (error) {
      await file.close();
      held.delete(id);
      throw error;
    }
  }
}

/** Whether nobody appends to a file: given up, or left by a process of this host that is no more. */
function isFree(owner: string, mine: string): boolean {
  if (owner === FREE || owner === mine) return true;
  const [, number, where] = /^(\d+)-(.*)$/.exec(owner) ?? [];
  return where === host() && !isAlive(Number(number));
}

function cantCache(folder: string, cause: unknown): TrainError {
  const code = (cause as NodeJS.ErrnoException).code ?? String(cause);
  const full = code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG';
  return new TrainError(
    'CANT_WRITE',
    `The feature cache ${folder} can't be written (${code}). ${full ? 'Free some room' : 'Check its permissions'}, or let DQN_CACHE name another place. What is cached already is kept, and the next run goes on from there.`,
    { cause },
  );
}
