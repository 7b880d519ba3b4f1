/**
 * @file Heads on cached features, learnt and measured in memory: what the benchmark `learn` and the choice of
 * hyper-parameters share. The trunk sees every picture once; after that a head costs seconds.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheFolder, openDataset, protocol } from '@dqn/data';
import { embeddingModel, preprocessModel, writeModel } from '@dqn/onnx';
import { buildHead, readCheckpoint, train, trunkFeatures } from '@dqn/train';
import { openTrunk } from '../../../apps/trainer/dist/backbone/open.js';
import { measureInThreads } from '../../../apps/trainer/dist/evaluate/threads.js';
import { createSession, ORT_MODULE, Tensor } from '../../../apps/trainer/dist/ort.js';

const PLAIN = { flip: false, crops: 0, scale: [1, 1] };

/** A data set behind a frozen backbone. `features(rows, views, say)` gives what `trunkFeatures` gives. */
export async function openFrozen({ data, backbone, size, workers }) {
  const dataset = await openDataset(data);
  const { trunk } = await openTrunk(backbone, { size });
  const preprocess = preprocessModel({ size });
  return {
    dataset,
    preprocess,
    features: (rows, views = PLAIN, say = () => {}) => {
      let told = performance.now();
      return trunkFeatures({
        ...{ trunk, preprocess, size, rows, views, workers },
        read: (row, signal) => dataset.read(row, signal),
        cache: join(cacheFolder(), 'features'),
        ortModule: ORT_MODULE,
        onProgress: (done, total) => {
          if (performance.now() - told < 15_000) return;
          told = performance.now();
          say(`  ${done} of ${total} views`);
        },
      });
    },
    split: (name, seed) => protocol(name, dataset, seed),
    labels: (rows) => Array.from(rows, (row) => [...dataset.labels(row)]),
  };
}

/** Some of the images of features, in this order. */
export function pick({ values, views, images, ...rest }, some) {
  const width = values.length / (views * images);
  const out = new Float32Array(views * some.length * width);
  for (let view = 0; view < views; view++) {
    some.forEach((image, to) => {
      const from = (view * images + image) * width;
      out.set(values.subarray(from, from + width), (view * some.length + to) * width);
    });
  }
  return { ...rest, values: out, views, images: some.length };
}

/** Learns a head; `embed` gives what the exported network gives for features [n, F]. */
export async function learnHead({ features, labels, preprocess, recipe, bits, codewords, seed, workers }) {
  const out = await mkdtemp(join(tmpdir(), 'dqn-head-'));
  try {
    const graph = buildHead(recipe.network, features, seed);
    const started = performance.now();
    const { run, result } = await train({
      ...{ features, labels, graph, recipe, bits, codewords, seed },
      ...(workers && { workers }),
      preprocess: writeModel(preprocess),
      engine: 'onnxruntime',
      out: join(out, 'run'),
      checkpointSeconds: 3600,
      facts: { data: '', protocol: '', classes: [] },
      ortModule: ORT_MODULE,
    });
    const seconds = (performance.now() - started) / 1000;
    const { learner, quantizer } = await readCheckpoint(run.path('checkpoint'));
    const { M, K, D } = run.record.identity;
    const weights = new Map([...learner.parameters].map(([name, value]) => [name, { type: 'float32', ...value }]));
    const { unitLength } = recipe;
    const { rotation, codewords: words } = quantizer;
    const model = embeddingModel(graph, { unitLength, weights, ...(rotation && { rotation }) });
    const session = await createSession(writeModel(model));
    return {
      ...{ seconds, result, bytes: (await readFile(run.path('graph'))).length },
      codebook: { M, K, D, codewords: words },
      embed: async (values, n) => {
        const width = values.length / n;
        const z = new Float32Array(n * D);
        for (let at = 0; at < n; at += 1000) {
          const count = Math.min(1000, n - at);
          const part = values.subarray(at * width, (at + count) * width);
          const feeds = { [session.inputNames[0]]: new Tensor('float32', part, [count, width]) };
          z.set((await session.run(feeds))[session.outputNames[0]].data, at * D);
        }
        return z;
      },
      close: () => session.release(),
    };
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}

/** MAP by the rankings, all by default: `{ aqd, ip, sqd, unquantized }`. */
export async function maps({ metrics, codebook, queries, database, queryLabels, databaseLabels, R, seed }) {
  const signal = new AbortController().signal;
  const measured = await measureInThreads({
    ...{ codebook, queries, database, queryLabels, databaseLabels, R, seed, signal },
    ...(metrics && { metrics }),
  });
  return Object.fromEntries(Object.entries(measured).map(([metric, { map }]) => [metric, map]));
}
