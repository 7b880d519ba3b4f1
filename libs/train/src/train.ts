/**
 * @file `train`: from pixels and labels to the folder of a run. The learning itself stands in `loop.ts`.
 */

import { readFile } from 'node:fs/promises';
import { writeFileAtomic } from '@dqn/format/node';
import { type Graph, readModel, writeModel } from '@dqn/onnx';
import { codebookShape } from '@dqn/pq';
import { MovingAverage } from './average.ts';
import { type Checkpoint, type EpochSums, readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import { openLearner } from './choose.ts';
import { finishCodebooks } from './codebooks.ts';
import type { EngineName, Parameter } from './engine/engine.ts';
import type { Provider } from './engine/onnxruntime/ort.ts';
import { checkAborted, TrainError } from './errors.ts';
import { headOptions } from './head-phase.ts';
import { RunLog, readLog } from './log.ts';
import { type LearningRun, learn, NO_SUMS, totalSteps } from './loop.ts';
import { createObjective, type Objective } from './objective.ts';
import { Meter } from './progress.ts';
import { Quantizer } from './quantizer.ts';
import { checkRecipe, type Recipe } from './recipe.ts';
import { checkSameIdentity, type Run, type RunIdentity, type RunResult, readRun, sha256, writeRun } from './run.ts';
import { claimRunFolder } from './run-folder.ts';
import { lockRun } from './run-lock.ts';
import { checkInputs, learnerOptions } from './setup.ts';
import { featureSource, pixelSource, type TrainingSource } from './source.ts';
import type { TrainOptions, TrainResult } from './train-options.ts';
import { FreshSource } from './trunk/fresh.ts';
import { joinTrunk } from './trunk/join.ts';
import { withWeights } from './weights.ts';

export type { HeadInputs, TrainOptions, TrainResult, TrunkFeatures } from './train-options.ts';

/**
 * Learns network and codebooks, and writes the run's folder.
 *
 * @throws TrainError — the codes of `errors.ts`. Whatever is thrown, the last checkpoint stands.
 * @throws PqError BITS_NOT_POSSIBLE
 */
export async function train(options: TrainOptions): Promise<TrainResult> {
  const { out, signal } = options;
  const recipe = options.epochs === undefined ? options.recipe : { ...options.recipe, epochs: options.epochs };
  checkRecipe(recipe);
  const { M, K } = codebookShape(options.bits, options.codewords);
  checkInputs(options, recipe, K);
  checkAborted(signal);
  await (options.resume ? readRun(out) : claimRunFolder(out));
  const release = await lockRun(out);
  try {
    return await trainInFolder(options, recipe, { M, K });
  } finally {
    await release();
  }
}

/** Learns in a folder that is this process's own. */
async function trainInFolder(
  options: TrainOptions,
  recipe: Recipe,
  { M, K }: { M: number; K: number },
): Promise<TrainResult> {
  const { graph } = options;
  const begun = options.resume ? await readRun(options.out) : undefined;
  const asked = options.engine ?? 'auto';
  const {
    learner,
    reason,
    provider = 'cpu',
  } = await (options.openLearner ?? openLearner)({
    choice: begun && asked === 'auto' ? begun.record.identity.engine : asked,
    workers: options.workers ?? begun?.record.identity.workers,
    ortModule: options.ortModule,
    learner: learnerOptions(graph, recipe),
  });
  let objective: Objective | undefined;
  try {
    const workers = `${learner.workers} worker${learner.workers === 1 ? '' : 's'}`;
    const why = begun && asked === 'auto' ? 'because the run was begun with it' : reason;
    options.onNotice?.(`engine: ${learner.engine} (${workers}), ${why}`);
    options.onNotice?.(`device: ${learner.device}`);
    const D = learner.dimensions;
    const identity = identify(
      options,
      recipe,
      { M, K, D },
      { engine: learner.engine, provider, workers: learner.workers },
    );
    if (begun) checkSameIdentity(begun.record.identity, identity);
    const from = begun && (await lastCheckpoint(begun));
    // Without a checkpoint the other files may be missing, too: begin anew.
    const run = begun && from ? begun : await beginRun(options, identity, learner.device);
    if (from?.result) return await finishRun(run, from, from.result);

    objective = await (options.createObjective ?? createObjective)(
      recipe,
      { M, K, D },
      learner.engine,
      options.ortModule,
    );
    const everySteps = recipe.average?.everySteps ?? 5;
    const parts = {
      recipe,
      learner,
      objective,
      quantizer: new Quantizer({ M, K, D }),
      average: recipe.average && new MovingAverage(recipe.average.decay ** everySteps),
    };
    if (from) {
      await learner.restore(from.learner);
      parts.quantizer.restore(from.quantizer);
      parts.average?.restore(from.average);
    }
    const before = from || !recipe.head ? undefined : await learnHead(options, recipe);
    if (before) await learner.restore({ parameters: before.weights });
    checkAborted(options.signal);
    return await learnAndFinish(options, run, parts, { from, secondsBefore: before?.seconds ?? 0 });
  } finally {
    await objective?.close();
    await learner.close();
  }
}

type Parts = Pick<LearningRun, 'recipe' | 'learner' | 'objective' | 'quantizer' | 'average'>;

/**
 * The first phase of a recipe that has one: the head learns by itself, as a run of its own inside the run's folder. What was
 * begun is gone on with.
 */
async function learnHead(
  options: TrainOptions,
  recipe: Recipe,
): Promise<{ weights: Map<string, Parameter>; seconds: number }> {
  const o = headOptions(options, recipe);
  const begun = await readRun(o.out).catch((error: unknown) => {
    if (error instanceof TrainError && error.code === 'NOT_A_RUN') return undefined;
    throw error;
  });
  const { run, result } = await train({ ...o, resume: begun !== undefined });
  const { learner } = await readCheckpoint(run.path('checkpoint'));
  return { weights: learner.parameters, seconds: result.seconds };
}

/** Learns from the checkpoint (or from the beginning) to the end, with log, progress and checkpoints. */
async function learnAndFinish(
  options: TrainOptions,
  run: Run,
  parts: Parts,
  o: { readonly from: Checkpoint | undefined; readonly secondsBefore: number },
): Promise<TrainResult> {
  const { recipe } = parts;
  const source = await openSource(options, recipe);
  try {
    return await learnFrom(source, options, run, parts, o);
  } finally {
    await source.close?.();
  }
}

async function learnFrom(
  source: TrainingSource,
  options: TrainOptions,
  run: Run,
  parts: Parts,
  { from, secondsBefore }: { readonly from: Checkpoint | undefined; readonly secondsBefore: number },
): Promise<TrainResult> {
  const { recipe, learner, quantizer, average } = parts;
  const log = new RunLog(run.path('log'));
  await log.rewind(from?.step ?? 0);
  const clockFrom = performance.now() - (from?.seconds ?? secondsBefore) * 1000;
  const seconds = (): number => (performance.now() - clockFrom) / 1000;
  const meter = new Meter(recipe.epochs);
  const patience = options.checkpointSeconds ?? 30;
  let kept = seconds();
  let sums: EpochSums = from?.sums ?? NO_SUMS;

  const learning: LearningRun = {
    ...parts,
    seed: options.seed ?? 1,
    source,
    labels: options.labels,
    signal: options.signal,
    onStep: async (report) => {
      const progress = meter.step(report);
      options.onProgress?.(progress);
      await log.step(progress, seconds());
    },
    onEpoch: (report) => log.epoch(report, seconds()),
    onState: async (state, last) => {
      if (!last && seconds() - kept < patience) return;
      const checkpoint = { ...(await state()), seconds: seconds() };
      await writeCheckpoint(run.path('checkpoint'), checkpoint);
      sums = checkpoint.sums;
      kept = seconds();
    },
  };
  await learn(learning, { step: from?.step ?? 0, sums });

  const last = meter.last;
  if (last) options.onProgress?.({ ...last, phase: 'codebooks', secondsLeft: 0 });
  if (average?.values) await learner.restore({ parameters: averaged(await learner.parameters(), average) });
  const distortion = await finishCodebooks(learning);
  const step = totalSteps(recipe, options.labels.length);
  const result: RunResult = {
    steps: step,
    loss: sums.loss / sums.steps,
    L: sums.pairwise / sums.steps,
    Q: sums.quantization / sums.steps,
    distortion,
    seconds: seconds(),
  };
  const final: Checkpoint = {
    step,
    result,
    learner: { parameters: await learner.parameters(), slots: new Map(), updates: 0 },
    quantizer: {
      codewords: quantizer.codebook!.codewords,
      slots: [],
      updates: 0,
      ...(quantizer.rotation && { rotation: quantizer.rotation }),
    },
    average: undefined,
    sums: NO_SUMS,
    seconds: seconds(),
  };
  // The line comes first: where the checkpoint fails, a resumed run takes it out and finishes again.
  await log.end({ step, epoch: recipe.epochs, ...result, imagesPerSecond: meter.imagesPerSecond });
  await writeCheckpoint(run.path('checkpoint'), final);
  return finishRun(run, final, result);
}

/** What decides the result to the last bit, as JSON would give it back. */
function identify(
  options: TrainOptions,
  recipe: Recipe,
  shape: { M: number; K: number; D: number },
  on: { readonly engine: EngineName; readonly provider: Provider; readonly workers: number },
): RunIdentity {
  const identity: RunIdentity = {
    recipe,
    bits: options.bits,
    ...shape,
    seed: options.seed ?? 1,
    trainImages: options.labels.length,
    dataSha256: sha256(options.pixels ?? (options.features ?? options.fresh!).sha256, JSON.stringify(options.labels)),
    ...(trunkOf(options) && { cut: options.graph.inputs[0].name }),
    graphSha256: sha256(writeModel(wholeGraph(options))),
    preprocessSha256: sha256(options.preprocess),
    engine: on.engine,
    ...(on.provider !== 'cpu' && { provider: on.provider }),
    workers: on.workers,
  };
  return JSON.parse(JSON.stringify(identity)) as RunIdentity;
}

async function beginRun(options: TrainOptions, identity: RunIdentity, device: string): Promise<Run> {
  const { facts, out } = options;
  const run = await writeRun(out, { schemaVersion: 1, identity, facts, device, state: 'learning' });
  await writeFileAtomic(run.path('preprocess'), options.preprocess);
  await writeFileAtomic(run.path('graph'), writeModel(wholeGraph(options)));
  return run;
}

/** The network from pixels to z. */
function wholeGraph(options: TrainOptions): Graph {
  const trunk = trunkOf(options);
  return trunk ? joinTrunk(trunk, options.graph) : options.graph;
}

/** What stays as it is before the part that learns. */
function trunkOf({ features, fresh }: TrainOptions): Graph | undefined {
  return (features ?? fresh)?.trunk;
}

async function openSource(options: TrainOptions, recipe: Recipe): Promise<TrainingSource> {
  const { pixels, features, fresh, preprocess, ortModule, workers, seed = 1 } = options;
  if (features) return featureSource(features, seed);
  if (fresh) {
    const { freshViews: plan, size, epochs } = recipe;
    return FreshSource.open(fresh, { plan: plan!, ...{ size, epochs, preprocess, seed, ortModule, workers } });
  }
  return pixelSource({ pixels: pixels!, stored: recipe.storedSize ?? recipe.size }, recipe, seed);
}

/** The run's checkpoint, or undefined where the run was stopped before its first. */
async function lastCheckpoint(run: Run): Promise<Checkpoint | undefined> {
  try {
    return await readCheckpoint(run.path('checkpoint'));
  } catch (error) {
    if (error instanceof TrainError && error.code === 'NO_CHECKPOINT') return undefined;
    throw error;
  }
}

/** The parameters with their averages in place of their values. */
function averaged(parameters: ReadonlyMap<string, Parameter>, average: MovingAverage): Map<string, Parameter> {
  return new Map([...parameters].map(([name, { dims }]) => [name, { dims, data: average.values!.get(name)! }]));
}

/** Puts the learnt weights into graph.onnx and says so in run.json; done again when a finished run is resumed. */
async function finishRun(run: Run, checkpoint: Checkpoint, result: RunResult): Promise<TrainResult> {
  let { learntSha256 } = run.record;
  if (run.record.state !== 'finished') {
    const graph = readModel(await readFile(run.path('graph')));
    const learnt = writeModel(withWeights(graph, checkpoint.learner.parameters));
    await writeFileAtomic(run.path('graph'), learnt);
    learntSha256 = sha256(learnt);
  }
  const done = await writeRun(run.directory, {
    ...run.record,
    state: 'finished',
    result,
    ...(learntSha256 && { learntSha256 }),
  });
  return { run: done, result, lastLine: (await readLog(run.path('log'))).at(-1)! };
}
