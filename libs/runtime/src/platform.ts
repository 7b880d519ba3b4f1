/** @file The few things of the platform that Node and browsers share and ES2023's types don't name. */

import type { AbortSignalLike } from '@dqn/pq';

declare const performance: { now(): number };

/** Milliseconds on a clock that never jumps; only differences mean something. */
export function now(): number {
  return performance.now();
}

/** Throws the signal's reason once it has been aborted. */
export function throwIfAborted(signal: AbortSignalLike | undefined): void {
  if (signal?.aborted) throw signal.reason;
}
