/** @file Files that say which process works at something. Each appears with its content, and one process gets it. */
import { createHash, randomBytes } from 'node:crypto';
import { link, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { systemCode, writeError } from './errors.ts';

/** A lock that was taken. */
export interface LockFile {
  /** Whether the file is still this process's; false once somebody has deleted or replaced it. */
  isHeld(): Promise<boolean>;
  /** Removes the file if it is still this process's. A second call does nothing. */
  release(): Promise<void>;
}

/** Makes the error for a lock that somebody else has: `Process 12`, `Process 12 on HOST` or `Another process`. */
export type Refusal = (owner: string) => Error;

/** The locks of this very process, which its number alone couldn't tell from those of an earlier one. */
const held = new Set<string>();

/** Older versions, and file systems without links, have a lock empty for a moment: not until later was it left behind. */
const EMPTY_FOR_MS = 10_000;

/** How often a lock that came and went while it was looked at is tried for. */
const TRIES = 20;

/**
 * Takes a lock: a file with `NUMBER HOST TOKEN`. What a process of this host left that is no more is taken over, by one
 * of all who try; of a process on another host (a shared folder) nobody here can say whether it lives.
 *
 * @param path absolute; its folder has to exist
 * @throws FormatError `FILE_NOT_FOUND` (the folder), `WRITE_FAILED`, `DISK_FULL`, with no file left; what `refuse` gives
 */
export async function takeLockFile(path: string, refuse: Refusal): Promise<LockFile> {
  const own = `${process.pid} ${hostname()}`;
  if (held.has(path)) throw refuse(ownerOf(own));
  held.add(path);
  const content = `${own} ${randomBytes(6).toString('hex')}`;
  try {
    const other = await acquire(path, content);
    if (other !== undefined) throw refuse(ownerOf(other));
  } catch (error) {
    held.delete(path);
    throw error;
  }
  const isHeld = async () => (await look(path))?.content === content;
  let isReleased = false;
  return {
    isHeld,
    async release() {
      if (isReleased) return;
      isReleased = true;
      try {
        if (await isHeld()) await rm(path, { force: true });
      } finally {
        held.delete(path);
      }
    },
  };
}

/** Gives undefined when the lock was got, else the content of the one that somebody else has. */
async function acquire(path: string, content: string): Promise<string | undefined> {
  for (let tries = 0; tries < TRIES; tries++) {
    if (await create(path, content)) return undefined;
    const found = await look(path);
    if (found === undefined) continue;
    if (!isLeft(found)) return found.content;
    const other = await replace(path, found.content, content);
    if (other !== CHANGED) return other;
  }
  return '';
}

/** What was left behind is there no more. */
const CHANGED = Symbol('changed');

/**
 * Puts an own lock in the place of one that was left behind. Only who holds the lock's lock may, which is named after
 * what was read: who read the same needs the same one, and who gets it looks again.
 */
async function replace(path: string, left: string, content: string): Promise<string | undefined | typeof CHANGED> {
  const claim = `${path}.${createHash('sha256').update(left).digest('hex').slice(0, 12)}`;
  const other = await acquire(claim, content);
  if (other !== undefined) return other;
  try {
    const found = await look(path);
    if (found === undefined || found.content !== left || !isLeft(found)) return CHANGED;
    await withTemporary(path, content, (temporary) => rename(temporary, path));
    return undefined;
  } finally {
    await rm(claim, { force: true });
  }
}

/** Whether the lock could be made; false where there is one. */
async function create(path: string, content: string): Promise<boolean> {
  try {
    await withTemporary(path, content, (temporary) => link(temporary, path));
    return true;
  } catch (error) {
    const code = systemCode((error as Error).cause);
    if (code === 'EEXIST') return false;
    if (code === undefined || !NO_LINKS.has(code)) throw error;
    return await createInPlace(path, content);
  }
}

/** What a file system without hard links answers. */
const NO_LINKS = new Set(['EPERM', 'EACCES', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EINVAL']);

/** Without links the lock is there first, and a moment later what it says. */
async function createInPlace(path: string, content: string): Promise<boolean> {
  try {
    await writeFile(path, '', { flag: 'wx' });
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw writeError(path, error);
  }
  try {
    await writeFile(path, content);
  } catch (error) {
    await rm(path, { force: true });
    throw writeError(path, error);
  }
  return true;
}

/** Does something with a file of a content, which is gone afterwards. */
async function withTemporary(path: string, content: string, use: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    await writeFile(temporary, content, { flag: 'wx' });
    await use(temporary);
  } catch (error) {
    throw writeError(path, error);
  } finally {
    await rm(temporary, { force: true });
  }
}

interface Found {
  readonly content: string;
  /** Since it was written. */
  readonly ageMs: number;
}

/** What stands there; undefined for nothing. What can't be read is nobody's, but isn't left behind either. */
async function look(path: string): Promise<Found | undefined> {
  try {
    const content = await readFile(path, 'utf8');
    // The clock of a shared folder may be ahead.
    const ageMs = content === '' ? Math.abs(Date.now() - (await stat(path)).mtimeMs) : 0;
    return { content, ageMs };
  } catch (error) {
    return systemCode(error) === 'ENOENT' ? undefined : { content: '', ageMs: 0 };
  }
}

/** Whether a lock is of a process of this host that is no more, or of an earlier one with this one's number. */
function isLeft({ content, ageMs }: Found): boolean {
  if (content === '') return ageMs > EMPTY_FOR_MS;
  const [number, host = hostname()] = content.split(' ');
  const owner = Number(number);
  return host === hostname() && (owner === process.pid || !isAlive(owner));
}

function isAlive(id: number): boolean {
  if (!Number.isInteger(id) || id <= 0) return false;
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    return systemCode(error) === 'EPERM';
  }
}

function ownerOf(content: string): string {
  const [number = '', host = hostname()] = content.split(' ');
  return number === '' ? 'Another process' : `Process ${number}${host === hostname() ? '' : ` on ${host}`}`;
}
