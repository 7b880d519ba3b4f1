/**
 * @file The training loop: network and codebooks learnt by turns (Cao et al., AAAI 2016, section "Learning").
 *
 * One step: a batch of fresh views → z → the gradient of L + λQ at z → back through the network → the optimiser.
 * Between epochs the codebooks are learnt again from the outputs of the training images, or, where β > 0, they follow
 * their own gradient at every step. Codes need no step of their own: the nearest codewords are found anew for each batch.
 */

import type { MovingAverage } from './average.ts';
import { batchOf, epochOrder, stepsPerEpoch } from './batches.ts';
import { calibrateBottleneck } from './calibrate.ts';
import type { Checkpoint, EpochSums } from './checkpoint.ts';
import { codebooksAreDue, refreshCodebooks } from './codebooks.ts';
import type { Learner, NetworkInput } from './engine/engine.ts';
import { checkAborted, TrainError } from './errors.ts';
import type { Objective, ObjectiveResult } from './objective.ts';
import type { Quantizer } from './quantizer.ts';
import { type Recipe, startEpoch } from './recipe.ts';
import { scheduleFactor } from './schedule.ts';
import type { TrainingSource } from './source.ts';

/** What takes part in learning. */
export interface LearningRun {
  readonly recipe: Recipe;
  readonly seed: number;
  readonly source: TrainingSource;
  /** [N], at least one label each. */
  readonly labels: readonly (readonly number[])[];
  readonly learner: Learner;
  readonly objective: Objective;
  readonly quantizer: Quantizer;
  /** Present where the recipe has one. */
  readonly average: MovingAverage | undefined;
  readonly signal: AbortSignal | undefined;
  /** Called after every step. */
  readonly onStep: (step: StepReport) => void | Promise<void>;
  /** Called after every epoch. */
  readonly onEpoch: (epoch: EpochReport) => void | Promise<void>;
  /** Called between two steps; keeps the state if it is time to. `last`: after the last step, or before giving up. */
  readonly onState: (state: () => Promise<Checkpoint>, last: boolean) => Promise<void>;
}

/** One step's numbers. */
export interface StepReport {
  /** From 0. */
  readonly epoch: number;
  /** Steps done, of {@link steps}. */
  readonly step: number;
  readonly steps: number;
  readonly images: number;
  readonly loss: number;
  /** The pairwise loss. */
  readonly L: number;
  /** The quantization loss, unweighted; 0 before the first codebooks. */
  readonly Q: number;
  readonly learningRate: number;
  readonly gradientNorm: number;
}

/** Means over one epoch's steps. */
export interface EpochReport {
  readonly epoch: number;
  readonly step: number;
  readonly loss: number;
  readonly L: number;
  readonly Q: number;
}

/** Images that the bottleneck's first weights are fitted to, at most. */
const CALIBRATION_IMAGES = 512;

/** An epoch of which no step is made. */
export const NO_SUMS: EpochSums = { steps: 0, loss: 0, pairwise: 0, quantization: 0 };

/** All the steps of a run. */
export function totalSteps(recipe: Recipe, images: number): number {
  return recipe.epochs * stepsPerEpoch(images, recipe.batch);
}

/**
 * Learns from step `from.step` to the end. Learner, quantizer and average hold the state of that step already.
 *
 * @throws TrainError NOT_FINITE: names the step; ABORTED: after the state was kept; ENGINE_FAILED
 */
export async function learn(run: LearningRun, from: Pick<Checkpoint, 'step' | 'sums'>): Promise<void> {
  const { recipe, labels, learner, objective, quantizer, average, seed } = run;
  const perEpoch = stepsPerEpoch(labels.length, recipe.batch);
  const steps = recipe.epochs * perEpoch;
  const averageEvery = recipe.average?.everySteps ?? 5;
  const averageStart = recipe.average ? startEpoch(recipe.average.start, recipe.epochs) * perEpoch : 0;
  let { sums } = from;
  const nextBatch = batchesAhead(run, { perEpoch, from: from.step, steps });
  if (from.step === 0 && recipe.bottleneckDeviation !== undefined) {
    const some = epochOrder(labels, { seed, epoch: 0 }).subarray(0, CALIBRATION_IMAGES);
    await calibrateBottleneck(learner, await run.source.plain(some), some.length, recipe.bottleneckDeviation);
  }

  const state = async (step: number): Promise<Checkpoint> => ({
    step,
    result: undefined,
    learner: await learner.state(),
    quantizer: quantizer.state(),
    average: average?.values,
    sums,
    seconds: 0,
  });

  for (let step = from.step; step < steps; step++) {
    const epoch = Math.floor(step / perEpoch);
    const inEpoch = step % perEpoch;
    if (run.signal?.aborted) await run.onState(() => state(step), true);
    checkAborted(run.signal);
    if (inEpoch === 0) {
      sums = NO_SUMS;
      if (codebooksAreDue(recipe, epoch, quantizer)) await refreshCodebooks(run, epoch);
    }

    const { images, labels: own } = await nextBatch.take();
    const n = own.length;
    const factor = scheduleFactor(recipe.schedule, step, steps);
    let parts: ObjectiveResult | undefined;
    const stepping = learner.step(
      {
        images,
        n,
        step,
        seed,
        learningRate: recipe.learningRate * factor,
        ...(recipe.clipNorm !== undefined && { clipNorm: recipe.clipNorm }),
      },
      async (z) => {
        parts = await objective.evaluate({
          z,
          n,
          labels: own,
          codebook: quantizer.codebook,
          rotation: quantizer.rotation,
        });
        checkLoss(parts, step);
        return parts;
      },
    );
    // While the workers are at it.
    nextBatch.askAhead();
    const result = await stepping;
    const { pairwise, quantization, dCodewords } = parts!;
    if (dCodewords) quantizer.descend(dCodewords, recipe.quantization.learningRate * factor);
    if (average && step >= averageStart && (step + 1) % averageEvery === 0) {
      average.update(await learner.parameters());
    }

    sums = {
      steps: sums.steps + 1,
      loss: sums.loss + result.loss,
      pairwise: sums.pairwise + pairwise,
      quantization: sums.quantization + quantization,
    };
    await run.onStep({
      epoch,
      step: step + 1,
      steps,
      images: n,
      loss: result.loss,
      L: pairwise,
      Q: quantization,
      learningRate: recipe.learningRate * factor,
      gradientNorm: result.gradientNorm,
    });
    if (inEpoch === perEpoch - 1) {
      const { steps: n, loss, pairwise: L, quantization: Q } = sums;
      await run.onEpoch({ epoch, step: step + 1, loss: loss / n, L: L / n, Q: Q / n });
    }
    await run.onState(() => state(step + 1), step + 1 === steps);
  }
}

interface MadeBatch {
  readonly images: NetworkInput;
  readonly labels: readonly (readonly number[])[];
}

/** The batches of all steps in their order. Those that come next are asked for while one is learnt from. */
function batchesAhead(
  run: LearningRun,
  o: { readonly perEpoch: number; readonly from: number; readonly steps: number },
): { take(): Promise<MadeBatch>; askAhead(): void } {
  const make = batchMaker(run, o.perEpoch);
  const ahead = run.source.ahead ?? 1;
  const asked: Promise<MadeBatch>[] = [];
  let next = o.from;
  const ask = (count: number): void => {
    for (; asked.length < count && next < o.steps; next++) {
      const batch = make(next);
      // Should a step fail, nobody waits for the next batches: their failure must not end the process.
      batch.catch(() => {});
      asked.push(batch);
    }
  };
  return {
    take() {
      ask(1);
      return asked.shift()!;
    },
    askAhead: () => ask(ahead),
  };
}

/** Makes the batch of a step: fresh views of its images, and their labels. */
function batchMaker(
  { recipe, labels, source, seed }: LearningRun,
  perEpoch: number,
): (step: number) => Promise<MadeBatch> {
  let epoch = -1;
  let order: Uint32Array = new Uint32Array(0);
  return async (step) => {
    const now = Math.floor(step / perEpoch);
    if (now !== epoch) order = epochOrder(labels, { seed, epoch: now, group: recipe.group });
    epoch = now;
    const indices = batchOf(order, step % perEpoch, recipe.batch);
    const own = Array.from(indices, (image) => labels[image]);
    return { images: await source.batch(indices, now), labels: own };
  };
}

function checkLoss({ loss, pairwise, quantization }: ObjectiveResult, step: number): void {
  if (Number.isFinite(loss)) return;
  throw new TrainError(
    'NOT_FINITE',
    `In step ${step + 1} the loss became ${loss} (L ${pairwise}, Q ${quantization}). No weight of this step was kept. Lower the learning rate, or look for broken images; --resume would meet the same step.`,
  );
}
