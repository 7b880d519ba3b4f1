/**
 * @file Which engine learns: the one that is insisted on, or the best that loads, said with the reason.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { EngineName, Learner, LearnerOptions } from './engine/engine.ts';
import { loadOrt, type Provider, providerOf } from './engine/onnxruntime/ort.ts';
import { loadTf } from './tf.ts';

/** An engine by name, or the best that loads here. */
export type EngineChoice = 'auto' | EngineName;

/** A learner, and why it is this one: `because --engine tensorflow was asked for`. */
export interface ChosenLearner {
  readonly learner: Learner;
  readonly reason: string;
  /** Where ONNX Runtime runs what it runs, the frozen trunk of another engine included; absent: on the CPU. */
  readonly provider?: Provider;
}

/** Opens a learner. */
export type OpenLearner = (o: {
  readonly choice: EngineChoice;
  /** Threads that share a batch; undefined: what is best here. */
  readonly workers: number | undefined;
  readonly ortModule: string;
  readonly learner: LearnerOptions;
}) => Promise<ChosenLearner>;

/** Beyond these a batch of 128 gives a worker too few images to be worth its hand-over. */
const MOST_WORKERS = 8;

/**
 * Physical cores that this process may use, at least 1: two threads of one core share its multipliers.
 *
 * Where the system doesn't say what shares a core, every processor counts.
 */
export function physicalCores(): number {
  const available = availableParallelism();
  const root = '/sys/devices/system/cpu';
  if (!existsSync(root)) return available;
  const cores = new Set<string>();
  let processors = 0;
  for (const name of readdirSync(root)) {
    if (!/^cpu\d+$/.test(name)) continue;
    try {
      cores.add(readFileSync(`${root}/${name}/topology/thread_siblings_list`, 'utf8').trim());
      processors++;
    } catch {
      // A processor that is switched off.
    }
  }
  if (processors === 0) return available;
  return Math.max(1, Math.min(available, Math.round((available * cores.size) / processors)));
}

/**
 * Opens the engine that is asked for. `auto` is `tensorflow` where TF.js finds TensorFlow's library (several times as
 * fast with a GPU), else `onnxruntime`, which every installation has; where only ONNX Runtime has a GPU, it is taken.
 *
 * @throws TrainError ENGINE_UNAVAILABLE: `tensorflow` was insisted on and doesn't load; says why
 */
export const openLearner: OpenLearner = async ({ choice, workers, ortModule, learner: options }) => {
  const provider = providerOf(await loadOrt(ortModule));
  let reason = `because --engine ${choice} was asked for`;
  let engine = choice;
  if (engine === 'auto') {
    const { backend, device, passedOver } = await loadTf('best');
    const onlyOrtHasGpu = provider !== 'cpu' && !device.endsWith('GPU');
    engine = backend === 'tensorflow' && !onlyOrtHasGpu ? 'tensorflow' : 'onnxruntime';
    const without = onlyOrtHasGpu
      ? `because it has a GPU by ${provider}`
      : `which every installation has (${passedOver[0] ?? 'TensorFlow is not there'})`;
    reason = engine === 'tensorflow' ? `because ${device} is there` : without;
  }
  if (engine === 'onnxruntime') {
    const threads = workers ?? Math.min(physicalCores(), MOST_WORKERS);
    const { createOnnxLearner } = await import('./engine/onnxruntime/learner.ts');
    return { learner: await createOnnxLearner({ ...options, workers: threads, ortModule }), reason, provider };
  }
  // TensorFlow uses every core by itself: one worker unless more are asked for.
  const { createTensorflowLearner } = await import('./engine/tensorflow/learner.ts');
  return { learner: await createTensorflowLearner({ ...options, workers: workers ?? 1 }), reason, provider };
};
