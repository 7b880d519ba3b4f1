/**
 * @file Files that say which process works at something. Each appears with its content, and one process gets it.
 *
 * Whether the process of a lock lives is known by its number where numbers mean the same: on one host, in one container,
 * since one start. Elsewhere it is seen by the file's time, which whoever holds the lock sets anew every other second.
 */
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { link, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { systemCode, writeError } from './errors.ts';

/** A lock that was taken. */
export interface LockFile {
  /** Whether the file is still this process's; false once somebody has deleted or replaced it. */
  isHeld(): Promise<boolean>;
  /** Whether it was this process's so short a time ago that nobody can have taken it over since. */
  readonly isFresh: boolean;
  /** Removes the file if it is still this process's. A second call does nothing. */
  release(): Promise<void>;
}

/** Makes the error for a lock that somebody else has: `Process 12`, `Process 12 on HOST` or `Another process`. */
export type Refusal = (owner: string) => Error;

/** The locks of this very process, which its number alone couldn't tell from those of an earlier one. */
const held = new Set<string>();

/** Older versions, and file systems without links, have a lock empty for a moment: not until later was it left behind. */
const EMPTY_FOR_MS = 10_000;

/** Times, in milliseconds. */
export interface LockTimes {
  /** How often whoever holds the lock says that it lives. */
  readonly beat: number;
  /** For how long a lock from elsewhere is watched before it counts as left behind. */
  readonly silence: number;
}

const TIMES: LockTimes = { beat: 2000, silence: 15_000 };

/** How often a lock that came and went while it was looked at is tried for. */
const TRIES = 20;

/**
 * Takes a lock: a file with `NUMBER HOST SPACE TOKEN`. What a process left that is no more is taken over, by one of all
 * who try: at once where it ran here, elsewhere (another container, another host of a shared folder) when its lock has
 * been silent for a while. Who was stopped for so long has lost its lock, and has to look (`isFresh`, `isHeld`).
 *
 * @param path absolute; its folder has to exist
 * @throws FormatError `FILE_NOT_FOUND` (the folder), `WRITE_FAILED`, `DISK_FULL`, with no file left; what `refuse` gives
 */
export async function takeLockFile(path: string, refuse: Refusal, times: LockTimes = TIMES): Promise<LockFile> {
  const own = `${process.pid} ${hostname()} ${SPACE}`;
  if (held.has(path)) throw refuse(ownerOf(own));
  held.add(path);
  const content = `${own} ${randomBytes(6).toString('hex')}`;
  try {
    const other = await acquire(path, content, times);
    if (other !== undefined) throw refuse(ownerOf(other));
  } catch (error) {
    held.delete(path);
    throw error;
  }
  // By the clock on the wall: that of the process stands still while its machine sleeps.
  let seen = Date.now();
  const isHeld = async () => {
    const now = Date.now();
    if ((await look(path))?.content !== content) return false;
    seen = now;
    return true;
  };
  const beat = async () => {
    if (await isHeld()) await utimes(path, new Date(), new Date());
  };
  const timer = setInterval(() => void beat().catch(() => undefined), times.beat).unref();
  let isReleased = false;
  return {
    isHeld,
    get isFresh() {
      return Math.abs(Date.now() - seen) < times.silence / 2;
    },
    async release() {
      if (isReleased) return;
      isReleased = true;
      clearInterval(timer);
      try {
        if (await isHeld()) await rm(path, { force: true });
      } finally {
        held.delete(path);
      }
    },
  };
}

/** Gives undefined when the lock was got, else the content of the one that somebody else has. */
async function acquire(path: string, content: string, times: LockTimes): Promise<string | undefined> {
  for (let tries = 0; tries < TRIES; tries++) {
    if (await create(path, content)) return undefined;
    const found = await look(path);
    if (found === undefined) continue;
    if (!(await isLeft(path, found, times))) return found.content;
    const other = await replace(path, found, content, times);
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
async function replace(
  path: string,
  left: Found,
  content: string,
  times: LockTimes,
): Promise<string | undefined | typeof CHANGED> {
  const claim = `${path}.${createHash('sha256').update(left.content).digest('hex').slice(0, 12)}`;
  const other = await acquire(claim, content, times);
  if (other !== undefined) return other;
  try {
    const found = await look(path);
    if (found?.content !== left.content || found.time !== left.time) return CHANGED;
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
  /** When it was written, or its holder has last said that it lives: milliseconds since 1970. */
  readonly time: number;
}

/** What stands there; undefined for nothing. What can't be read is nobody's, but isn't left behind either. */
async function look(path: string): Promise<Found | undefined> {
  try {
    return { content: await readFile(path, 'utf8'), time: (await stat(path)).mtimeMs };
  } catch (error) {
    return systemCode(error) === 'ENOENT' ? undefined : { content: '', time: Date.now() };
  }
}

/** Whether a lock is of a process that is no more, or of an earlier one with this one's number. */
async function isLeft(path: string, found: Found, { beat, silence }: LockTimes): Promise<boolean> {
  const { content, time } = found;
  // The clock of a shared folder may be ahead.
  if (content === '') return Math.abs(Date.now() - time) > EMPTY_FOR_MS;
  const [number, host = hostname(), space, token] = content.split(' ');
  const owner = Number(number);
  // Older versions name no space.
  const isHere = host === hostname() && (token === undefined || space === SPACE);
  if (isHere) return owner === process.pid || !isAlive(owner);
  for (let waited = 0; waited < silence; waited += beat / 4) {
    await pause(beat / 4);
    const now = await look(path);
    // Another one is looked at anew.
    if (now?.content !== content) return true;
    if (now.time !== time) return false;
  }
  return true;
}

/** Where, on this host, the numbers of processes mean the same. */
const SPACE = processSpace();

/** The container, and the start of the machine, where the system tells of them; hexadecimal digits. */
function processSpace(): string {
  try {
    const space = `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')} ${readlinkSync('/proc/self/ns/pid')}`;
    return createHash('sha256').update(space).digest('hex').slice(0, 12);
  } catch {
    return '-';
  }
}

/** Whether a process of this host, and container, runs. */
export function isAlive(id: number): boolean {
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
