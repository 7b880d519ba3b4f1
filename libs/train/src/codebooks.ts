/**
 * @file The codebooks of a run: begun, refreshed and finished from outputs of the network as it is.
 */

import { createRandom } from '@dqn/pq';
import type { NetworkInput } from './engine/engine.ts';
import { checkAborted, TrainError } from './errors.ts';
import type { LearningRun } from './loop.ts';
import { distortionOf, type Quantizer, toUnitLength } from './quantizer.ts';
import { type Recipe, startEpoch } from './recipe.ts';

/** Images whose inputs are made at a time. */
const CHUNK = 1024;

/** True where an epoch begins with new codebooks. */
export function codebooksAreDue(recipe: Recipe, epoch: number, quantizer: Quantizer): boolean {
  const { lambda, beta, asymmetric = 0, start, everyEpochs } = recipe.quantization;
  if (lambda + beta + asymmetric === 0) return false;
  const since = epoch - startEpoch(start, recipe.epochs);
  if (since < 0) return false;
  return quantizer.codebook === undefined || (everyEpochs > 0 && since % everyEpochs === 0);
}

/** Learns the codebooks anew from the outputs of now. */
export async function refreshCodebooks(run: LearningRun, epoch: number): Promise<void> {
  const { recipe, quantizer, signal } = run;
  const z = await embedForCodebooks(run, recipe.quantization.views ?? 0);
  const { warmStart, rotation } = recipe.quantization;
  quantizer.learn(z, { seed: codebookSeed(run, epoch), warmStart, rotate: rotation === 'opq', signal });
}

/** The outputs of the training images themselves, without augmentation, as they are quantized: [N, D]. */
function embedTraining(run: LearningRun): Promise<Float32Array> {
  return embedAll(run, 1, (some) => run.source.plain(some));
}

/**
 * The codebooks to export, from the outputs of the finished network (the learner holds its weights).
 *
 * @returns mean ‖z − C h‖² of the training images
 */
export async function finishCodebooks(run: LearningRun): Promise<number> {
  const { recipe, quantizer, learner, signal } = run;
  const { from, views, iterations } = recipe.finalCodebooks;
  const plain = await embedTraining(run);
  if (from === 'kmeans' || quantizer.codebook === undefined) {
    const outputs = views === 0 ? plain : await embedViews(run, views);
    const { warmStart, rotation } = recipe.quantization;
    const rotate = rotation === 'opq';
    quantizer.learn(outputs, { seed: codebookSeed(run, 'final'), warmStart, rotate, iterations, signal });
  }
  const distortion = distortionOf(quantizer.codebook!, quantizer.rotated(plain));
  if (!Number.isFinite(distortion) || learner.dimensions !== quantizer.D) {
    throw new TrainError('NOT_FINITE', `The final codebooks have distortion ${distortion}. Nothing was written.`);
  }
  return distortion;
}

function codebookSeed(run: LearningRun, when: number | 'final'): number {
  return createRandom(run.seed)
    .fork('codebooks')
    .fork(when)
    .integer(2 ** 32);
}

function embedForCodebooks(run: LearningRun, views: number): Promise<Float32Array> {
  return views === 0 ? embedTraining(run) : embedViews(run, views);
}

/** Outputs of several augmented views of every training image, [views · N, D]. */
function embedViews(run: LearningRun, views: number): Promise<Float32Array> {
  return embedAll(run, views, (some, view) => run.source.further(some, view));
}

/** Outputs of so many views of every training image, [views · N, D]: the next inputs are made while these are embedded. */
async function embedAll(
  { recipe, learner, labels, signal }: LearningRun,
  views: number,
  inputOf: (images: Uint32Array, view: number) => NetworkInput | Promise<NetworkInput>,
): Promise<Float32Array> {
  const D = learner.dimensions;
  const N = labels.length;
  const out = new Float32Array(views * N * D);
  const all = Uint32Array.from({ length: N }, (_, i) => i);
  const chunks = Array.from({ length: views * Math.ceil(N / CHUNK) }, (_, i) => {
    const view = Math.floor(i / Math.ceil(N / CHUNK));
    const from = (i % Math.ceil(N / CHUNK)) * CHUNK;
    return { some: all.subarray(from, from + CHUNK), view, place: view * N + from };
  });
  const ask = (i: number): Promise<NetworkInput> | undefined => {
    const chunk = chunks[i];
    const input = chunk && Promise.resolve(inputOf(chunk.some, chunk.view));
    // Should the embedding fail, nobody waits for the next input: its failure must not end the process.
    input?.catch(() => {});
    return input;
  };
  let next = ask(0);
  for (const [i, { some, place }] of chunks.entries()) {
    checkAborted(signal);
    const input = await next!;
    next = ask(i + 1);
    out.set(await learner.embed(input, some.length, { ...(signal && { signal }) }), place * D);
  }
  checkOutputs(out);
  return recipe.unitLength ? toUnitLength(out, D) : out;
}

function checkOutputs(z: Float32Array): void {
  const bad = z.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    throw new TrainError(
      'NOT_FINITE',
      `Output ${bad} of the network is ${z[bad]}; codebooks can't be learnt from it. Lower the learning rate.`,
    );
  }
}
