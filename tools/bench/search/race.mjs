/** @file Queries in turn: each query goes to every contestant before the next one does. */
import { median } from '../interleave.mjs';

/** Queries a row, and uncounted ones before. */
export const QUERIES = 50;
const WARM_UP = 4;

/** Milliseconds of one call of our own, and what it gave. */
export function timed(call) {
  const start = process.hrtime.bigint();
  const hits = call();
  return { ms: Number(process.hrtime.bigint() - start) / 1e6, hits };
}

/**
 * Runs QUERIES queries through all contestants in turn.
 *
 * @param contestants name → (query's number) → { ms, … }, or a promise of it
 * @param onAnswer (name, query, answer), outside of the time measured
 * @returns name → { median, slowest } in milliseconds
 */
export async function race(contestants, onAnswer = () => {}) {
  const times = Object.fromEntries(Object.keys(contestants).map((name) => [name, []]));
  for (let turn = -WARM_UP; turn < QUERIES; turn++) {
    const query = Math.max(0, turn);
    for (const [name, search] of Object.entries(contestants)) {
      const answer = await search(query);
      if (turn < 0) continue;
      times[name].push(answer.ms);
      onAnswer(name, query, answer);
    }
  }
  return Object.fromEntries(
    Object.entries(times).map(([name, all]) => [name, { median: median(all), slowest: Math.max(...all) }]),
  );
}
