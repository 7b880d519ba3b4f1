/** @file What can go wrong in this package, in one table. */

/**
 * | code | when |
 * |---|---|
 * | `BITS_NOT_POSSIBLE` | a code length that no whole number of subspaces gives |
 * | `BAD_SHAPE` | M, K, D, or the length of an array, doesn't fit the others |
 * | `BAD_OPTION` | an option, an id, a label, a filter or a query that is missing, of another type or outside its range (k, radius, seed, distance) |
 * | `NOT_FINITE` | NaN or infinity in vectors, codewords or a look-up table |
 * | `TOO_FEW_VECTORS` | fewer vectors than codewords |
 * | `BAD_CODE` | a code that names a codeword which doesn't exist |
 * | `DUPLICATE_ID` | an id given twice, or added where it is already |
 * | `UNKNOWN_ID` | a filter by an id that no item has |
 * | `BAD_FILE` | bytes that aren't what they should be: an index image, a Faiss or a NumPy file |
 * | `OUT_OF_MEMORY` | an index larger than one memory, or than what there is |
 * | `CLOSED` | an index that has been closed |
 * | `THREAD_LOST` | a worker thread that ended in the middle of its work |
 */
export type PqCode =
  | 'BITS_NOT_POSSIBLE'
  | 'BAD_SHAPE'
  | 'BAD_OPTION'
  | 'NOT_FINITE'
  | 'TOO_FEW_VECTORS'
  | 'BAD_CODE'
  | 'DUPLICATE_ID'
  | 'UNKNOWN_ID'
  | 'BAD_FILE'
  | 'OUT_OF_MEMORY'
  | 'CLOSED'
  | 'THREAD_LOST';

/** Every error that `@dqn/pq` throws, except an abort, which throws the signal's reason. */
export class PqError extends Error {
  readonly code: PqCode;

  constructor(code: PqCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'PqError';
    this.code = code;
  }
}

/** What this package needs of an `AbortSignal`: nothing that only browsers or only Node have. */
export interface AbortSignalLike {
  readonly aborted: boolean;
  readonly reason: unknown;
}

/**
 * Throws the signal's reason if it has been aborted.
 *
 * @throws PqError `BAD_OPTION` for what is no signal: a controller, of which nothing would ever be heard
 */
export function throwIfAborted(signal: AbortSignalLike | undefined): void {
  if (signal === undefined || signal === null) return;
  if (typeof signal.aborted !== 'boolean') {
    throw new PqError('BAD_OPTION', 'The signal is none; expected an AbortSignal: the `signal` of an AbortController.');
  }
  if (signal.aborted) throw signal.reason;
}
