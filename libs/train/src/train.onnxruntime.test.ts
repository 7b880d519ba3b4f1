import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readCodebook } from '@dqn/format';
import { decode, encode } from '@dqn/pq';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCheckpoint } from './checkpoint.ts';
import { exportModel } from './export.ts';
import { freshPictures as fresh, smallOptions } from './testing/small.ts';
import { type TrainOptions, train } from './train.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dqn-train-ort-'));
});
afterAll(() => rm(folder, { recursive: true }));

function options(out: string, change: Partial<TrainOptions> = {}): TrainOptions {
  return smallOptions(join(folder, out), change);
}

describe('train on the onnxruntime engine', () => {
  it('learns to find pictures of the same class that it has not seen, by their codes', async () => {
    const { run, result } = await train(options('one'));
    const model = await exportModel(run.directory, join(folder, 'one-model'));
    const session = await InferenceSession.create(await readFile(join(model.directory, 'model.onnx')));
    const codebook = readCodebook(await readFile(join(model.directory, 'codebook.pb')));
    const image = new Tensor('uint8', fresh.pixels, [64, 32, 32, 3]);
    const { embedding } = await session.run({ image });
    const z = embedding.data as Float32Array;
    expect(embedding.dims).toEqual([64, 16]);
    for (let i = 0; i < 64; i++) expect(Math.hypot(...z.subarray(i * 16, i * 16 + 16))).toBeCloseTo(1, 4);

    const found = decode(codebook, encode(codebook, z));
    let right = 0;
    for (let i = 0; i < 64; i++) {
      let nearest = -1;
      let least = Number.POSITIVE_INFINITY;
      for (let j = 0; j < 64; j++) {
        let distance = 0;
        for (let d = 0; d < 16; d++) distance += (z[i * 16 + d] - found[j * 16 + d]) ** 2;
        if (j !== i && distance < least) [nearest, least] = [j, distance];
      }
      if (fresh.labels[nearest][0] === fresh.labels[i][0]) right++;
    }
    expect(right).toBeGreaterThan(58);
    expect(result.Q).toBeGreaterThan(0);
    await session.release();
  });

  it('gives the same bytes of model and codebook again', async () => {
    await train(options('two'));
    await exportModel(join(folder, 'two'), join(folder, 'two-model'));
    for (const file of ['codebook.pb', 'model.onnx']) {
      const [one, two] = await Promise.all(['one', 'two'].map((run) => readFile(join(folder, `${run}-model`, file))));
      expect(two.equals(one)).toBe(true);
    }
  });

  it('stopped in the middle of an epoch and resumed, ends at the same bytes', async () => {
    const controller = new AbortController();
    const onProgress: TrainOptions['onProgress'] = ({ step }) => step === 14 && controller.abort();
    await expect(train(options('parts', { signal: controller.signal, onProgress }))).rejects.toMatchObject({
      code: 'ABORTED',
    });
    expect((await readCheckpoint(join(folder, 'parts', 'checkpoint.bin'))).step).toBe(14);
    await train(options('parts', { resume: true, engine: 'auto' }));
    await exportModel(join(folder, 'parts'), join(folder, 'parts-model'));
    const [one, parts] = await Promise.all(
      ['one', 'parts'].map((run) => readFile(join(folder, `${run}-model`, 'codebook.pb'))),
    );
    expect(parts.equals(one)).toBe(true);
  });
});
