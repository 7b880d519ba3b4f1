/**
 * @file How far a run is: what a progress bar shows and what the log keeps.
 */

import type { StepReport } from './loop.ts';

/** Where a run stands, after a step. */
export interface TrainProgress {
  /**
   * `head`: the first phase of a recipe that has one, the head alone; epochs and steps are those of this phase. `codebooks`:
   * the last one, when the network is finished and the exported codebooks are learnt.
   */
  readonly phase: 'head' | 'learning' | 'codebooks';
  /** From 1. */
  readonly epoch: number;
  readonly epochs: number;
  /** Steps done, of {@link steps}. */
  readonly step: number;
  readonly steps: number;
  /** Mean over the last steps. */
  readonly loss: number;
  /** The pairwise loss, mean over the last steps. */
  readonly L: number;
  /** The quantization loss, unweighted, mean over the last steps; 0 before the first codebooks. */
  readonly Q: number;
  readonly learningRate: number;
  /** By the median of the last steps. */
  readonly imagesPerSecond: number;
  /** Estimate. */
  readonly secondsLeft: number;
}

/** Steps whose mean is shown and logged. */
export const STEPS_SHOWN = 10;

/** Means over the last {@link STEPS_SHOWN} steps, and the speed. */
export class Meter {
  readonly #epochs: number;
  readonly #now: () => number;
  readonly #recent: { seconds: number; report: StepReport }[] = [];
  readonly #begun: number;
  #stepBegun: number;
  #images = 0;
  #last: TrainProgress | undefined;

  /** @param now - milliseconds that never go back */
  constructor(epochs: number, now: () => number = () => performance.now()) {
    this.#epochs = epochs;
    this.#now = now;
    this.#begun = now();
    this.#stepBegun = this.#begun;
  }

  /** What the last {@link step} gave. */
  get last(): TrainProgress | undefined {
    return this.#last;
  }

  /** Images learnt from a second since the meter was made. */
  get imagesPerSecond(): number {
    return (this.#images / Math.max(1e-3, this.#now() - this.#begun)) * 1000;
  }

  /** Takes a step in and says where the run stands. */
  step(report: StepReport): TrainProgress {
    const at = this.#now();
    const recent = this.#recent;
    recent.push({ seconds: (at - this.#stepBegun) / 1000, report });
    this.#stepBegun = at;
    if (recent.length > STEPS_SHOWN) recent.shift();
    // The median: the first step prepares, and one in a while learns codebooks or writes a checkpoint.
    const times = recent.map(({ seconds }) => seconds).sort((a, b) => a - b);
    const seconds = Math.max(1e-6, times[Math.floor((times.length - 1) / 2)]);
    const sum = (field: 'loss' | 'L' | 'Q' | 'images'): number =>
      recent.reduce((total, { report: one }) => total + one[field], 0);
    const count = recent.length;
    this.#images += report.images;
    this.#last = {
      phase: 'learning',
      epoch: report.epoch + 1,
      epochs: this.#epochs,
      step: report.step,
      steps: report.steps,
      loss: sum('loss') / count,
      L: sum('L') / count,
      Q: sum('Q') / count,
      learningRate: report.learningRate,
      imagesPerSecond: sum('images') / count / seconds,
      secondsLeft: (report.steps - report.step) * seconds,
    };
    return this.#last;
  }
}
