/** @file Timing of two things in turn, so that a machine whose clock wanders is fair to both. */

export const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** Milliseconds that one call takes. */
export async function milliseconds(call) {
  const start = process.hrtime.bigint();
  await call();
  return Number(process.hrtime.bigint() - start) / 1e6;
}

/**
 * Runs every contestant once a round, after one uncounted round, and gives each one's times.
 * @param contestants name → call; a call may resolve with its own milliseconds where it is timed elsewhere
 */
export async function interleave(contestants, rounds) {
  const times = Object.fromEntries(Object.keys(contestants).map((name) => [name, []]));
  for (let round = -1; round < rounds; round++)
    for (const [name, call] of Object.entries(contestants)) {
      let own;
      const taken = await milliseconds(async () => {
        own = await call();
      });
      if (round >= 0) times[name].push(typeof own === 'number' ? own : taken);
    }
  return times;
}

/** The median of the ratios pair by pair: how many times faster `ours` was than `theirs`. */
export const speedup = (ours, theirs) => median(ours.map((time, round) => theirs[round] / time));
