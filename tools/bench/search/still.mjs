/** @file The rows of indexes at rest: a data set, k, and Faiss beside it; the memory they take; the page against Node. */
import { createIndex } from '@dqn/pq';
import { median } from '../interleave.mjs';
import { countName, dataSet } from './data.mjs';
import { openRow } from './open.mjs';
import { contestants } from './peer.mjs';
import { QUERIES, race, timed } from './race.mjs';
import { mustEqual, reference, verifiedQueries } from './verify.mjs';

/** Builds our index over a set, which stays as it is made; `buildMs` is what that took, with as many threads as there are. */
export async function build({ codebook, codes }, options = {}) {
  const start = performance.now();
  const index = await createIndex({ codebook, codes, autoMerge: false, ...options });
  return { index, buildMs: performance.now() - start };
}

/** The k nearest of query i of a set, timed; with `visited`, the items that it looked at. */
export const searching =
  (index, { queries, D }, options) =>
  (i) => {
    const query = queries.subarray(i * D, (i + 1) * D);
    const answer = timed(() => index.search(query, options));
    return { ...answer, visited: index.explain().last?.items };
  };

/** Bytes an item, ids and the room of queries included. */
export const bytesAnItem = (index) => index.explain().bytes.perItem;

/**
 * Checks our answers against the reference and gathers what they visited.
 *
 * @returns { onAnswer(query, answer), facts() → { visited, verified } }
 */
export function witness(what, n, k, expected) {
  const seen = [];
  let verified = 0;
  return {
    onAnswer(query, { hits, visited }) {
      if (visited !== undefined) seen.push(visited);
      if (query >= verifiedQueries(n, QUERIES)) return;
      mustEqual(`${what}, query ${query}`, hits, expected(query, k));
      verified++;
    },
    facts: () => ({ n, visited: seen.length > 0 ? median(seen) : undefined, verified }),
  };
}

/** Faiss's IndexPQ holds the same codes: its k-th distance must be ours but for float32's rounding. */
function mustAgree(what, { last }, ours) {
  if (!(Math.abs(last - ours) <= 1e-3 * Math.abs(ours) + 1e-4))
    throw new Error(`${what}: the last hit lies at ${last}; ours at ${ours}. The peer doesn't hold the same codes.`);
}

/** One row's race against the builds of Faiss; the peer's median is that of the faster build. */
async function against(context, set, built, peers, k, expected) {
  const { n } = set;
  const name = caseName(set, k);
  const own = witness(name, n, k, expected);
  const lasts = [];
  const all = { ours: searching(built.index, set, { k }) };
  for (const { peer, version, search } of peers) all[`${peer} ${version}`] = (query) => search(query, k);
  const times = await race(all, (who, query, answer) => {
    if (who === 'ours') {
      own.onAnswer(query, answer);
      lasts[query] = answer.hits.distances[k - 1];
    } else if (who.startsWith('Faiss IndexPQ')) mustAgree(`${name}, ${who}, query ${query}`, answer, lasts[query]);
  });
  const { index, buildMs } = built;
  const common = { case: name, ours: times.ours.median, unit: 'ms', slowest: times.ours.slowest, ...own.facts() };
  const more = { queries: QUERIES, buildMs, bytesAnItem: bytesAnItem(index), structure: index.explain().structure };
  const names = [...new Set(peers.map(({ peer }) => peer))];
  if (names.length === 0) context.add({ ...common, peer: null, theirs: null, ratio: null, ...more });
  for (const peer of names) {
    const [best] = peers
      .filter((one) => one.peer === peer)
      .map(({ version }) => ({ version, ...times[`${peer} ${version}`] }))
      .sort((a, b) => a.median - b.median);
    context.add({
      ...{ ...common, peer, theirs: best.median, ratio: best.median / common.ours, ...more },
      ...{ theirsSlowest: best.slowest, peerVersion: best.version },
    });
  }
}

export const caseName = ({ M, n, name }, k) => `M=${M} ${countName(n)} ${name} k=${k}`;

/** The page's searches of a set against Node's. */
async function inPage(context, set, built, k, expected) {
  const name = `${caseName(set, k)} in Chromium`;
  const page = await context.page();
  if (page === undefined) return;
  const { buildMs } = await page.load(set);
  const own = witness(name, set.n, k, expected);
  const times = await race(
    { page: (query) => page.search(query, k), node: searching(built.index, set, { k }) },
    (who, query, answer) => who === 'page' && own.onAnswer(query, answer),
  );
  await page.drop();
  const ratio = times.node.median / times.page.median;
  const row = {
    case: name,
    ours: times.page.median,
    peer: 'ours in Node',
    theirs: times.node.median,
    unit: 'ms',
    ratio,
  };
  context.add({ ...row, slowest: times.page.slowest, ...own.facts(), queries: QUERIES, buildMs });
}

/** All rows of one data set at rest. */
export async function stillRows(context, name, M, n) {
  const shape = { M, n, name };
  const ks = (name === 'uniform' ? [10, 100, 1000] : [10, 100]).filter((k) => context.wanted(caseName(shape, k)));
  const memory = `M=${M} ${countName(n)} ${name} memory`;
  const open = `M=${M} ${countName(n)} ${name} open`;
  const page = `${caseName(shape, 100)} in Chromium`;
  if (ks.length === 0 && ![memory, open, page].some(context.wanted)) return;
  const set = await dataSet(name, M, n, context.say);
  if (set === undefined) return;
  const built = await build(set);
  const { index, buildMs } = built;
  const expected = reference(set);
  if (ks.length > 0 || context.wanted(open)) {
    const peers = await contestants(context.builds, set, context.say);
    for (const k of ks) await against(context, set, built, peers, k, expected);
    if (context.wanted(open)) await openRow(context, open, set, index, expected);
    for (const one of context.builds) await one.ask({ do: 'drop' });
  }
  if (context.wanted(memory)) {
    const row = { case: memory, ours: bytesAnItem(index), peer: null, theirs: null, unit: 'bytes/item', ratio: null };
    context.add({ ...row, buildMs });
  }
  if (context.wanted(page)) await inPage(context, set, built, 100, expected);
  index.close();
}
