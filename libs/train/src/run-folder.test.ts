import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { checkRunFolder } from './run-folder.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'dqn-run-folder-'));
});
afterEach(() => rm(root, { recursive: true }));

it('takes a folder that is not there, an empty one, and one where a run ended before its first checkpoint', async () => {
  await checkRunFolder(join(root, 'a/b/c'));
  expect(await readdir(root)).toEqual([]);
  await checkRunFolder(root);
  for (const name of ['run.json', 'graph.onnx', '.lock']) await writeFile(join(root, name), '');
  await checkRunFolder(root);
});

it('refuses a run, other files, and a file in the way', async () => {
  await mkdir(join(root, 'run'));
  await writeFile(join(root, 'run/checkpoint.bin'), '');
  await expect(checkRunFolder(join(root, 'run'))).rejects.toThrow(/holds a run already.*--resume/);
  await expect(checkRunFolder(root)).rejects.toMatchObject({ code: 'RUN_EXISTS', message: /other files \(run\)/ });
  for (const path of ['run/checkpoint.bin', 'run/checkpoint.bin/deep/er']) {
    await expect(checkRunFolder(join(root, path))).rejects.toMatchObject({
      code: 'CANT_WRITE',
      message: expect.stringMatching(/checkpoint\.bin is a file/),
    });
  }
});
