import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { lockRun } from './run-lock.ts';
import { tinyOptions } from './testing/tiny.ts';
import { train } from './train.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dqn-lock-'));
});
afterEach(() => rm(folder, { recursive: true }));

it('lets one learn in a folder at a time, and the next one after it', async () => {
  const release = await lockRun(folder);
  await expect(lockRun(folder)).rejects.toMatchObject({ code: 'RUN_BUSY' });
  await release();
  expect(await readdir(folder)).toEqual([]);
  await (await lockRun(folder))();
});

it('refuses a folder where another process lives, and takes over from one that was killed', async () => {
  await writeFile(join(folder, '.lock'), String(process.ppid));
  await expect(lockRun(folder)).rejects.toThrow(`Process ${process.ppid} is learning`);
  for (const gone of ['999999999', `999999999 ${hostname()}`, String(process.pid)]) {
    await writeFile(join(folder, '.lock'), gone);
    await (await lockRun(folder))();
  }
});

it('leaves the folder to a process on another host that says that it lives', async () => {
  const lock = join(folder, '.lock');
  await writeFile(lock, '999999999 elsewhere - abc');
  const beating = setInterval(() => void utimes(lock, new Date(), new Date()), 100);
  await expect(lockRun(folder)).rejects.toMatchObject({
    code: 'RUN_BUSY',
    message: expect.stringMatching(/Process 999999999 on elsewhere is learning.*delete .*\.lock/),
  });
  clearInterval(beating);
});

it('takes an empty lock for one that is being made, until it is old', async () => {
  const lock = join(folder, '.lock');
  await writeFile(lock, '');
  await expect(lockRun(folder)).rejects.toThrow('Another process is learning');
  await utimes(lock, 1, 1);
  await (await lockRun(folder))();
  expect(await readdir(folder)).toEqual([]);
});

it('removes what a process that was killed had written half, and nothing else', async () => {
  const part = '.checkpoint.bin.0123456789ab.part';
  for (const file of [part, '.mine.0123456789ab.part', 'checkpoint.bin']) await writeFile(join(folder, file), 'x');
  const release = await lockRun(folder);
  await writeFile(join(folder, part), 'x');
  await expect(lockRun(folder)).rejects.toMatchObject({ code: 'RUN_BUSY' });
  await release();
  expect((await readdir(folder)).sort()).toEqual([part, '.mine.0123456789ab.part', 'checkpoint.bin']);
  await (await lockRun(folder))();
  expect((await readdir(folder)).sort()).toEqual(['.mine.0123456789ab.part', 'checkpoint.bin']);
});

it('says that a folder can’t be written', async () => {
  await expect(lockRun(join(folder, 'none'))).rejects.toMatchObject({
    code: 'CANT_WRITE',
    message: expect.stringContaining('ENOENT'),
  });
});

it('keeps a second training out of the folder, and the first one unharmed', async () => {
  const out = join(folder, 'run');
  const [first, second] = await Promise.allSettled([train(tinyOptions(out)), train(tinyOptions(out))]);
  const [won, lost] = first.status === 'fulfilled' ? [first, second] : [second, first];
  expect(won.status).toBe('fulfilled');
  expect(lost).toMatchObject({ status: 'rejected', reason: { code: 'RUN_BUSY' } });
  expect(await readdir(out)).not.toContain('.lock');
});
