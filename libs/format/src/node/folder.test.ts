import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeFolder } from './folder.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'dqn-folder-'));
});
afterEach(() => rm(root, { recursive: true }));

it('makes a folder and those around it, however many ask for it at once', async () => {
  await Promise.all(Array.from({ length: 8 }, () => makeFolder(join(root, 'a/b/c'))));
  expect(await readdir(join(root, 'a/b'))).toEqual(['c']);
  await makeFolder(join(root, 'a/b/c'));
});

it('says that a file is in the way', async () => {
  await writeFile(join(root, 'file'), '');
  await expect(makeFolder(join(root, 'file'))).rejects.toMatchObject({ code: 'EEXIST' });
  await expect(makeFolder(join(root, 'file/a'))).rejects.toMatchObject({ code: 'EEXIST' });
});

it.skipIf(process.platform !== 'linux')('ends where the system takes no folders', async () => {
  await expect(makeFolder('/proc/none/a')).rejects.toMatchObject({ code: expect.stringMatching(/^E[A-Z]+$/) });
});
