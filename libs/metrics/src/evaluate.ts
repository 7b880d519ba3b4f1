/** @file Mean average precision, precision, recall and the precision–recall curve of rankings. */
import { MetricsError } from './errors.ts';
import type { RankingOptions } from './policies.ts';
import { shuffledRows } from './random.ts';
import { Ranker } from './rank.ts';

/** Mean average precision. */
export interface MapResult {
  /** Mean of `perQuery`, 0 to 1; NaN where no query is left to take the mean of. */
  map: number;
  /** [queries]; NaN for a query that the policy `drop` leaves out. */
  perQuery: Float64Array;
}

/** Precision and recall after the first n rows. */
export interface PrecisionAt {
  /** Rows looked at. */
  n: number;
  /** Relevant ones among the first n, divided by n; mean over the queries. */
  precision: number;
  /** Relevant ones among the first n, divided by all relevant rows of the database; mean over the queries. */
  recall: number;
}

/** Everything that `evaluateRanking` measures. */
export interface RankingResult extends MapResult {
  precisionAt: PrecisionAt[];
  /** 101 points, recall 0 to 1 by hundredths. */
  precisionRecall: { recall: number; precision: number }[];
}

/** Recall levels of the curve. */
const LEVELS = 101;

/**
 * Mean over the queries of the average precision within R,
 *
 *     AP = (1/d) Σ_{r ≤ R, row at rank r relevant} (relevant rows up to r) / r
 *
 * with d by the policy `denominator`. A query without a hit within R counts by the policy `noHit`.
 *
 * @throws MetricsError `BAD_OPTION`, `BAD_SHAPE`, `NOT_A_NUMBER`; the signal's reason when aborted
 */
export function meanAveragePrecision(options: RankingOptions): MapResult {
  const R = checkOptions(options);
  const perQuery = new Float64Array(options.queries);
  forEachRanking(options, (query, hits) => {
    perQuery[query] = averagePrecision(hits, R, options);
  });
  return { map: mean(perQuery), perQuery };
}

/**
 * MAP as `meanAveragePrecision`, precision and recall after the first n rows for each n of `cutoffs`, and the
 * precision–recall curve.
 *
 * The curve is of the whole ranking, whatever R is. Its precision at a recall level is the interpolated one of TREC, the
 * best precision at this or any higher recall, averaged over the queries. Precision, recall and curve are means over
 * the queries that have a relevant row in the database (recall has no meaning for the others), by policy `zero` plus
 * those that have none, with 0; by policy `drop` queries without a hit within R are left out here, too.
 *
 * @param options.cutoffs the numbers of rows n, from 1, none above the database's rows
 * @throws MetricsError `BAD_OPTION`, `BAD_SHAPE`, `NOT_A_NUMBER`; the signal's reason when aborted
 */
export function evaluateRanking(options: RankingOptions & { cutoffs?: readonly number[] | undefined }): RankingResult {
  const { database } = options;
  const cutoffs = options.cutoffs ?? [];
  const R = checkOptions(options);
  for (const n of cutoffs) {
    if (!Number.isInteger(n) || n < 1 || n > database) {
      throw new MetricsError(
        'BAD_OPTION',
        `The cutoff ${n} was asked for; expected 1 to ${database}, the database's rows.`,
      );
    }
  }
  const perQuery = new Float64Array(options.queries);
  const precision = new Float64Array(cutoffs.length);
  const recall = new Float64Array(cutoffs.length);
  const curve = new Float64Array(LEVELS);
  let counted = 0;
  forEachRanking(options, (query, hits) => {
    perQuery[query] = averagePrecision(hits, R, options);
    if (Number.isNaN(perQuery[query])) return;
    counted++;
    for (const [i, n] of cutoffs.entries()) {
      const found = hitsWithin(hits, n);
      precision[i] += found / n;
      if (hits.length > 0) recall[i] += found / hits.length;
    }
    addCurve(hits, curve);
  });
  return {
    map: mean(perQuery),
    perQuery,
    precisionAt: cutoffs.map((n, i) => ({ n, precision: precision[i] / counted, recall: recall[i] / counted })),
    precisionRecall: Array.from(curve, (sum, level) => ({ recall: level / (LEVELS - 1), precision: sum / counted })),
  };
}

/** Ranks the database for each query and hands on the ranks of its relevant rows, from 1, ascending. */
function forEachRanking(options: RankingOptions, visit: (query: number, hits: Uint32Array) => void): void {
  const { distances, relevant, queries, database, ties, signal, onProgress } = options;
  const order =
    ties === 'database-order'
      ? Uint32Array.from({ length: database }, (_, row) => row)
      : shuffledRows(database, ties.shuffleSeed);
  const ranker = new Ranker(order);
  const hits = new Uint32Array(database);
  for (let query = 0; query < queries; query++) {
    if (signal?.aborted) throw signal.reason;
    const rows = ranker.rank(distances(query));
    let found = 0;
    for (let i = 0; i < rows.length; i++) if (relevant(query, rows[i])) hits[found++] = i + 1;
    visit(query, hits.subarray(0, found));
    onProgress?.({ query, queries });
  }
}

/** Average precision of one query; NaN where the policy drops it. */
function averagePrecision(hits: Uint32Array, R: number, { denominator, noHit }: RankingOptions): number {
  const found = hitsWithin(hits, R);
  if (found === 0) return noHit === 'drop' ? Number.NaN : 0;
  let sum = 0;
  for (let i = 0; i < found; i++) sum += (i + 1) / hits[i];
  return sum / (denominator === 'relevant-within-R' ? found : Math.min(R, hits.length));
}

/** Adds one query's interpolated precision at every level of recall. */
function addCurve(hits: Uint32Array, curve: Float64Array): void {
  let best = 0;
  let i = hits.length;
  for (let level = LEVELS - 1; level >= 0; level--) {
    // Recall level/100 is reached with ⌈level · relevant / 100⌉ hits; the precision may be had at any later one.
    const needed = Math.max(1, Math.ceil((level * hits.length) / (LEVELS - 1)));
    for (; i >= needed; i--) best = Math.max(best, i / hits[i - 1]);
    curve[level] += best;
  }
}

/** How many ranks are at most n: they ascend. */
function hitsWithin(hits: Uint32Array, n: number): number {
  let low = 0;
  let high = hits.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (hits[middle] <= n) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Mean of what isn't NaN. */
function mean(values: Float64Array): number {
  let sum = 0;
  let count = 0;
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    sum += value;
    count++;
  }
  return sum / count;
}

/** Checks the numbers and gives R as one. */
function checkOptions({ queries, database, R, ties }: RankingOptions): number {
  for (const [name, value] of [
    ['queries', queries],
    ['database', database],
  ] as const) {
    if (!Number.isInteger(value) || value < 1) {
      throw new MetricsError('BAD_OPTION', `${name} is ${value}; expected a whole number from 1.`);
    }
  }
  if (R !== 'all' && !(Number.isInteger(R) && R >= 1)) {
    throw new MetricsError('BAD_OPTION', `R is ${R}; expected a number of ranks from 1, or 'all'.`);
  }
  if (ties !== 'database-order' && !(Number.isSafeInteger(ties.shuffleSeed) && ties.shuffleSeed >= 0)) {
    throw new MetricsError('BAD_OPTION', `shuffleSeed is ${ties.shuffleSeed}; expected a whole number from 0.`);
  }
  return R === 'all' ? database : Math.min(R, database);
}
