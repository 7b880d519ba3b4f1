/** @file The look-up table of a query: its distance to every codeword. */
import { type Codebook, checkArray, checkCodebook, checkFinite, type Distance } from './codebook.ts';
import { negatedProducts, smallest, squaredDistances } from './definition.ts';
import { PqError } from './errors.ts';
import { checkDistance, shown } from './given.ts';
import { notFinite } from './table-check.ts';
import { Shelf } from './table-shelf.ts';

export { checkTable } from './table-check.ts';

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
 * Checks a codebook once, for the tables of many queries; its codewords must stay as they are from then on.
 *
 * @throws PqError `BAD_SHAPE`, `NOT_FINITE`
 */
export function createTables(codebook: Codebook): Tables {
  checkCodebook(codebook);
  let shelf: Shelf | undefined;
  let asked = 0;
  return {
    table<T extends Float32Array | Float64Array>(
      query: Float32Array,
      distance: Distance,
      into?: T,
      stride = codebook.K,
    ): T {
      const { M, K, D } = codebook;
      checkQuery(query, D, distance);
      const table = into ?? (new Float32Array(M * K) as T);
      if (!(table instanceof Float32Array || table instanceof Float64Array) || !Number.isInteger(stride)) {
        throw new PqError(
          'BAD_OPTION',
          `A table ${shown(into)}, ${shown(stride)} from row to row, was given; expected a Float32Array or a Float64Array.`,
        );
      }
      if (stride < K || table.length < (M - 1) * stride + K) {
        throw new PqError(
          'BAD_SHAPE',
          `A table of ${table.length} numbers, ${stride} from row to row, was given; expected room for M = ${M} rows of K = ${K}.`,
        );
      }
      // To arrange the codewords for the kernels takes as long as a few tables.
      if (asked < FEW) {
        asked++;
        return fillPlainly(codebook, query, distance, table, stride);
      }
      shelf = shelf?.holds(codebook) ? shelf : Shelf.put(codebook);
      return shelf ? shelf.fill(query, distance, table, stride) : fillPlainly(codebook, query, distance, table, stride);
    },
  };
}

/** So many tables are made without kernels first. */
const FEW = 4;

/** The table of checked arguments without kernels. */
export function fillPlainly<T extends Float32Array | Float64Array>(
  { M, K, D, codewords }: Codebook,
  query: Float32Array,
  distance: Distance,
  table: T,
  stride: number,
): T {
  const d = D / M;
  const sums = new Float64Array(K);
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
      // Only infinite numbers and NaN aren't 0 less themselves.
      if (entry - entry !== 0) throw notFinite(entry, m, k);
      table[to + k] = entry;
    }
  }
  return table;
}

function checkQuery(query: Float32Array, D: number, distance: Distance): void {
  if (!(query instanceof Float32Array)) checkArray(query, Float32Array, 'The numbers of the query', `[${D}]`);
  if (query.length !== D) {
    throw new PqError('BAD_SHAPE', `The query has ${query.length} dimensions; expected D = ${D} as in the codebook.`);
  }
  checkDistance(distance);
  checkFinite(query, D, 'Query');
}
