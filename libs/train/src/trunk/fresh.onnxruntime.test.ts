import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Picture } from '@dqn/data';
import { cut, type Graph, GraphBuilder, preprocessModel, writeModel } from '@dqn/onnx';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportModel } from '../export.ts';
import { buildHead } from '../head.ts';
import { type Recipe, startEpoch } from '../recipe.ts';
import { fineTuned } from '../recipes/fine-tuned.ts';
import { coloured } from '../testing/pictures.ts';
import { type TrainOptions, type TrunkFeatures, train } from '../train.ts';
import { trunkFeatures } from './features.ts';
import { FreshSource } from './fresh.ts';
import { joinTrunk } from './join.ts';

const N = 96;
const SIZE = 24;
const all = coloured({ N, size: 16, classes: 4, noise: 60 });
const bytes = 16 * 16 * 3;
const read = async (row: number): Promise<Picture> => ({
  width: 16,
  height: 16,
  data: all.pixels.slice(row * bytes, (row + 1) * bytes),
});
const ortModule = new URL('../testing/ort.mjs', import.meta.url).href;
const preprocess = preprocessModel({ size: SIZE });

/** Two small convolutions on 24 pixels; between them, at `middle`, it is cut. */
function backbone(): Graph {
  const b = new GraphBuilder('backbone', { seed: 1 });
  const x = b.pixels(SIZE, { mean: [128, 128, 128], scale: [1 / 64, 1 / 64, 1 / 64] });
  const y = b.relu(b.conv(x, { name: 'one', channels: 6, stride: 2 }), 'middle');
  const z = b.relu(b.conv(y, { name: 'fc', channels: 8, stride: 2 }));
  b.output(b.flatten(b.averagePool(z, { kernel: 6 }), 'pooled'), 'features');
  return b.build();
}

const recipe: Recipe = {
  ...fineTuned(SIZE, N),
  network: { kind: 'head', dimensions: 12, hidden: 16, dropout: 0.1, activation: 'tanh' },
  head: { views: { flip: true, crops: 1, scale: [0.7, 1] }, learningRate: 2e-3, batch: 32, epochs: 6 },
  quantization: { ...fineTuned(SIZE, N).quantization, lambda: 0.05, beta: 0.05, start: { epoch: 2 }, views: 1 },
  finalCodebooks: { from: 'kmeans', views: 2, iterations: 10 },
  batch: 32,
  epochs: 4,
};

let folder: string;
let pooled: TrunkFeatures;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dqn-fresh-'));
  const rows = Array.from({ length: N }, (_, row) => row);
  const views = recipe.head!.views;
  const o = { trunk: backbone(), preprocess, size: SIZE, rows, read, views, cache: undefined, ortModule, workers: 2 };
  pooled = (await trunkFeatures(o)).features;
});
afterAll(() => rm(folder, { recursive: true }));

function options(out: string, change: Partial<TrainOptions> = {}, at: 'middle' | 'input' = 'middle'): TrainOptions {
  const { trunk, tail } = at === 'middle' ? cut(backbone(), 'middle') : { trunk: undefined, tail: backbone() };
  const spec = recipe.network.kind === 'head' ? recipe.network : undefined;
  const head = buildHead(spec!, pooled, 1);
  return {
    fresh: { images: N, read, sha256: pooled.sha256, ...(trunk && { trunk }) },
    head: { graph: head, features: pooled },
    labels: all.labels,
    graph: joinTrunk(tail, head),
    preprocess: writeModel(preprocess),
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

async function model(run: string): Promise<Buffer[]> {
  const { directory } = await exportModel(join(folder, run), join(folder, `${run}-model`));
  return Promise.all(['model.onnx', 'codebook.pb'].map((file) => readFile(join(directory, file))));
}

const open = (change: { workers?: number; at?: 'input' } = {}): Promise<FreshSource> =>
  FreshSource.open(options('none', {}, change.at).fresh!, {
    ...{ plan: recipe.freshViews!, size: SIZE, preprocess: writeModel(preprocess), epochs: 4, seed: 1, ortModule },
    workers: change.workers ?? 2,
  });

describe('fresh views', () => {
  it('depend on seed, epoch and picture alone: not on threads, batches and what was asked for before', async () => {
    const width = 6 * 12 * 12;
    await using one = await open();
    await using two = await open({ workers: 1 });
    const whole = await one.batch([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 3);
    expect(whole).toHaveLength(11 * width);
    await two.further([9, 8], 1);
    const [part, other] = await Promise.all([two.batch([10, 4], 3), two.batch([10, 4], 2)]);
    expect(part.subarray(0, width)).toEqual(whole.subarray(10 * width));
    expect(part.subarray(width)).toEqual(whole.subarray(4 * width, 5 * width));
    expect(other).not.toEqual(part);
    // Beyond the last epoch there are further views, which aren't learnt from.
    expect(await two.batch([9, 8], 5)).toEqual(await one.further([9, 8], 1));
  });

  it('are bytes of pixels where all of the network learns; plain ones are what inference sees', async () => {
    await using source = await open({ at: 'input' });
    const plain = await source.plain([5]);
    expect(plain).toBeInstanceOf(Uint8Array);
    expect(plain).toHaveLength(SIZE * SIZE * 3);
    expect((await source.batch([5, 6], 0)).length).toBe(2 * SIZE * SIZE * 3);
  });

  it('that can’t be made say why', async () => {
    const fresh = { ...options('none').fresh!, read: () => Promise.reject(new Error('the disk is gone')) };
    const out = options('broken', { fresh });
    await expect(train(out)).rejects.toThrow('the disk is gone');
  });
});

describe('fine-tuning', () => {
  it('learns the head first, then with it what lies behind the cut', async () => {
    const seen: string[] = [];
    const { run, result } = await train(
      options('whole', { onProgress: ({ phase, step }) => seen.push(`${phase} ${step}`) }),
    );
    expect(seen.slice(0, 18)).toEqual(Array.from({ length: 18 }, (_, i) => `head ${i + 1}`));
    expect(seen.slice(18)).toEqual([...Array.from({ length: 12 }, (_, i) => `learning ${i + 1}`), 'codebooks 12']);
    expect(run.record.identity.cut).toBe('middle');
    expect(result.Q).toBeGreaterThan(0);
    expect(startEpoch(recipe.quantization.start, 4)).toBe(2);
    await model('whole');
  });

  it.each([
    ['head', 1],
    ['head', 11],
    ['learning', 1],
    ['learning', 5],
    ['learning', 12],
  ])('stopped in phase %s after step %i and resumed, ends at the same bytes', async (phase, step) => {
    const controller = new AbortController();
    const out = `stopped-${phase}-${step}`;
    const onProgress: TrainOptions['onProgress'] = (now) => {
      if (now.phase === phase && now.step === step) controller.abort();
    };
    await expect(train(options(out, { onProgress, signal: controller.signal }))).rejects.toMatchObject({
      code: 'ABORTED',
    });
    await expect(train(options(out))).rejects.toMatchObject({ code: 'RUN_EXISTS' });
    await train(options(out, { resume: true }));
    expect(await model(out)).toEqual(await model('whole'));
  });

  it('may have the cut at the input', async () => {
    const { run } = await train(options('input', { epochs: 1 }, 'input'));
    expect(run.record.identity.cut).toBeUndefined();
    await model('input');
  });

  it('isn’t begun without what its recipe needs', async () => {
    const { head: _, ...headless } = options('refused');
    await expect(train(headless)).rejects.toThrow(/first phase/);
    const { freshViews: __, ...plain } = recipe;
    await expect(train(options('refused', { recipe: plain }))).rejects.toThrow(/fresh views/);
  });
});
