import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { makePictures, temporaryFolder } from '../src/testing/model.ts';
import { dqn, dqnJson, SMALL, start } from './command.ts';

let folder: string;
const at = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = await temporaryFolder();
  await makePictures(at('pictures'), 25);
});

describe('Ctrl-C while training', () => {
  it('leaves a checkpoint, says how to go on, and --resume ends at the same bytes', async () => {
    const train = (out: string) => ['train', '--data', at('pictures'), '--out', at(out), '--epochs', '12', ...SMALL];
    const running = start(train('stopped'));
    await running.said(/Learning \d/);
    running.child.kill('SIGINT');
    const { code, stdout, stderr } = await running.done;
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^dqn: ABORTED: .*--resume/m);

    const half = await dqn(['export', at('stopped'), '--out', at('half')]);
    expect([half.code, half.stderr]).toEqual([
      1,
      expect.stringMatching(/^dqn: (NOT_FINISHED|NO_CHECKPOINT): .*--resume/m),
    ]);
    const again = await dqn(train('stopped'));
    expect([again.code, again.stderr]).toEqual([1, expect.stringMatching(/^dqn: RUN_EXISTS: .*--resume/m)]);
    const other = await dqn([...train('stopped'), '--resume', '--seed', '9']);
    expect([other.code, other.stderr]).toEqual([1, expect.stringMatching(/^dqn: OTHER_OPTIONS: /m)]);

    // What the run was begun with need not be said again.
    await dqnJson(['train', '--resume', '--data', at('pictures'), '--out', at('stopped')]);
    await dqnJson(train('through'));
    for (const name of ['stopped', 'through']) await dqnJson(['export', at(name), '--out', at(`${name}-model`)]);
    const read = (name: string) => readFile(at(`${name}-model/codebook.pb`));
    expect(await read('stopped')).toEqual(await read('through'));
  });

  it('twice ends at once', async () => {
    const running = start(['train', '--data', at('pictures'), '--out', at('twice'), '--epochs', '500', ...SMALL]);
    await running.said(/Learning \d/);
    running.child.kill('SIGINT');
    running.child.kill('SIGINT');
    expect((await running.done).code).toBe(1);
  });
});

describe('Ctrl-C before the command has been loaded', () => {
  it.each(['SIGINT', 'SIGTERM'])('ends it with exit code 1 (%s)', async (signal) => {
    // The first thing that the command does is to look whether it was built.
    const atOnce = `
      import fs from 'node:fs';
      import { syncBuiltinESMExports } from 'node:module';
      const { existsSync } = fs;
      fs.existsSync = (path) => {
        if (/dist.main.js$/.test(path)) process.kill(process.pid, '${signal}');
        return existsSync(path);
      };
      syncBuiltinESMExports();`;
    const NODE_OPTIONS = `--import data:text/javascript,${encodeURIComponent(atOnce)}`;
    const { code, stdout, stderr } = await dqn(['--version'], { NODE_OPTIONS });
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^dqn: INTERRUPTED: /m);
  });
});
