/** @file The look-up table of a query: its distance to every codeword. */
import { type Codebook, checkCodebook, type Distance } from './codebook.ts';
import { encode } from './encode.ts';
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
  checkCodebook(codebook);
  const { M, K, D, codewords } = codebook;
  if (query.length !== D) {
    throw new PqError('BAD_SHAPE', `The query has ${query.length} dimensions; expected D = ${D} as in the codebook.`);
  }
  if (distance !== 'aqd' && distance !== 'ip' && distance !== 'sqd') {
    throw new PqError('BAD_OPTION', `The distance is '${String(distance)}'; expected 'aqd', 'ip' or 'sqd'.`);
  }
  const d = D / M;
  const codes = encode(codebook, query);
  const table = new Float32Array(M * K);
  for (let m = 0; m < M; m++) {
    const origin = distance === 'sqd' ? codewords : query;
    const from = distance === 'sqd' ? (m * K + codes[m]) * d : m * d;
    for (let k = 0; k < K; k++) {
      const c = (m * K + k) * d;
      let sum = 0;
      if (distance === 'ip') {
        for (let j = 0; j < d; j++) sum -= origin[from + j] * codewords[c + j];
      } else {
        for (let j = 0; j < d; j++) {
          const difference = origin[from + j] - codewords[c + j];
          sum += difference * difference;
        }
      }
      table[m * K + k] = sum;
    }
  }
  checkTable(table, M, K);
  return table;
}

/** @throws PqError `BAD_SHAPE`, `NOT_FINITE` unless `table` is M × K finite numbers. */
export function checkTable(table: Float32Array, M: number, K: number): void {
  if (table.length !== M * K) {
    throw new PqError('BAD_SHAPE', `The look-up table holds ${table.length} numbers; expected M × K = ${M * K}.`);
  }
  for (let i = 0; i < table.length; i++) {
    if (!Number.isFinite(table[i])) {
      throw new PqError(
        'NOT_FINITE',
        `The look-up table holds ${table[i]} for subspace ${Math.floor(i / K)}, codeword ${i % K}; expected finite ` +
          'numbers. Are the vectors scaled (unit length is usual)?',
      );
    }
  }
}
