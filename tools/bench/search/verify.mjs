/** @file The reference: what `scan` finds, against which every row's answers are held. */
import { lookupTable, scan } from '@dqn/pq';

/** How many queries of a row are verified: all of them up to a million items, where a scan takes milliseconds. */
export const verifiedQueries = (n, queries) => (n <= 1e6 ? queries : Math.min(queries, n <= 2e7 ? 8 : 3));

/**
 * What `scan` finds for the queries of a set, kept for its rows: a smaller k is the beginning of a larger one.
 *
 * @param filter row → whether it may be found
 */
export function reference({ M, K, D, codebook, codes, queries }, filter) {
  const known = new Map();
  return (query, k) => {
    let found = known.get(query);
    if (found === undefined || found.k < k) {
      const table = lookupTable(codebook, queries.subarray(query * D, (query + 1) * D), 'aqd');
      found = { k, ...scan(codes, table, { M, K, k, filter }) };
      known.set(query, found);
    }
    return { ids: found.rows.subarray(0, k), distances: found.distances.subarray(0, k) };
  };
}

/** @throws Error unless ids and distances are those of the reference, bit by bit. */
export function mustEqual(what, hits, expected) {
  const { ids, distances } = hits;
  if (ids.length !== expected.ids.length)
    throw new Error(`${what}: ${ids.length} hits; the scan finds ${expected.ids.length}.`);
  for (let i = 0; i < ids.length; i++)
    if (ids[i] !== expected.ids[i] || distances[i] !== expected.distances[i])
      throw new Error(
        `${what}: hit ${i} is ${ids[i]} at ${distances[i]}; the scan finds ${expected.ids[i]} at ${expected.distances[i]}.`,
      );
}
