/**
 * @file `npm run bench -- search [--n 1e6,1e7] [--m 4,8] [--case TEXT]`: exact search over codes against Faiss.
 *
 * Each row is the median of 50 queries on one thread; ours and the peers take each query in turn. Every row's answers are
 * held against the reference scan, bit by bit, and a difference ends the benchmark. Rows are named such as
 * `M=4 10M hard k=100`; K is 256. Data sets: see search/mixture.mjs (clustered, hard, uniform), search/dqn.mjs (codes of a
 * trained model) and search/data.mjs (duplicates). Above 20M items only the growth is timed (`--n 1e8`).
 */

import { withBar } from './search/bars.mjs';
import { duplicateRows, growthRows, liveRows } from './search/live.mjs';
import { openPage } from './search/page.mjs';
import { startFaiss } from './search/peer.mjs';
import { stillRows } from './search/still.mjs';
import { vectorRows } from './search/vectors.mjs';

const SETS = ['clustered', 'hard', 'uniform', 'dqn'];
/** More items than this are for the growth alone. */
const LARGE = 2e7;

export async function rows(say, { n, m, case: text }) {
  const result = [];
  const started = performance.now();
  let page;
  const context = {
    say,
    builds: await startFaiss(say),
    wanted: (name) => name.includes(text),
    /** The page, opened when it is first asked for. */
    page() {
      page ??= openPage(say);
      return page;
    },
    add(row) {
      const judged = withBar(row);
      result.push(judged);
      const { ours, unit, ratio, peer, met } = judged;
      const against = ratio === null ? '' : `, ${ratio.toPrecision(3)} × ${peer}`;
      say(`${row.case}: ${ours.toPrecision(3)} ${unit}${against}${met === false ? '  (below its bar)' : ''}`);
    },
  };
  // The largest first: smaller sets are its beginning.
  const sizes = [...new Set(n)].sort((a, b) => b - a);
  const still = sizes.filter((size) => size <= LARGE);
  try {
    for (const M of m) {
      for (const size of sizes.filter((one) => one > LARGE)) await growthRows(context, M, size);
      for (const name of SETS) for (const size of still) await stillRows(context, name, M, size);
      if (still.length === 0) continue;
      await liveRows(context, 'hard', M, still[0]);
      for (const name of ['hard', 'clustered']) await duplicateRows(context, name, M, still[0]);
    }
    await vectorRows(context);
  } finally {
    await (await page)?.close();
    for (const build of context.builds) build.close();
  }
  if (result.length === 0) throw new Error(`No row's case holds '${text}'.`);
  const missed = result.filter(({ met }) => met === false);
  const minutes = ((performance.now() - started) / 60e3).toFixed(1);
  say(`\n${result.length} rows in ${minutes} minutes; ${missed.length} below their bar.`);
  return result;
}
