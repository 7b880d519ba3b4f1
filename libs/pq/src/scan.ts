/**
 * @file The exact search: every code is looked at.
 *
 * This is the reference that defines the answer. A faster search gives the same rows and the same distances.
 */
import { checkCodes, checkMK } from './codebook.ts';
import { type AbortSignalLike, throwIfAborted } from './errors.ts';
import { checkFunction, checkGiven, checkHowMany } from './given.ts';
import { checkTable } from './table.ts';
import { Nearby } from './top.ts';

/** How to scan. */
export interface ScanOptions {
  /** Subspaces: bytes a code. */
  M: number;
  /** Codewords a subspace. */
  K: number;
  /** How many to find, from 1; where the database holds (or `filter` leaves) fewer, all of them are found. */
  k: number;
  /** Rows for which it gives false are left out. */
  filter?: (row: number) => boolean;
  /** Asked every 65,536 rows. */
  signal?: AbortSignalLike;
}

/** What was found, nearest first. */
export interface Found {
  /** Rows of the database. */
  rows: Uint32Array;
  /** Distances in the same order. */
  distances: Float64Array;
}

/** Rows between two looks at the signal: a fraction of a millisecond. */
const ROWS_A_TURN = 65_536;

/**
 * The k rows with the smallest distance Σ_m table[m][code_m], added in float64 from 0 in the order m = 0 … M − 1;
 * of rows at the same distance the lower comes first.
 *
 * @param codes [N, M] row-major
 * @param table [M, K], see `lookupTable`
 * @throws PqError `BAD_SHAPE`, `BAD_OPTION`, `BAD_CODE`, `NOT_FINITE`; the signal's reason when aborted
 */
export function scan(codes: Uint8Array, table: Float32Array, options: ScanOptions): Found {
  checkGiven(options, 'The options', '{ M, K, k }');
  const { M, K, k, filter, signal } = options;
  checkMK(M, K);
  checkTable(table, M, K);
  const N = checkCodes(codes, M, K);
  checkHowMany(k, 'rows');
  checkFunction(filter, 'filter');
  const top = new Nearby(Math.min(k, N));
  for (let row = 0, i = 0; row < N; row++) {
    if (row % ROWS_A_TURN === 0) throwIfAborted(signal);
    let sum = 0;
    for (let m = 0; m < M; m++) sum += table[m * K + codes[i++]];
    // Rows come in order, so that one at the limit's distance would stand behind those that are there.
    if (sum < top.limit && (filter === undefined || filter(row))) top.add(row, sum);
  }
  return top.sorted();
}

/**
 * The distance of every row, as `scan` adds it up; for evaluators that rank the whole database.
 *
 * @param codes [N, M] row-major
 * @param table [M, K]
 * @returns [N]
 * @throws PqError `BAD_SHAPE`, `BAD_OPTION`, `BAD_CODE`, `NOT_FINITE`
 */
export function distances(
  codes: Uint8Array,
  table: Float32Array,
  shape: { M: number; K: number },
): Float64Array<ArrayBuffer> {
  checkGiven(shape, 'The options', '{ M, K }');
  const { M, K } = shape;
  checkMK(M, K);
  checkTable(table, M, K);
  const N = checkCodes(codes, M, K);
  const sums = new Float64Array(N);
  for (let row = 0, i = 0; row < N; row++) {
    let sum = 0;
    for (let m = 0; m < M; m++) sum += table[m * K + codes[i++]];
    sums[row] = sum;
  }
  return sums;
}
