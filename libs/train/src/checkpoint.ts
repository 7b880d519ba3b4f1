/**
 * @file One file that holds a run's state, so that it goes on where it stopped to the same bytes.
 *
 * No generator is stored: every draw is decided by (seed, epoch or step, image), see `augment.ts` and `batches.ts`.
 */

import { readFile } from 'node:fs/promises';
import { writeFileAtomic } from '@dqn/format/node';
import { type NamedArray, packContainer, unpackContainer } from './container.ts';
import type { LearnerState, Parameter } from './engine/engine.ts';
import { TrainError } from './errors.ts';
import type { QuantizerState } from './quantizer.ts';
import type { RunResult } from './run.ts';

/** Sums over the steps of the epoch under way, for its line in the log. */
export interface EpochSums {
  readonly steps: number;
  readonly loss: number;
  readonly pairwise: number;
  readonly quantization: number;
}

/** A run between two steps, or at its end. */
export interface Checkpoint {
  /** Steps made since the run began. */
  readonly step: number;
  /** Present: the weights are the ones to export, and the codebooks final. */
  readonly result: RunResult | undefined;
  readonly learner: LearnerState;
  readonly quantizer: QuantizerState | undefined;
  /** The moving average of the weights, where the recipe has one and it has begun. */
  readonly average: ReadonlyMap<string, Float32Array> | undefined;
  readonly sums: EpochSums;
  /** Seconds of learning so far, for the log alone. */
  readonly seconds: number;
}

/** What JSON holds of a checkpoint; the arrays stand beside it. */
interface Meta {
  schemaVersion: 1;
  step: number;
  result?: RunResult;
  updates: number;
  quantizerUpdates: number;
  sums: EpochSums;
  seconds: number;
}

/**
 * Writes the checkpoint in place of the last one; a process that is killed meanwhile leaves the last one.
 *
 * @throws TrainError NOT_FINITE where a weight or codeword is NaN or infinite: the last checkpoint stands
 */
export async function writeCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  const { learner, quantizer, average } = checkpoint;
  const arrays: NamedArray[] = [];
  for (const [name, { dims, data }] of learner.parameters) arrays.push({ name: `weights/${name}`, dims, data });
  for (const [name, slots] of learner.slots) {
    slots.forEach((data, i) => {
      arrays.push({ name: `slots/${i}/${name}`, dims: [data.length], data });
    });
  }
  for (const [name, data] of average ?? []) arrays.push({ name: `average/${name}`, dims: [data.length], data });
  if (quantizer) {
    arrays.push({ name: 'codewords', dims: [quantizer.codewords.length], data: quantizer.codewords });
    const { rotation } = quantizer;
    if (rotation) arrays.push({ name: 'rotation', dims: [rotation.length], data: rotation });
    quantizer.slots.forEach((data, i) => {
      arrays.push({ name: `codewordSlots/${i}`, dims: [data.length], data });
    });
  }
  for (const { name, data } of arrays) checkFinite(name, data, checkpoint.step);
  const meta: Meta = {
    schemaVersion: 1,
    step: checkpoint.step,
    ...(checkpoint.result && { result: checkpoint.result }),
    updates: learner.updates,
    quantizerUpdates: quantizer?.updates ?? 0,
    sums: checkpoint.sums,
    seconds: checkpoint.seconds,
  };
  await writeFileAtomic(path, packContainer(meta, arrays));
}

/**
 * Reads a checkpoint.
 *
 * @throws TrainError NO_CHECKPOINT: there is none; BAD_CHECKPOINT: truncated, altered, or of another version
 */
export async function readCheckpoint(path: string): Promise<Checkpoint> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    throw new TrainError('NO_CHECKPOINT', `${path} doesn't exist: the run was stopped before its first checkpoint.`, {
      cause,
    });
  }
  const { meta: anyMeta, arrays } = unpackContainer(bytes, path);
  const meta = anyMeta as Meta;
  if (meta.schemaVersion !== 1) {
    throw new TrainError(
      'BAD_CHECKPOINT',
      `${path} has schema version ${String(meta.schemaVersion)}; this program reads version 1. Use the program that wrote it.`,
    );
  }
  const parameters = new Map<string, Parameter>();
  const slots = new Map<string, Float32Array[]>();
  const average = new Map<string, Float32Array>();
  const codewordSlots: Float32Array[] = [];
  let codewords: Float32Array | undefined;
  let rotation: Float32Array | undefined;
  for (const [key, { dims, data }] of arrays) {
    const values = data as Float32Array;
    const [kind, ...rest] = key.split('/');
    if (kind === 'weights') parameters.set(rest.join('/'), { dims, data: values });
    else if (kind === 'average') average.set(rest.join('/'), values);
    else if (kind === 'codewords') codewords = values;
    else if (kind === 'rotation') rotation = values;
    else if (kind === 'codewordSlots') codewordSlots[Number(rest[0])] = values;
    else if (kind === 'slots') {
      const name = rest.slice(1).join('/');
      const own = slots.get(name) ?? [];
      own[Number(rest[0])] = values;
      slots.set(name, own);
    }
  }
  return {
    step: meta.step,
    result: meta.result,
    learner: { parameters, slots, updates: meta.updates },
    quantizer: codewords && {
      codewords,
      slots: codewordSlots,
      updates: meta.quantizerUpdates,
      ...(rotation && { rotation }),
    },
    average: average.size > 0 ? average : undefined,
    sums: meta.sums,
    seconds: meta.seconds,
  };
}

/** Throws NOT_FINITE where an element is NaN or infinite. */
export function checkFinite(name: string, data: NamedArray['data'], step: number): void {
  for (let i = 0; i < data.length; i++) {
    if (!Number.isFinite(data[i])) {
      throw new TrainError(
        'NOT_FINITE',
        `After step ${step}, element ${i} of ${name} is ${data[i]}. Nothing was written. Lower the learning rate, or look for broken images.`,
      );
    }
  }
}
