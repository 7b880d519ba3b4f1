/**
 * @file A finished run as a model folder: what the server and the browser load.
 */

import { randomUUID } from 'node:crypto';
import { readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { MODEL_FILES, type TrainingFacts, writeCodebook } from '@dqn/format';
import { isAlive, makeFolder, writeFileAtomic } from '@dqn/format/node';
import { embeddingModel, readModel, weightsAs, writeModel } from '@dqn/onnx';
import { modelCard } from './card.ts';
import { readCheckpoint } from './checkpoint.ts';
import { cantWrite, checkAborted, TrainError } from './errors.ts';
import { type RunRecord, readGraph, readRun, sha256 } from './run.ts';
import { withWeights } from './weights.ts';

/** The key in model.onnx's metadata_props that names the tensor at which its frozen trunk ends. */
export const CUT_METADATA = 'dqn.cut';

/** How the weights are stored: float32, float16, or int8 with a scale per output channel. */
export type WeightStorage = 'f32' | 'f16' | 'i8';

/** How a run is exported. */
export interface ExportOptions {
  /** Default `f32`. Of `i8`, about 1 % of the codes differ: index and search with the same model. */
  readonly weights?: WeightStorage;
  /** Text of card.md in place of the plain one. */
  readonly card?: string;
  readonly signal?: AbortSignal;
}

/** A model folder that was written. */
export interface ExportedModel {
  /** Absolute path. */
  readonly directory: string;
  /** sha256 of model.onnx, hex. */
  readonly modelSha256: string;
  /** sha256 of codebook.pb, hex. */
  readonly codebookSha256: string;
  /** Bytes of each file, by name. */
  readonly bytes: Readonly<Record<string, number>>;
}

/**
 * Writes model.onnx (output of unit length unless the recipe keeps the raw z), preprocess.onnx, codebook.pb and card.md
 * into `out`. The folder is built beside its place and renamed, so that it is there whole or not at all; a model that is
 * there already is replaced. The same run gives the same bytes of model.onnx and codebook.pb.
 *
 * @throws TrainError NOT_A_RUN: none, or one of which a file was damaged; NOT_FINISHED: the run stopped before its end; OTHER_FOLDER: `out` holds other files
 */
export async function exportModel(
  runDirectory: string,
  out: string,
  options: ExportOptions = {},
): Promise<ExportedModel> {
  const run = await readRun(runDirectory);
  const { record } = run;
  const { recipe, D, M, K } = record.identity;
  const checkpoint = await readCheckpoint(run.path('checkpoint'));
  if (!checkpoint.result || !checkpoint.quantizer || record.state !== 'finished') {
    throw new TrainError(
      'NOT_FINISHED',
      `The run in ${runDirectory} stopped at step ${checkpoint.step}, before its end. Go on with "npx dqn train … --resume", then export.`,
    );
  }
  checkAborted(options.signal);

  const storage = options.weights ?? 'f32';
  const graph = await readGraph(run, 'graph', record.learntSha256);
  const preprocess = await readGraph(run, 'preprocess', record.identity.preprocessSha256);
  const learnt = withWeights(readModel(graph), checkpoint.learner.parameters);
  const { rotation } = checkpoint.quantizer;
  const embedding = embeddingModel(learnt, {
    unitLength: recipe.unitLength,
    metadata: metadata(record, storage),
    ...(rotation && { rotation }),
  });
  const network = writeModel(weightsAs(embedding, storage));
  const codebook = writeCodebook({
    schemaVersion: 1,
    M,
    K,
    D,
    codewords: checkpoint.quantizer.codewords,
    distance: 'aqd',
    modelSha256: sha256(network),
    preprocessSha256: sha256(preprocess),
    classes: [...record.facts.classes],
    training: trainingFacts(record),
  });
  const card = options.card ?? modelCard(record, { storage, bytes: network.length + codebook.length });
  const files = {
    [MODEL_FILES.network]: network,
    [MODEL_FILES.preprocess]: preprocess,
    [MODEL_FILES.codebook]: codebook,
    [MODEL_FILES.card]: new TextEncoder().encode(card),
  };
  checkAborted(options.signal);
  await replaceFolder(resolve(out), files);
  return {
    directory: resolve(out),
    modelSha256: sha256(network),
    codebookSha256: sha256(codebook),
    bytes: Object.fromEntries(Object.entries(files).map(([name, { length }]) => [name, length])),
  };
}

/** What the codebook says of its training; nothing here changes from one run of a seed to the next. */
function trainingFacts({ identity, facts }: RunRecord): TrainingFacts {
  return {
    data: facts.data,
    protocol: facts.protocol,
    recipe: identity.recipe.name,
    seed: identity.seed,
    engine: identity.engine,
    epochs: identity.recipe.epochs,
    trainImages: identity.trainImages,
    metric: '',
    map: null,
  };
}

/** metadata_props of model.onnx: what it is, for whoever opens the file alone. */
function metadata({ identity, facts }: RunRecord, storage: WeightStorage): Record<string, string> {
  return {
    'dqn.recipe': identity.recipe.name,
    'dqn.data': facts.data,
    'dqn.protocol': facts.protocol,
    'dqn.seed': String(identity.seed),
    'dqn.dimensions': String(identity.D),
    'dqn.unitLength': String(identity.recipe.unitLength),
    'dqn.weights': storage,
    ...(identity.cut !== undefined && { [CUT_METADATA]: identity.cut }),
  };
}

/** What a process left that was killed here: half a model goes, the one that it had just moved away comes back. */
async function clearRemains(directory: string): Promise<void> {
  const [parent, name] = [dirname(directory), basename(directory)];
  for (const entry of await readdir(parent).catch(() => [])) {
    if (!entry.startsWith(`.${name}.`)) continue;
    const [, owner, kind] = /^(\d+)-[0-9a-f]{8}\.(new|old)$/.exec(entry.slice(name.length + 2)) ?? [];
    if (owner === undefined || isAlive(Number(owner))) continue;
    if (kind === 'old') await rename(join(parent, entry), directory).catch(() => undefined);
    await rm(join(parent, entry), { recursive: true, force: true });
  }
}

/** Writes the files into a folder beside `directory`, then puts it in its place. */
async function replaceFolder(directory: string, files: Readonly<Record<string, Uint8Array>>): Promise<void> {
  const known = new Set<string>(Object.values(MODEL_FILES));
  await clearRemains(directory);
  const there = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  const strange = there?.find((name) => !known.has(name));
  if (strange !== undefined) {
    throw new TrainError(
      'OTHER_FOLDER',
      `${directory} holds "${strange}", which is no part of a model. Choose a new or empty folder, or that of a model to replace.`,
    );
  }
  const parent = dirname(directory);
  const mark = `${basename(directory)}.${process.pid}-${randomUUID().slice(0, 8)}`;
  const fresh = join(parent, `.${mark}.new`);
  const old = join(parent, `.${mark}.old`);
  await makeFolder(fresh).catch((error: unknown) => {
    throw cantWrite(directory, error);
  });
  try {
    for (const [name, bytes] of Object.entries(files)) await writeFileAtomic(join(fresh, name), bytes);
    if (there) await rename(directory, old);
    try {
      await rename(fresh, directory);
    } catch (error) {
      if (there) await rename(old, directory);
      throw error;
    }
    await rm(old, { recursive: true, force: true });
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}
