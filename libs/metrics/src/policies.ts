/**
 * @file The choices behind a figure. Codes of the field differ in each of them, and figures under different choices
 * can't be compared; so every one has a name here and must be made.
 */

/**
 * What the precisions at the hits are divided by.
 *
 * - `relevant-within-R`: by the relevant rows found within the first R; the field's habit. A ranking is not charged for
 *   what it left behind R.
 * - `min-R-all-relevant`: by min(R, all relevant rows of the database); 1 only if nothing better could be ranked first.
 *
 * The two agree where R is `'all'`.
 */
export type ApDenominator = 'relevant-within-R' | 'min-R-all-relevant';

/**
 * What a query without a relevant row within R is worth.
 *
 * - `zero`: its average precision is 0.
 * - `drop`: it is left out of every mean; figures are higher the worse the ranking is.
 */
export type NoHit = 'zero' | 'drop';

/**
 * Which of several rows at the same distance comes first.
 *
 * - `{ shuffleSeed }`: a shuffle of the database, the same for all queries of one evaluation, decides.
 * - `'database-order'`: the lower row. Where the database is ordered by class, this leaks the class and adds 1–2 % to
 *   the MAP of short codes.
 */
export type Ties = { readonly shuffleSeed: number } | 'database-order';

/** A set of queries against a database, and how to judge it. */
export interface RankingOptions {
  /**
   * The distances of a query to all rows of the database, [database], smaller is nearer; infinity is allowed, NaN isn't.
   * They are read before the next call: the same array may be given again.
   */
  distances: (query: number) => Float32Array | Float64Array;
  /** Whether a row is relevant to a query. */
  relevant: (query: number, row: number) => boolean;
  /** Number of queries. */
  queries: number;
  /** Rows of the database. */
  database: number;
  /** Ranks that count, from 1; `'all'`: the whole ranking. An R above the database's rows is the whole ranking, too. */
  R: number | 'all';
  denominator: ApDenominator;
  noHit: NoHit;
  ties: Ties;
  /** Asked before every query. */
  signal?: { readonly aborted: boolean; readonly reason: unknown };
  /** Called after every query. */
  onProgress?: (progress: { query: number; queries: number }) => void;
}
