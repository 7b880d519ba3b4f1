import { type ChildProcess, fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { link, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { takeLockFile } from '../node.ts';

// They can be made to fail.
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  return { ...real, link: vi.fn(real.link), writeFile: vi.fn(real.writeFile) };
});
const real = await vi.importActual<typeof import('node:fs/promises')>('node:fs/promises');

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dqn-lock-'));
  path = join(folder, 'lock');
});
afterEach(async () => {
  vi.mocked(link).mockImplementation(real.link);
  vi.mocked(writeFile).mockImplementation(real.writeFile);
  await rm(folder, { recursive: true, force: true });
});

const take = () => takeLockFile(path, (owner) => new Error(`${owner} has it`));
const systemError = (code: string) => Object.assign(new Error(code), { code });
/** What a dead process left; no two are alike. */
const left = (i = 0) => `999999999 ${hostname()} ${i}`;

describe('a lock', () => {
  it('is a file that says who has it, until it is released', async () => {
    const lock = await take();
    expect(await readFile(path, 'utf8')).toMatch(
      new RegExp(`^${process.pid} ${hostname()} ([0-9a-f]{12}|-) [0-9a-f]{12}$`),
    );
    expect(await readdir(folder)).toEqual(['lock']);
    await expect(take()).rejects.toThrow(`Process ${process.pid} has it`);
    expect(await lock.isHeld()).toBe(true);
    await lock.release();
    await lock.release();
    expect(await lock.isHeld()).toBe(false);
    expect(await readdir(folder)).toEqual([]);
  });

  it('that was taken away is not removed', async () => {
    const lock = await take();
    await writeFile(path, 'of somebody else');
    expect(await lock.isHeld()).toBe(false);
    await lock.release();
    expect(await readFile(path, 'utf8')).toBe('of somebody else');
  });

  it('is never there without its content', async () => {
    let seen = '';
    vi.mocked(writeFile).mockImplementation(async (...rest) => {
      await real.writeFile(...rest);
      seen += await readdir(folder);
    });
    await take();
    expect(seen).toMatch(/^lock\.[0-9a-f]{12}$/);
  });

  it('that a killed process left is taken over, even if another one was killed while it did that', async () => {
    await writeFile(path, left());
    const claim = `${path}.${createHash('sha256').update(left()).digest('hex').slice(0, 12)}`;
    await writeFile(claim, `${process.ppid} ${hostname()} abc`);
    await expect(take()).rejects.toThrow(`Process ${process.ppid} has it`);
    await writeFile(claim, left(1));
    const lock = await take();
    expect(await lock.isHeld()).toBe(true);
    expect(await readdir(folder)).toEqual(['lock']);
  });

  it('from elsewhere is one that somebody has as long as it says so', async () => {
    const times = { beat: 40, silence: 400 };
    const lockFor = () => takeLockFile(path, (owner) => new Error(`${owner} has it`), times);
    await writeFile(path, `${process.pid} ${hostname()} 0123456789ab abc`);
    const beating = setInterval(() => void utimes(path, new Date(), new Date()), 40);
    await expect(lockFor()).rejects.toThrow(`Process ${process.pid} has it`);
    clearInterval(beating);
    const lock = await lockFor();
    expect([await lock.isHeld(), lock.isFresh]).toEqual([true, true]);
    // It says so itself.
    await utimes(path, 1, 1);
    await expect.poll(async () => (await stat(path)).mtimeMs).toBeGreaterThan(1e6);
    await lock.release();
    await writeFile(path, '1 another-host 0123456789ab abc');
    await (await lockFor()).release();
  });

  it('is not fresh to one that was stopped for long', async () => {
    const lock = await take();
    vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 10_000);
    expect(lock.isFresh).toBe(false);
    expect(await lock.isHeld()).toBe(true);
    expect(lock.isFresh).toBe(true);
    vi.restoreAllMocks();
    await lock.release();
  });

  it('that is empty may be one that is being made, until it is old', async () => {
    await writeFile(path, '');
    await expect(take()).rejects.toThrow('Another process has it');
    await utimes(path, 1, 1);
    await (await take()).release();
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('a disk that is full', () => {
  it.each(['with', 'without'])('leaves no lock, %s links', async (links) => {
    if (links === 'without') vi.mocked(link).mockRejectedValue(systemError('EPERM'));
    vi.mocked(writeFile).mockImplementation(async (file, content, options) => {
      // Names take no room, nor does nothing.
      const isLock = file === path;
      await real.writeFile(file, isLock || links === 'with' ? '' : content, options);
      if (content !== '' && (isLock || links === 'with')) throw systemError('ENOSPC');
    });
    await expect(take()).rejects.toMatchObject({ code: 'DISK_FULL' });
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('a file system without links', () => {
  it('has locks, too', async () => {
    vi.mocked(link).mockRejectedValue(systemError('EPERM'));
    for (const before of [undefined, left()]) {
      if (before !== undefined) await writeFile(path, before);
      const lock = await take();
      await expect(take()).rejects.toThrow('has it');
      expect(await lock.isHeld()).toBe(true);
      expect(await readdir(folder)).toEqual(['lock']);
      await lock.release();
    }
  });
});

/** Takes the lock when the time has come, and says whether it got it; gives it back when told so. */
const RACER = `
import { takeLockFile } from ${JSON.stringify(new URL('../../dist/node.js', import.meta.url).href)};
let lock;
process.on('message', async ({ path, at }) => {
  if (path === undefined) {
    await lock?.release();
    lock = undefined;
    return process.send('released');
  }
  while (Date.now() < at);
  lock = await takeLockFile(path, (owner) => new Error(owner)).catch((error) => void process.send(error.message));
  if (lock) process.send('won');
});
process.send('ready');`;

describe('processes that race', () => {
  const racers: ChildProcess[] = [];
  afterEach(() => {
    for (const racer of racers.splice(0)) racer.kill();
  });
  const said = () =>
    Promise.all(racers.map((racer) => new Promise<string>((resolve) => racer.once('message', resolve))));
  const tell = (message: object) => {
    const answers = said();
    for (const racer of racers) racer.send(message);
    return answers;
  };

  it('for a lock that is free, or that a dead one left: one of them gets it, the other is told who', async () => {
    const file = join(folder, 'racer.mjs');
    await writeFile(file, RACER);
    for (let i = 0; i < 2; i++) racers.push(fork(file, { execArgv: [] }));
    await said();
    for (let round = 0; round < 80; round++) {
      if (round % 2 === 1) await writeFile(path, left(round));
      const results = await tell({ path, at: Date.now() + 4 });
      const winner = racers[results.indexOf('won')];
      expect(results.toSorted()).toEqual([`Process ${winner?.pid}`, 'won']);
      expect(await readFile(path, 'utf8')).toContain(`${winner.pid} `);
      await tell({});
      expect((await readdir(folder)).sort()).toEqual(['racer.mjs']);
    }
  });
});
