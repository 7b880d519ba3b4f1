/**
 * @file The exponential moving average of the weights: often better than the last weights themselves.
 */

import type { Parameter } from './engine/engine.ts';

/** Averages named arrays: a ← d·a + (1 − d)·w. */
export class MovingAverage {
  readonly #decay: number;
  #values: Map<string, Float32Array> | undefined;

  /** @param decay - share of the old average that one update leaves, in [0, 1) */
  constructor(decay: number) {
    this.#decay = decay;
  }

  /** The averages by name, or undefined before the first update. */
  get values(): ReadonlyMap<string, Float32Array> | undefined {
    return this.#values;
  }

  /** Takes the weights in; the first time they become the average. */
  update(weights: ReadonlyMap<string, Parameter>): void {
    if (!this.#values) {
      this.restore(new Map([...weights].map(([name, { data }]) => [name, data])));
      return;
    }
    const rest = 1 - this.#decay;
    for (const [name, average] of this.#values) {
      const { data } = weights.get(name)!;
      for (let i = 0; i < average.length; i++) average[i] += rest * (data[i] - average[i]);
    }
  }

  /** Starts from a copy of such averages. */
  restore(values: ReadonlyMap<string, Float32Array> | undefined): void {
    this.#values = values && new Map([...values].map(([name, data]) => [name, data.slice()]));
  }
}
