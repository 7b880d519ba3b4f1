/**
 * @file How the learning rate changes while a network learns: a factor as a function of the step.
 */

/** The shape of the learning rate over a run. */
export type Schedule =
  /** × `factor` every `everySteps` steps, as Caffe's "step". */
  | { readonly kind: 'step'; readonly factor: number; readonly everySteps: number }
  /** Rises in a straight line over the first `warmUp` (share of all steps), then falls to 0 along half a cosine. */
  | { readonly kind: 'cosine'; readonly warmUp: number }
  /** Rises in a straight line over the first `warmUp` (share of all steps), then falls to 0 in a straight line. */
  | { readonly kind: 'linear'; readonly warmUp: number }
  /**
   * Rises along half a cosine from 1/25 over the first `warmUp` (share of all steps), then falls to 0 along half a cosine: the
   * learning rate of Smith's one-cycle policy as PyTorch has it.
   */
  | { readonly kind: 'one-cycle'; readonly warmUp: number };

/** Where a one-cycle schedule begins. */
const ONE_CYCLE_FROM = 1 / 25;

/**
 * The factor on the learning rate at `step` (from 0) of `steps` in all, in [0, 1].
 *
 * The first step of a warm-up is above 0, and so is the last step of a fall: no step is wasted.
 */
export function scheduleFactor(schedule: Schedule, step: number, steps: number): number {
  if (schedule.kind === 'step') return schedule.factor ** Math.floor(step / schedule.everySteps);
  const warm = schedule.warmUp > 0 ? Math.max(1, Math.floor(schedule.warmUp * steps)) : 0;
  if (step < warm) {
    if (schedule.kind !== 'one-cycle') return (step + 1) / warm;
    return ONE_CYCLE_FROM + (1 - ONE_CYCLE_FROM) * 0.5 * (1 - Math.cos((Math.PI * step) / warm));
  }
  const done = Math.min(1, (step - warm) / Math.max(1, steps - warm));
  return schedule.kind === 'linear' ? 1 - done : 0.5 * (1 + Math.cos(Math.PI * done));
}
