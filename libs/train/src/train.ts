/**
 * @file `train`: from pixels and labels to the folder of a run. The learning itself stands in `loop.ts`.
 */

import { readFile } from 'node:fs/promises';
import { writeFileAtomic } from '@dqn/format/node';
import { type Graph, readModel, writeModel } from '@dqn/onnx';
import { codebookShape } from '@dqn/pq';
import { MovingAverage } from './average.ts';
import { type Checkpoint, type EpochSums, readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import { type EngineChoice, type OpenLearner, openLearner } from './choose.ts';
import type { Learner, Parameter } from './engine/engine.ts';
import { checkAborted, TrainError } from './errors.ts';
import { type LogLine, RunLog, readLog } from './log.ts';
import { finishCodebooks, type LearningRun, learn, NO_SUMS, totalSteps } from './loop.ts';
import { type CreateObjective, createObjective, type Objective } from './objective.ts';
import { Meter, type TrainProgress } from './progress.ts';
import { Quantizer } from './quantizer.ts';
import { checkRecipe, type Recipe } from './recipe.ts';
import {
  checkSameIdentity,
  claimRunFolder,
  type Run,
  type RunFacts,
  type RunIdentity,
  type RunResult,
  readRun,
  sha256,
  writeRun,
} from './run.ts';
import { lockRun } from './run-lock.ts';
import { checkFeatures, checkImages, learnerOptions } from './setup.ts';
import { featureSource, pixelSource, type TrainingSource, type ViewedFeatures } from './source.ts';
import { joinTrunk } from './trunk/join.ts';
import { withWeights } from './weights.ts';

/** What to learn from, what to learn, and where to put it. */
export interface TrainOptions {
  /**
   * uint8 RGB [N, S, S, 3] row-major, S = the recipe's `storedSize` or `size`: what preprocess.onnx gives. Either these
   * or `features`.
   */
  readonly pixels?: Uint8Array;
  /** What a frozen trunk made of the images: `graph` is what learns behind it. */
  readonly features?: TrunkFeatures;
  /** The class indices of each image, [N], at least one each. */
  readonly labels: readonly (readonly number[])[];
  /**
   * uint8 [N, size, size, 3] `image`, or behind a trunk its float32 output, → float32 [N, D] `z`; its initialisers are the
   * first weights.
   */
  readonly graph: Graph;
  /** preprocess.onnx, kept beside the network. */
  readonly preprocess: Uint8Array;
  readonly recipe: Recipe;
  /** Bits of a code: M · log2(codewords). */
  readonly bits: number;
  /** K, a power of two from 2 to 256. Default 256. */
  readonly codewords?: number;
  /** Whole, ≥ 0. Default 1. */
  readonly seed?: number;
  /** Epochs instead of the recipe's. */
  readonly epochs?: number;
  /** Default `auto`: `tensorflow` where it loads, else `onnxruntime`; a resumed run keeps its engine. */
  readonly engine?: EngineChoice;
  /** Threads that share each batch; default: what the engine does best on this machine. */
  readonly workers?: number;
  /** The folder of the run; new or empty unless `resume`. */
  readonly out: string;
  /** Go on with the run in `out`, to the same bytes as if it had not been stopped. */
  readonly resume?: boolean;
  readonly facts: RunFacts;
  /**
   * URL or specifier of a module that a worker can import, exporting `createSession(bytes)` and `Tensor`: this package
   * names no ONNX Runtime itself.
   */
  readonly ortModule: string;
  /** Seconds between two checkpoints, at least; there is one at the end and one on abort. Default 30; 0: every step. */
  readonly checkpointSeconds?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: TrainProgress) => void;
  /** Called with lines for people, such as `engine: onnxruntime (2 workers), because …`. */
  readonly onNotice?: (line: string) => void;
  /** In place of the engines of this package. */
  readonly openLearner?: OpenLearner;
  /** In place of the losses of this package. */
  readonly createObjective?: CreateObjective;
}

/** The images as a frozen trunk gives them. */
export interface TrunkFeatures extends ViewedFeatures {
  /** uint8 [N, size, size, 3] `image` → float32; kept in front of what learns. */
  readonly trunk: Graph;
  /** What the features were made from (trunk, views, pictures), hex: a run is resumed with the same. */
  readonly sha256: string;
}

/** What `train` did. */
export interface TrainResult {
  readonly run: Run;
  readonly result: RunResult;
  /** The last line of log.jsonl. */
  readonly lastLine: LogLine;
}

/**
 * Learns network and codebooks, and writes the run's folder.
 *
 * @throws TrainError — the codes of `errors.ts`. Whatever is thrown, the last checkpoint stands.
 * @throws PqError BITS_NOT_POSSIBLE
 */
export async function train(options: TrainOptions): Promise<TrainResult> {
  const { labels, out, signal } = options;
  const recipe = options.epochs === undefined ? options.recipe : { ...options.recipe, epochs: options.epochs };
  checkRecipe(recipe);
  const { M, K } = codebookShape(options.bits, options.codewords);
  if ((options.pixels === undefined) === (options.features === undefined)) {
    throw new TrainError('BAD_OPTION', 'Give either pixels or features of a trunk to learn from.');
  }
  if (options.pixels) checkImages(options.pixels, labels, recipe, K);
  else checkFeatures(options.features!, labels, K);
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
  const { learner, reason } = await (options.openLearner ?? openLearner)({
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
    const D = learner.dimensions;
    const identity = identify(options, recipe, { M, K, D }, learner);
    if (begun) checkSameIdentity(begun.record.identity, identity);
    const from = begun && (await lastCheckpoint(begun));
    // Without a checkpoint the other files may be missing, too: begin anew.
    const run = begun && from ? begun : await beginRun(options, identity, learner.device);
    if (from?.result) return await finishRun(run, from, from.result);

    objective = await (options.createObjective ?? createObjective)(recipe, { M, K, D }, learner.engine);
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
    return await learnAndFinish(options, run, parts, from);
  } finally {
    objective?.close();
    await learner.close();
  }
}

type Parts = Pick<LearningRun, 'recipe' | 'learner' | 'objective' | 'quantizer' | 'average'>;

/** Learns from the checkpoint (or from the beginning) to the end, with log, progress and checkpoints. */
async function learnAndFinish(
  options: TrainOptions,
  run: Run,
  parts: Parts,
  from: Checkpoint | undefined,
): Promise<TrainResult> {
  const { recipe, learner, quantizer, average } = parts;
  const log = new RunLog(run.path('log'));
  await log.rewind(from?.step ?? 0);
  const clockFrom = performance.now() - (from?.seconds ?? 0) * 1000;
  const seconds = (): number => (performance.now() - clockFrom) / 1000;
  const meter = new Meter(recipe.epochs);
  const patience = options.checkpointSeconds ?? 30;
  let kept = seconds();
  let sums: EpochSums = from?.sums ?? NO_SUMS;

  const learning: LearningRun = {
    ...parts,
    seed: options.seed ?? 1,
    source: sourceOf(options, recipe),
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
  learner: Learner,
): RunIdentity {
  const identity: RunIdentity = {
    recipe,
    bits: options.bits,
    ...shape,
    seed: options.seed ?? 1,
    trainImages: options.labels.length,
    dataSha256: sha256(options.pixels ?? options.features!.sha256, JSON.stringify(options.labels)),
    ...(options.features && { cut: options.graph.inputs[0].name }),
    graphSha256: sha256(writeModel(wholeGraph(options))),
    preprocessSha256: sha256(options.preprocess),
    engine: learner.engine,
    workers: learner.workers,
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
function wholeGraph({ graph, features }: TrainOptions): Graph {
  return features ? joinTrunk(features.trunk, graph) : graph;
}

function sourceOf({ pixels, features, seed = 1 }: TrainOptions, recipe: Recipe): TrainingSource {
  if (features) return featureSource(features, seed);
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
  if (run.record.state !== 'finished') {
    const graph = readModel(await readFile(run.path('graph')));
    await writeFileAtomic(run.path('graph'), writeModel(withWeights(graph, checkpoint.learner.parameters)));
  }
  const done = await writeRun(run.directory, { ...run.record, state: 'finished', result });
  return { run: done, result, lastLine: (await readLog(run.path('log'))).at(-1)! };
}
