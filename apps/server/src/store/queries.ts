/** @file What every store refuses of queries, in the same words. */
import { DISTANCES } from '@dqn/runtime';
import { ServerError } from '../errors.ts';
import { shown } from './ids.ts';
import type { StoreSearch } from './store.ts';

/** Hits of one query, those that are left out included. */
const MOST_HITS = 10_000;

/**
 * @param queries float32 [count, D]
 * @throws ServerError `BAD_QUERY`
 */
export function checkQueries(queries: Float32Array, count: number, D: number): void {
  if (!(queries instanceof Float32Array) || queries.length !== count * D) {
    throw new ServerError('BAD_QUERY', `A query has ${queries?.length} numbers; expected ${D}.`);
  }
  const bad = queries.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0)
    throw new ServerError('BAD_QUERY', `The query holds ${queries[bad]} at ${bad}; expected finite numbers.`);
}

/** @throws ServerError `BAD_QUERY` */
export function checkSearch({ k = 10, offset = 0, distance }: StoreSearch): void {
  if (!Number.isInteger(k) || k < 1 || !Number.isInteger(offset) || offset < 0 || k + offset > MOST_HITS) {
    throw new ServerError(
      'BAD_QUERY',
      `k is ${shown(k)} and offset ${shown(offset)}; expected k from 1 and offset from 0 on, together up to ${MOST_HITS}.`,
    );
  }
  if (distance !== undefined && !DISTANCES.includes(distance)) {
    throw new ServerError('BAD_QUERY', `No distance is called ${shown(distance)}; there are ${DISTANCES.join(', ')}.`);
  }
}
