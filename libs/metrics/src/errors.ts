/** @file What can go wrong in this package, in one table. */

/**
 * | code | when |
 * |---|---|
 * | `BAD_OPTION` | a number of queries or rows, R, a cutoff or a seed outside its range |
 * | `BAD_SHAPE` | `distances` gives another number of distances than the database has rows |
 * | `NOT_A_NUMBER` | a distance is NaN: it has no place in a ranking |
 */
export type MetricsCode = 'BAD_OPTION' | 'BAD_SHAPE' | 'NOT_A_NUMBER';

/** Every error that `@dqn/metrics` throws, except an abort, which throws the signal's reason. */
export class MetricsError extends Error {
  readonly code: MetricsCode;

  constructor(code: MetricsCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'MetricsError';
    this.code = code;
  }
}
