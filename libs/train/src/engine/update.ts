/**
 * @file The update rules on plain arrays: one range of one parameter at a time, so that workers can share the work.
 */

import type { OptimiserOptions } from './engine.ts';

/** How many arrays, each as long as the parameter, a rule remembers between updates. */
export function slotCount(optimiser: OptimiserOptions): number {
  return optimiser.kind === 'adamw' ? 2 : 1;
}

/** The numbers of one update of one parameter. */
export interface UpdateNumbers {
  /** The learning rate times the parameter's own factor. */
  readonly learningRate: number;
  /** The weight decay times the parameter's own factor. */
  readonly weightDecay: number;
  /** Counts from 1 (Adam's t). */
  readonly update: number;
  /** The gradient is multiplied by this first (clipping). */
  readonly gradientScale: number;
}

/**
 * Updates elements `from … to − 1` of `parameter` and `slots` in place.
 *
 * - `sgd`: v ← μv + g + wd·p; p ← p − lr·v (Nesterov: p ← p − lr·(g + wd·p + μv)), as PyTorch's SGD.
 * - `adamw`: p ← p − lr·wd·p, then Adam's step with bias correction (Loshchilov & Hutter, ICLR 2019).
 */
export function updateRange(
  optimiser: OptimiserOptions,
  numbers: UpdateNumbers,
  parameter: Float32Array,
  gradient: Float32Array,
  slots: readonly Float32Array[],
  from: number,
  to: number,
): void {
  const { learningRate, weightDecay, update, gradientScale } = numbers;
  if (optimiser.kind === 'sgd') {
    const { momentum } = optimiser;
    const nesterov = optimiser.nesterov ?? false;
    const velocity = slots[0]!;
    for (let i = from; i < to; i++) {
      const g = gradient[i]! * gradientScale + weightDecay * parameter[i]!;
      const v = Math.fround(momentum * velocity[i]! + g);
      velocity[i] = v;
      parameter[i] = parameter[i]! - learningRate * (nesterov ? g + momentum * v : v);
    }
    return;
  }
  const beta1 = optimiser.beta1 ?? 0.9;
  const beta2 = optimiser.beta2 ?? 0.999;
  const epsilon = optimiser.epsilon ?? 1e-8;
  const correction1 = 1 - beta1 ** update;
  const root2 = Math.sqrt(1 - beta2 ** update);
  // One division less: m̂ / (√v̂ + ε) with the corrections drawn out of the loop.
  const rate = (learningRate / correction1) * root2;
  const least = epsilon * root2;
  const shrink = 1 - learningRate * weightDecay;
  const [new1, new2] = [1 - beta1, 1 - beta2];
  const first = slots[0]!;
  const second = slots[1]!;
  for (let i = from; i < to; i++) {
    const g = gradient[i]! * gradientScale;
    const m = beta1 * first[i]! + new1 * g;
    const v = beta2 * second[i]! + new2 * g * g;
    first[i] = m;
    second[i] = v;
    parameter[i] = parameter[i]! * shrink - (rate * m) / (Math.sqrt(v) + least);
  }
}
