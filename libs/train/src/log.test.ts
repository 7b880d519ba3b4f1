import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RunLog, readLog } from './log.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dqn-log-'));
  path = join(folder, 'log.jsonl');
});
afterEach(() => rm(folder, { recursive: true }));

const epoch = (step: number) => ({ epoch: step - 1, step, loss: 1, L: 1, Q: 0 });

describe('RunLog', () => {
  it('appends a line for each epoch, and reads them back', async () => {
    const log = new RunLog(path);
    await log.epoch(epoch(1), 2);
    await log.end({ step: 1, epoch: 1, loss: 0.5 });
    expect(await readLog(path)).toEqual([
      { kind: 'epoch', step: 1, epoch: 1, loss: 1, L: 1, Q: 0, seconds: 2 },
      { kind: 'end', step: 1, epoch: 1, loss: 0.5 },
    ]);
  });

  it('goes back to a step, past half a line that a killed process left', async () => {
    const log = new RunLog(path);
    for (const step of [1, 2, 3]) await log.epoch(epoch(step), 0);
    await appendFile(path, '{"kind":"epoch","st');
    expect(await readLog(path)).toHaveLength(3);
    await log.rewind(2);
    await log.epoch(epoch(3), 0);
    expect((await readLog(path)).map(({ step }) => step)).toEqual([1, 2, 3]);
    expect(await readFile(path, 'utf8')).toMatch(/^(\{.*\}\n){3}$/);
  });

  it('is empty where there is no file, and says so where it can’t write', async () => {
    expect(await readLog(path)).toEqual([]);
    const nowhere = new RunLog(join(folder, 'no', 'log.jsonl'));
    await expect(nowhere.epoch(epoch(1), 0)).rejects.toMatchObject({ code: 'CANT_WRITE' });
  });
});
