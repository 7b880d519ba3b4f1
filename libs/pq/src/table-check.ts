/** @file Checks of look-up tables. */
import { checkArray } from './codebook.ts';
import { PqError } from './errors.ts';

/** @throws PqError `BAD_SHAPE`, `NOT_FINITE` unless `table` is M × K finite numbers. */
export function checkTable(table: Float32Array, M: number, K: number): void {
  checkArray(table, Float32Array, 'The numbers of the look-up table', `[${M}, ${K}]`);
  if (table.length !== M * K) {
    throw new PqError('BAD_SHAPE', `The look-up table holds ${table.length} numbers; expected M × K = ${M * K}.`);
  }
  // Infinity and NaN less themselves are NaN, everything else 0.
  for (let i = 0; i < table.length; i++) if (table[i] - table[i] !== 0) refuseTable(table, K);
}

/** @throws PqError `NOT_FINITE` for a table [M, K] of which something isn't finite: names the first. */
export function refuseTable(table: Float32Array, K: number): never {
  const i = table.findIndex((entry) => !Number.isFinite(entry));
  throw notFinite(table[i], Math.floor(i / K), i % K);
}

/** The error for an entry of a table that isn't finite. */
export function notFinite(entry: number, m: number, k: number): PqError {
  return new PqError(
    'NOT_FINITE',
    `The look-up table holds ${entry} for subspace ${m}, codeword ${k}; expected finite ` +
      'numbers. Are the vectors scaled (unit length is usual)?',
  );
}
