import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openDataset } from '@dqn/data';
import { type RunRecord, recipeFor } from '@dqn/train';
import { beforeAll, describe, expect, it } from 'vitest';
import { dataName } from '../data.ts';
import { makeModel, makePictures, temporaryFolder } from '../testing/model.ts';
import { someRun } from '../testing/run.ts';
import { type Asked, checkBeforehand, checkSameData, fewPictures } from './beforehand.ts';

const { signal } = new AbortController();
const network = 'a network';
const sha256 = createHash('sha256').update(network).digest('hex');

let folder: string;
let plain: RunRecord;
let onBackbone: RunRecord;
beforeAll(async () => {
  folder = await temporaryFolder();
  plain = someRun(await makeModel(join(folder, 'model')));
  onBackbone = {
    ...plain,
    identity: { ...plain.identity, recipe: recipeFor('fast', { size: 96, backbone: true }) },
    facts: { ...plain.facts, backbone: { name: 'mine.onnx', sha256, features: 'f', pixels: 'tf', cut: 'f' } },
  };
  await writeFile(join(folder, 'mine.onnx'), network);
  await writeFile(join(folder, 'other.onnx'), 'another');
});
const check = (asked: Asked, begun?: RunRecord) => checkBeforehand(join(folder, 'run'), asked, begun, signal);

describe('checkBeforehand', () => {
  it('takes a new run in a folder of its own, and none where other files are', async () => {
    await check({});
    await mkdir(join(folder, 'other'));
    await writeFile(join(folder, 'other/notes.txt'), '');
    await expect(checkBeforehand(join(folder, 'other'), {}, undefined, signal)).rejects.toThrow(
      expect.objectContaining({ code: 'RUN_EXISTS' }),
    );
  });

  it('goes on with what is asked for as it was begun, or left out', async () => {
    const same = { bits: 16, codewords: 16, seed: 1, epochs: 50, size: 32, recipe: 'fast', engine: 'onnxruntime' };
    for (const asked of [{}, same, { engine: 'auto', protocol: 'holdout', workers: 1 }]) await check(asked, plain);
    await check({ backbone: join(folder, 'mine.onnx') }, onBackbone);
  });

  it('names every difference with both values', async () => {
    const asked = {
      bits: 48,
      seed: 2,
      recipe: 'best',
      variant: 'dqn2',
      engine: 'tensorflow',
      protocol: 'cifar10-full',
    };
    const differences =
      '--bits was 16, now 48; --seed was 1, now 2; --recipe was fast, now best; --variant was none, now dqn2; --engine was onnxruntime, now tensorflow; --protocol was holdout, now cifar10-full.';
    await expect(check(asked, plain)).rejects.toThrow(
      expect.objectContaining({ code: 'OTHER_OPTIONS', message: expect.stringContaining(differences) }),
    );
    const other = join(folder, 'other.onnx');
    await expect(check({ backbone: other }, onBackbone)).rejects.toThrow(
      expect.objectContaining({
        code: 'OTHER_OPTIONS',
        message: expect.stringMatching(/--backbone was mine\.onnx \(sha256 .*\), now .*other\.onnx \(sha256 .*\)/),
      }),
    );
    await expect(check({ backbone: other }, plain)).rejects.toThrow(/--backbone was none, now .*other\.onnx/);
  });
});

describe('fewPictures', () => {
  it('names the option that suits fewer than four pictures a codeword', () => {
    expect(fewPictures(1023, 256)).toMatch(/^1,023 pictures .*256 codewords.* --codewords 16 /);
    expect(fewPictures(1024, 256)).toBeUndefined();
    expect(fewPictures(10, 16)).toBeUndefined();
  });
});

describe('checkSameData', () => {
  it('tells other pictures of the same name from the same ones', async () => {
    const pictures = join(await temporaryFolder(), 'pictures');
    await makePictures(pictures, 2);
    const begun = await openDataset(pictures);
    const run = { ...plain, facts: { ...plain.facts, data: dataName(begun) } };
    checkSameData(await openDataset(pictures), run);
    await makePictures(pictures, 3);
    const now = await openDataset(pictures);
    expect(() => checkSameData(now, run)).toThrow(
      expect.objectContaining({
        code: 'OTHER_OPTIONS',
        message: expect.stringMatching(/--data was pictures#\w+, now pictures#\w+ \(the same name, but other pictures/),
      }),
    );
  });
});
