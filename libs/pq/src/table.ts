/** @file The look-up table of a query: its distance to every codeword. */
import { type Codebook, checkCodebook, checkFinite, type Distance } from './codebook.ts';
import { negatedProducts, smallest, squaredDistances } from './definition.ts';
import { PqError } from './errors.ts';

/**
 * The distances of a query to every codeword. The distance to a database item is the sum of M entries, one a subspace:
 * `aqd` ‖q_m − c‖², `ip` −⟨q_m, c⟩, `sqd` ‖c(q_m) − c‖² with the codeword c(q_m) nearest to the query. Each entry is
 * added up in float64 and rounded once to float32.
 *
 * @param query [D]
 * @returns [M, K] row-major; smaller is nearer
 * @throws PqError `BAD_SHAPE`, `BAD_OPTION`, `NOT_FINITE` (also where a distance is too large for float32)
 */
export function lookupTable(codebook: Codebook, query: Float32Array, distance: Distance): Float32Array {
  return createTables(codebook).table(query, distance);
}

/** Makes the look-up tables of many queries. */
export interface Tables {
  /**
   * The table of a query, as {@link lookupTable} gives it.
   *
   * @param query [D]
   * @param into where it goes instead of into a new array; float64 holds the same float32 numbers
   * @param stride of `into`: from one subspace's row of K to the next; K unless told
   * @returns the table: `into` where it was given
   * @throws PqError as {@link lookupTable} does; `into` may have been written to by then
   */
  table<T extends Float32Array | Float64Array = Float32Array>(
    query: Float32Array,
    distance: Distance,
    into?: T,
    stride?: number,
  ): T;
}

/**
 * Checks a codebook once, for the tables of many queries. Changes of its codewords are not seen by the checks.
 *
 * @throws PqError `BAD_SHAPE`, `NOT_FINITE`
 */
export function createTables(codebook: Codebook): Tables {
  checkCodebook(codebook);
  const { M, K, D, codewords } = codebook;
  const d = D / M;
  const sums = new Float64Array(K);
  return {
    table<T extends Float32Array | Float64Array>(query: Float32Array, distance: Distance, into?: T, stride = K): T {
      checkQuery(query, D, distance);
      const table = into ?? (new Float32Array(M * K) as T);
      if (stride < K || table.length < (M - 1) * stride + K) {
        throw new PqError(
          'BAD_SHAPE',
          `A table of ${table.length} numbers, ${stride} from row to row, was given; expected room for M = ${M} rows of K = ${K}.`,
        );
      }
      for (let m = 0; m < M; m++) {
        const at = m * K * d;
        if (distance === 'ip') negatedProducts(query, m * d, codewords, at, K, d, sums);
        else {
          squaredDistances(query, m * d, codewords, at, K, d, sums);
          if (distance === 'sqd') squaredDistances(codewords, at + smallest(sums) * d, codewords, at, K, d, sums);
        }
        const to = m * stride;
        for (let k = 0; k < K; k++) {
          const entry = Math.fround(sums[k]);
          // Not finite: only infinite numbers and NaN aren't 0 less themselves.
          if (entry - entry !== 0) throw notFinite(entry, m, k);
          table[to + k] = entry;
        }
      }
      return table;
    },
  };
}

function checkQuery(query: Float32Array, D: number, distance: Distance): void {
  if (query.length !== D) {
    throw new PqError('BAD_SHAPE', `The query has ${query.length} dimensions; expected D = ${D} as in the codebook.`);
  }
  if (distance !== 'aqd' && distance !== 'ip' && distance !== 'sqd') {
    throw new PqError('BAD_OPTION', `The distance is '${String(distance)}'; expected 'aqd', 'ip' or 'sqd'.`);
  }
  checkFinite(query, D, 'Query');
}

/** @throws PqError `BAD_SHAPE`, `NOT_FINITE` unless `table` is M × K finite numbers. */
export function checkTable(table: Float32Array, M: number, K: number): void {
  if (table.length !== M * K) {
    throw new PqError('BAD_SHAPE', `The look-up table holds ${table.length} numbers; expected M × K = ${M * K}.`);
  }
  for (let i = 0; i < table.length; i++) {
    if (!Number.isFinite(table[i])) throw notFinite(table[i], Math.floor(i / K), i % K);
  }
}

function notFinite(entry: number, m: number, k: number): PqError {
  return new PqError(
    'NOT_FINITE',
    `The look-up table holds ${entry} for subspace ${m}, codeword ${k}; expected finite ` +
      'numbers. Are the vectors scaled (unit length is usual)?',
  );
}
