import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportModel } from './export.ts';
import { readLog } from './log.ts';
import { native } from './testing/native.ts';
import { smallOptions } from './testing/small.ts';
import { train } from './train.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dqn-train-tf-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe.skipIf(!native)('train on the tensorflow engine', () => {
  it('is what auto chooses, and ends within 1 % of the loss that onnxruntime ends at', async () => {
    const notices: string[] = [];
    const tensorflow = await train(
      smallOptions(join(folder, 'tf'), { engine: 'auto', workers: 1, onNotice: (line) => notices.push(line) }),
    );
    expect(notices[0]).toMatch(/^engine: tensorflow \(1 worker\), because @tensorflow\/tfjs-node/);
    const onnxruntime = await train(smallOptions(join(folder, 'ort'), { engine: 'onnxruntime', workers: 1 }));
    const difference = Math.abs(tensorflow.result.loss - onnxruntime.result.loss) / onnxruntime.result.loss;
    expect(difference).toBeLessThan(0.01);
    const epochs = async (run: string) =>
      (await readLog(join(folder, run, 'log.jsonl')))
        .filter(({ kind }) => kind === 'epoch')
        .map(({ L }) => L as number);
    const [one, two] = [await epochs('tf'), await epochs('ort')];
    expect(Math.abs(one[0] - two[0]) / two[0]).toBeLessThan(1e-3);
  });

  it('gives the same bytes of model and codebook again', async () => {
    await train(smallOptions(join(folder, 'again'), { engine: 'tensorflow', workers: 1 }));
    for (const run of ['tf', 'again']) await exportModel(join(folder, run), join(folder, `${run}-model`));
    for (const file of ['codebook.pb', 'model.onnx']) {
      const [one, two] = await Promise.all(['tf', 'again'].map((run) => readFile(join(folder, `${run}-model`, file))));
      expect(two.equals(one)).toBe(true);
    }
  });
});
