/** @file How many images a run of the network should take, found by trying. */

/** How long to look, and how far. */
export interface TryOptions {
  /** Milliseconds that a run may take: who comes while it runs has to wait for it. */
  readonly slowest: number;
  /** Images a run at most. */
  readonly most: number;
  /** Milliseconds that the search may take. */
  readonly budget: number;
  readonly signal?: AbortSignal | undefined;
}

/** What was measured at one size. */
export interface Tried {
  readonly size: number;
  /** Milliseconds a run; the quickest of three. */
  readonly ms: number;
}

/** Throughput that is given up for shorter runs. */
const ENOUGH = 0.95;

/**
 * The smallest power of two whose throughput is within 5 % of the best that was seen.
 *
 * @param run runs the network over so many images
 * @returns the size, and what was measured on the way
 */
export async function chooseBatch(
  run: (size: number) => Promise<unknown>,
  { slowest, most, budget, signal }: TryOptions,
): Promise<{ size: number; tried: readonly Tried[] }> {
  const begun = performance.now();
  const tried: Tried[] = [];
  for (let size = 1; size <= most; size *= 2) {
    // The first run of a size takes memory and plans.
    await run(size);
    let ms = Number.POSITIVE_INFINITY;
    for (let i = 0; i < 3; i++) {
      signal?.throwIfAborted();
      const start = performance.now();
      await run(size);
      ms = Math.min(ms, performance.now() - start);
    }
    if (ms > slowest && size > 1) break;
    tried.push({ size, ms });
    // Four runs of twice the size have to fit.
    if (performance.now() - begun + 8 * ms > budget) break;
  }
  const best = Math.max(...tried.map(rate));
  return { size: tried.find((one) => rate(one) >= ENOUGH * best)!.size, tried };
}

const rate = ({ size, ms }: Tried): number => size / ms;
