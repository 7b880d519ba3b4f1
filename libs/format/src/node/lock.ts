/** @file One process at a time writes to a gallery: two would write over each other's sections. */
import { randomBytes } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { FormatError } from '../errors.ts';
import { systemCode, writeError } from './errors.ts';

/** A lock that is held. */
export interface Lock {
  /** @throws FormatError `LOCKED` if somebody has taken it away meanwhile */
  check(): Promise<void>;
  release(): Promise<void>;
}

/** The locks of this very process, which its number alone couldn't tell from those of an earlier one. */
const held = new Set<string>();

/**
 * Takes the lock of a file: `.NAME.lock` beside it, with the process that writes as `NUMBER HOST TOKEN`. What a process of
 * this host left that is no more is taken over; of one on another host (a shared folder) nobody here can say whether it
 * lives.
 *
 * @param target the file itself, not a link to it
 * @throws FormatError `LOCKED`, naming who has it; `FILE_NOT_FOUND`, `WRITE_FAILED`, `DISK_FULL`
 */
export async function takeLock(target: string): Promise<Lock> {
  const path = join(dirname(target), `.${basename(target)}.lock`);
  const own = `${process.pid} ${hostname()}`;
  if (held.has(path)) throw locked(target, path, own);
  held.add(path);
  const content = `${own} ${randomBytes(6).toString('hex')}`;
  try {
    await acquire(target, path, content);
  } catch (error) {
    held.delete(path);
    throw error;
  }
  const isStillMine = async () => (await read(path)) === content;
  return {
    async check() {
      if (!(await isStillMine())) throw locked(target, path, await read(path));
    },
    async release() {
      held.delete(path);
      if (await isStillMine()) await rm(path, { force: true });
    },
  };
}

async function acquire(target: string, path: string, content: string): Promise<void> {
  if (await create(path, content)) return;
  const found = await read(path);
  if (!isLeft(found)) throw locked(target, path, found);
  const isGone = await takeAway(path, found);
  if (!isGone || !(await create(path, content))) throw locked(target, path, await read(path));
}

/**
 * Removes what a dead process left: under another name first, so that of two who do this at once only one does. If it is
 * the other's new lock by then, it goes back.
 */
async function takeAway(path: string, expected: string): Promise<boolean> {
  const aside = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    await rename(path, aside);
  } catch {
    return false;
  }
  const isIt = (await read(aside)) === expected;
  if (!isIt) await link(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
  return isIt;
}

function read(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}

/** Whether the lock could be made; false where there is one. */
async function create(path: string, content: string): Promise<boolean> {
  try {
    await writeFile(path, content, { flag: 'wx' });
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw writeError(path, error);
  }
}

/** Whether a lock is of a process of this host that is no more, or of an earlier one with this one's number. */
function isLeft(content: string): boolean {
  const [number = '', host = hostname()] = content.split(' ');
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

function locked(target: string, path: string, content: string): FormatError {
  const [number = '', host = ''] = content.split(' ');
  const owner = number === '' ? 'Another process' : `Process ${number}${host === hostname() ? '' : ` on ${host}`}`;
  return new FormatError(
    'LOCKED',
    `${owner} writes to ${target}. Wait for it; if that process is gone or no writer of galleries, delete ${path}.`,
  );
}
