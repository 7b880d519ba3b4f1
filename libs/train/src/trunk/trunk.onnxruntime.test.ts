import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataError, type Picture } from '@dqn/data';
import { readCodebook } from '@dqn/format';
import { type Graph, GraphBuilder, preprocessModel, writeModel } from '@dqn/onnx';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportModel } from '../export.ts';
import { buildHead } from '../head.ts';
import type { Recipe } from '../recipe.ts';
import { fastHead } from '../recipes/head.ts';
import { coloured } from '../testing/pictures.ts';
import { type TrainOptions, train } from '../train.ts';
import { type TrunkOptions, type TrunkResult, trunkFeatures } from './features.ts';

const N = 120;
const all = coloured({ N, size: 16, classes: 4, noise: 60 });
const bytes = 16 * 16 * 3;
const picture = (row: number): Picture => ({
  width: 16,
  height: 16,
  data: all.pixels.slice(row * bytes, (row + 1) * bytes),
});
const ortModule = new URL('../testing/ort.mjs', import.meta.url).href;

/** A small convolution on 24 pixels, whose names meet those of a head. */
function trunk(seed = 1): Graph {
  const b = new GraphBuilder('trunk', { seed });
  const x = b.pixels(24, { mean: [128, 128, 128], scale: [1 / 64, 1 / 64, 1 / 64] });
  const y = b.relu(b.conv(x, { name: 'fc', channels: 8, stride: 2 }));
  b.output(b.flatten(b.averagePool(y, { kernel: 6 }), 'pooled'), 'features');
  return b.build();
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dqn-trunk-'));
});
afterAll(() => rm(folder, { recursive: true }));

function features(change: Partial<TrunkOptions> = {}): Promise<TrunkResult> {
  return trunkFeatures({
    trunk: trunk(),
    preprocess: preprocessModel({ size: 24 }),
    size: 24,
    rows: Array.from({ length: N }, (_, row) => row),
    read: async (row) => picture(row),
    views: { flip: true, crops: 2, scale: [0.5, 1] },
    cache: undefined,
    ortModule,
    workers: 2,
    ...change,
  });
}

describe('a frozen trunk', () => {
  it('gives the same features whatever comes together, and what the graph gives by itself', async () => {
    const whole = await features();
    expect(whole).toMatchObject({ width: 32, cached: 0, computed: 4 * N, cache: undefined });
    const some = await features({ rows: [5, 3, 77], workers: 1 });
    const { values } = whole.features;
    for (const [at, row] of [5, 3, 77].entries()) {
      for (let view = 0; view < 4; view++) {
        const [a, b] = [view * 3 + at, view * N + row];
        expect(some.features.values.subarray(a * 32, a * 32 + 32)).toEqual(values.subarray(b * 32, b * 32 + 32));
      }
    }
    const resize = await InferenceSession.create(writeModel(preprocessModel({ size: 24 })));
    const network = await InferenceSession.create(writeModel(trunk()));
    const feeds = { [resize.inputNames[0]]: new Tensor('uint8', picture(5).data, [16, 16, 3]) };
    const image = (await resize.run(feeds))[resize.outputNames[0]];
    const alone = (await network.run({ image })).features.data as Float32Array;
    alone.forEach((value, i) => {
      expect(values[5 * 32 + i]).toBeCloseTo(value, 5);
    });
  });

  it('is not run again for what is in the cache: same bytes, no computation', async () => {
    const cache = join(folder, 'again');
    const first = await features({ cache });
    const again = await features({ cache });
    expect(again).toMatchObject({ cached: 4 * N, computed: 0 });
    expect(again.features.values).toEqual(first.features.values);
    expect(again.features.sha256).toBe(first.features.sha256);
    expect(again.cache).toEqual(first.cache);
    expect(again.cache!.bytes).toBeGreaterThan(4 * N * 32 * 4);
  });

  it('computes a changed picture and another trunk anew', async () => {
    const cache = join(folder, 'changed');
    await features({ cache, rows: [0, 1, 2] });
    const changed = async (row: number): Promise<Picture> => {
      const one = picture(row);
      if (row === 1) one.data[0] ^= 1;
      return one;
    };
    expect(await features({ cache, rows: [0, 1, 2], read: changed })).toMatchObject({ cached: 8, computed: 4 });
    expect(await features({ cache, rows: [0, 1, 2], trunk: trunk(2) })).toMatchObject({ cached: 0, computed: 12 });
    const preprocess = preprocessModel({ size: 24, resize: 30 });
    expect(await features({ cache, rows: [0, 1, 2], preprocess })).toMatchObject({ cached: 0, computed: 12 });
  });

  it('shows a picture that is there twice once', async () => {
    const twice = await features({ rows: [4, 4, 9], read: async (row) => picture(row) });
    expect(twice.computed).toBe(8);
    const { values } = twice.features;
    expect(values.subarray(0, 32)).toEqual(values.subarray(32, 64));
  });

  it('stopped in the middle, goes on from there to the same features', async () => {
    const cache = join(folder, 'stopped');
    const controller = new AbortController();
    const stopped = features({
      cache,
      signal: controller.signal,
      read: async (row) => {
        if (row === 90) controller.abort();
        return picture(row);
      },
    });
    await expect(stopped).rejects.toMatchObject({ code: 'ABORTED' });
    const rest = await features({ cache });
    expect(rest.cached).toBeGreaterThan(300);
    expect(rest.cached + rest.computed).toBe(4 * N);
    expect(rest.features.values).toEqual((await features()).features.values);
  });

  it('computes again what the disk altered', async () => {
    const cache = join(folder, 'altered');
    const first = await features({ cache });
    const [of] = await readdir(cache);
    const [name] = await readdir(join(cache, of));
    const file = join(cache, of, name);
    const content = await readFile(file);
    content[content.length - 3] ^= 4;
    await writeFile(file, content);
    const again = await features({ cache });
    expect(again.computed).toBeGreaterThan(0);
    expect(again.cached + again.computed).toBe(4 * N);
    expect(again.features.values).toEqual(first.features.values);
    expect(await features({ cache })).toMatchObject({ computed: 0 });
  });

  it('serves two calls on one cache at once', async () => {
    const cache = join(folder, 'two');
    const [one, two] = await Promise.all([features({ cache }), features({ cache, workers: 1 })]);
    expect(two.features.values).toEqual(one.features.values);
    expect(await features({ cache })).toMatchObject({ computed: 0 });
  });

  it('leaves out what can’t be read, and says so; with `strict` it stops', async () => {
    const read = async (row: number): Promise<Picture> => {
      if (row === 2) throw new DataError('UNREADABLE_PICTURE', 'row 2 is no picture');
      return picture(row);
    };
    const result = await features({ rows: [1, 2, 3], read });
    expect([...result.rows]).toEqual([1, 3]);
    expect(result.leftOut).toMatchObject([{ row: 2 }]);
    expect(result.features.values).toEqual((await features({ rows: [1, 3] })).features.values);
    await expect(features({ rows: [1, 2, 3], read, strict: true })).rejects.toMatchObject({
      code: 'UNREADABLE_PICTURE',
    });
    await expect(features({ rows: [2], read })).rejects.toMatchObject({ code: 'TOO_FEW_IMAGES' });
  });

  it('says what is wrong where the cache can’t be written', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    await expect(features({ cache: join(file, 'cache') })).rejects.toMatchObject({
      code: 'CANT_WRITE',
      message: /DQN_CACHE/,
    });
  });
});

const recipe: Recipe = {
  ...fastHead(24),
  network: { kind: 'head', dimensions: 12, hidden: 16, dropout: 0.1, activation: 'tanh' },
  batch: 32,
  epochs: 12,
};

async function options(out: string, change: Partial<TrainOptions> = {}): Promise<TrainOptions> {
  const { features: made } = await features({ cache: join(folder, 'train') });
  const head = recipe.network.kind === 'head' ? recipe.network : undefined;
  return {
    features: made,
    labels: all.labels,
    graph: buildHead(head!, made, 1),
    preprocess: writeModel(preprocessModel({ size: 24 })),
    recipe,
    bits: 8,
    codewords: 16,
    out: join(folder, out),
    engine: 'onnxruntime',
    workers: 2,
    facts: { data: 'coloured', protocol: 'none', classes: ['a', 'b', 'c', 'd'] },
    ortModule,
    ...change,
  };
}

describe('a head that learns behind a frozen trunk', () => {
  it('is exported with it as one network from pixels on, rotated and of unit length', async () => {
    const made = await options('one');
    const { run, result } = await train(made);
    expect(result.Q).toBeGreaterThan(0);
    const model = await exportModel(run.directory, join(folder, 'one-model'));
    const codebook = readCodebook(await readFile(join(model.directory, 'codebook.pb')));
    expect(codebook).toMatchObject({ M: 2, K: 16, D: 12 });
    const resize = await InferenceSession.create(await readFile(join(model.directory, 'preprocess.onnx')));
    const network = await InferenceSession.create(await readFile(join(model.directory, 'model.onnx')));
    const embed = async (row: number) => {
      const feeds = { [resize.inputNames[0]]: new Tensor('uint8', picture(row).data, [16, 16, 3]) };
      const image = (await resize.run(feeds))[resize.outputNames[0]];
      return (await network.run({ image })).embedding.data as Float32Array;
    };
    const z = await Promise.all(Array.from({ length: 40 }, (_, row) => embed(row)));
    let right = 0;
    for (const [i, one] of z.entries()) {
      expect(Math.hypot(...one)).toBeCloseTo(1, 4);
      const products = z.map((other, j) => (i === j ? -2 : one.reduce((sum, v, d) => sum + v * other[d], 0)));
      if (all.labels[products.indexOf(Math.max(...products))][0] === all.labels[i][0]) right++;
    }
    expect(right).toBeGreaterThan(36);
  });

  it.each([5, 20])('stopped after step %i and resumed, ends at the same bytes', async (stop) => {
    const whole = await train(await options(`whole-${stop}`));
    const controller = new AbortController();
    const out = `parts-${stop}`;
    const stopped = train(
      await options(out, { signal: controller.signal, onProgress: ({ step }) => step === stop && controller.abort() }),
    );
    await expect(stopped).rejects.toMatchObject({ code: 'ABORTED' });
    const resumed = await train(await options(out, { resume: true }));
    for (const file of ['graph'] as const) {
      expect(await readFile(resumed.run.path(file))).toEqual(await readFile(whole.run.path(file)));
    }
    await exportModel(whole.run.directory, join(folder, `whole-${stop}-model`));
    await exportModel(resumed.run.directory, join(folder, `parts-${stop}-model`));
    for (const file of ['model.onnx', 'codebook.pb']) {
      expect(await readFile(join(folder, `parts-${stop}-model`, file))).toEqual(
        await readFile(join(folder, `whole-${stop}-model`, file)),
      );
    }
  });

  it('is not resumed on other features', async () => {
    await train(await options('other'));
    const { features: made } = await features({ rows: Array.from({ length: N }, (_, i) => N - 1 - i) });
    await expect(train(await options('other', { resume: true, features: made }))).rejects.toMatchObject({
      code: 'OTHER_OPTIONS',
    });
  });
});
