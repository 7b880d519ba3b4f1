/** @file What the benchmark calls inside Chromium: an index over codes that it fetches, and its searches. */
import { createIndex } from '@dqn/pq';

let index;
let queries;
let D;

/** Fetches the set at `./set.json` and `./codes` and builds its index; milliseconds of the building. */
window.load = async () => {
  const set = await (await fetch('./set.json', { cache: 'no-store' })).json();
  const codes = new Uint8Array(await (await fetch('./codes', { cache: 'no-store' })).arrayBuffer());
  const codebook = { M: set.M, K: set.K, D: set.D, codewords: Float32Array.from(set.codewords) };
  queries = Float32Array.from(set.queries);
  D = set.D;
  const start = performance.now();
  index = await createIndex({ codebook, codes });
  return { buildMs: performance.now() - start, isolated: crossOriginIsolated, explanation: index.explain() };
};

/** The k nearest of query i: milliseconds, hits, items visited. */
window.search = (i, k) => {
  const query = queries.subarray(i * D, (i + 1) * D);
  const start = performance.now();
  const hits = index.search(query, { k });
  const ms = performance.now() - start;
  return { ms, ids: [...hits.ids], distances: [...hits.distances], visited: index.explain().last?.items };
};

window.drop = () => {
  index.close();
  index = undefined;
};
