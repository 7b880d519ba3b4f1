/** @file What a search is asked, checked; apart from the searcher, which a page that searches by itself doesn't need. */
import type { IdKind, ItemId } from '@dqn/format';
import type { Distance } from '@dqn/pq';
import { RuntimeError } from './errors.ts';

/** The distances that a search can be asked for. */
export const DISTANCES: readonly Distance[] = ['aqd', 'ip', 'sqd'];

/** @throws RuntimeError `VECTOR_LENGTH`, `NOT_FINITE`, `BAD_OPTION` */
export function checkQuery(query: Float32Array, o: { k: number; distance: Distance; D: number }): void {
  const { k, distance, D } = o;
  if (query.length !== D) {
    throw new RuntimeError(
      'VECTOR_LENGTH',
      `A query of ${query.length} numbers can't search embeddings of ${D}; give ${D} numbers.`,
    );
  }
  const bad = query.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    throw new RuntimeError(
      'NOT_FINITE',
      `The query holds ${query[bad]} at position ${bad}; every number must be finite.`,
    );
  }
  if (!Number.isInteger(k) || k < 1) {
    throw new RuntimeError('BAD_OPTION', `k = ${k} is not a number of hits; ask for a whole number from 1 on.`);
  }
  if (!DISTANCES.includes(distance)) {
    throw new RuntimeError(
      'BAD_OPTION',
      `No distance is called ${JSON.stringify(distance)}; there are ${DISTANCES.join(', ')}.`,
    );
  }
}

/** An id of the gallery's kind from its text; undefined where it is none of that kind. */
export function itemId(text: string, kind: IdKind): ItemId | undefined {
  if (kind === 'string') return text;
  if (!/^(0|[1-9]\d{0,19})$/.test(text)) return undefined;
  return kind === 'u32' ? Number(text) : BigInt(text);
}
