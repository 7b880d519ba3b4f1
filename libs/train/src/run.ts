/**
 * @file The folder of a run: what was asked for, the log, the checkpoint, the two graphs.
 *
 * ```
 * RUN/run.json          what was asked for, what it was learnt from (hashes), the engine, whether it is finished
 * RUN/log.jsonl         a JSON object a line: "step" every few steps, "epoch" after each, "end" once
 * RUN/checkpoint.bin    weights, optimiser, codebooks (see checkpoint.ts)
 * RUN/graph.onnx        the network; with the learnt weights once the run is finished
 * RUN/preprocess.onnx   decoded image → the network's input
 * RUN/head/             a run in itself: the first phase of a recipe that has one
 * ```
 */

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '@dqn/format/node';
import type { EngineName } from './engine/engine.ts';
import type { Provider } from './engine/onnxruntime/ort.ts';
import { TrainError } from './errors.ts';
import type { Recipe } from './recipe.ts';

/** The files of a run's folder. */
export const RUN_FILES = {
  run: 'run.json',
  log: 'log.jsonl',
  checkpoint: 'checkpoint.bin',
  graph: 'graph.onnx',
  preprocess: 'preprocess.onnx',
} as const;

/** The folder of the first phase inside that of the run. */
export const HEAD_FOLDER = 'head';

/** Where the first weights come from, if not from a seed. */
export interface RunStart {
  /** The commands that learn them, each of which writes a run of its own. */
  readonly commands: readonly string[];
}

/** What the images are, for the model's card and codebook. */
export interface RunFacts {
  /** The data set as it was named, such as `cifar10`. */
  readonly data: string;
  /** The protocol, such as `cifar10-54000`. */
  readonly protocol: string;
  /** Names of the classes; labels are indices into it. */
  readonly classes: readonly string[];
  /** The pretrained network that it was begun with; absent: none. */
  readonly backbone?: BackboneFacts;
  /** Images that were left out because they couldn't be read. */
  readonly unreadable?: number;
  /** The run whose network and weights it began with. */
  readonly from?: RunStart;
}

/** A pretrained network and how it was used. */
export interface BackboneFacts {
  /** Its name in the catalogue, or its file's. */
  readonly name: string;
  /** Of the file, hex. */
  readonly sha256: string;
  /** The tensor that the head stands on. */
  readonly features: string;
  /** What it takes, as `--pixels` says it. */
  readonly pixels: string;
  /** The tensor up to which it stays as it is; absent: all of it learns. */
  readonly cut?: string;
}

/** What decides the result to the last bit. A run is resumed with the same. */
export interface RunIdentity {
  /** With the number of epochs that was asked for. */
  readonly recipe: Recipe;
  /** Bits of a code, M · log2 K. */
  readonly bits: number;
  readonly M: number;
  readonly K: number;
  /** Dimensions of the bottleneck. */
  readonly D: number;
  readonly seed: number;
  readonly trainImages: number;
  /** sha256 of pixels and labels, hex. */
  readonly dataSha256: string;
  /** The tensor of the network at which a frozen trunk ends and learning begins; absent: all of it learns. */
  readonly cut?: string;
  /** sha256 of the graph before learning, hex. */
  readonly graphSha256: string;
  readonly preprocessSha256: string;
  readonly engine: EngineName;
  /** Where ONNX Runtime ran; absent: on the CPU. */
  readonly provider?: Provider;
  readonly workers: number;
}

/** run.json. */
export interface RunRecord {
  readonly schemaVersion: 1;
  readonly identity: RunIdentity;
  readonly facts: RunFacts;
  /** What the engine ran on, for people. */
  readonly device: string;
  readonly state: 'learning' | 'finished';
  /** Present once the run is finished. */
  readonly result?: RunResult;
  /** sha256 of graph.onnx with the learnt weights, hex; present once the run is finished. */
  readonly learntSha256?: string;
}

/** What a finished run measured of itself. */
export interface RunResult {
  readonly steps: number;
  /** Means over the last epoch. */
  readonly loss: number;
  readonly L: number;
  readonly Q: number;
  /** mean ‖z − C h‖² of the training images with the final codebooks. */
  readonly distortion: number;
  /** Seconds of learning, all sessions together. */
  readonly seconds: number;
}

/** A run that was read; `path` gives the place of one of its files. */
export interface Run {
  readonly directory: string;
  readonly record: RunRecord;
  readonly path: (file: keyof typeof RUN_FILES) => string;
}

/** sha256 of bytes, hex. */
export function sha256(...parts: readonly (Uint8Array | string)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}

const pathIn =
  (directory: string): Run['path'] =>
  (file) =>
    join(directory, RUN_FILES[file]);

/**
 * Reads what a run holds.
 *
 * @throws TrainError NOT_A_RUN: no run.json there, or not one of ours
 */
export async function readRun(directory: string): Promise<Run> {
  const path = pathIn(directory);
  let record: RunRecord | null;
  try {
    record = JSON.parse(await readFile(path('run'), 'utf8')) as RunRecord | null;
  } catch (cause) {
    throw new TrainError(
      'NOT_A_RUN',
      `${directory} is not the folder of a run: ${RUN_FILES.run} ${
        (cause as NodeJS.ErrnoException).code === 'ENOENT' ? "isn't there" : "can't be read"
      }. Give the folder that "npx dqn train --out" wrote.`,
      { cause },
    );
  }
  if (record?.schemaVersion !== 1 || !isObject(record.identity)) {
    throw new TrainError(
      'NOT_A_RUN',
      `${path('run')} has schema version ${String(record?.schemaVersion)}; this program reads version 1.`,
    );
  }
  return { directory, record, path };
}

/**
 * A graph of a run, as it was written.
 *
 * @param hash - its sha256, hex; undefined: a run of an older version, which kept none
 * @throws TrainError NOT_A_RUN: it is gone, or isn't what was written
 */
export async function readGraph(run: Run, file: 'graph' | 'preprocess', hash: string | undefined): Promise<Uint8Array> {
  const path = run.path(file);
  const damaged = (what: string, cause?: unknown) =>
    new TrainError('NOT_A_RUN', `${path} ${what}. Bring it back from a copy, or learn again.`, { cause });
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    throw damaged(cause.code === 'ENOENT' ? "isn't there" : "can't be read", cause);
  });
  if (hash !== undefined && sha256(bytes) !== hash) throw damaged('has changed since the run wrote it');
  return new Uint8Array(bytes);
}

/** Writes run.json. */
export async function writeRun(directory: string, record: RunRecord): Promise<Run> {
  const path = pathIn(directory);
  await writeFileAtomic(path('run'), new TextEncoder().encode(`${JSON.stringify(record, null, 2)}\n`));
  return { directory, record, path };
}

/**
 * Compares what is asked for with what the run was begun with.
 *
 * @throws TrainError OTHER_OPTIONS: names the first few differences
 */
export function checkSameIdentity(begun: RunIdentity, asked: RunIdentity): void {
  const differences: string[] = [];
  compare('', begun, asked, differences);
  if (differences.length === 0) return;
  const more = differences.length > 4 ? `; and ${differences.length - 4} more` : '';
  throw new TrainError(
    'OTHER_OPTIONS',
    `The run was begun with other options: ${differences.slice(0, 4).join('; ')}${more}. Resume with the same ones, or begin a new run in another folder.`,
  );
}

function compare(field: string, begun: unknown, asked: unknown, differences: string[]): void {
  if (isObject(begun) && isObject(asked)) {
    for (const key of new Set([...Object.keys(begun), ...Object.keys(asked)])) {
      compare(field ? `${field}.${key}` : key, begun[key], asked[key], differences);
    }
  } else if (begun !== asked) {
    differences.push(`${field} was ${JSON.stringify(begun)}, now ${JSON.stringify(asked)}`);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
