/** @file Queries against a database, ranked in four ways: AQD, inner product, SQD and by the embeddings themselves. */
import { evaluateRanking, type RankingResult } from '@dqn/metrics';
import { type Codebook, distances, encode, lookupTable } from '@dqn/pq';
import { exactDistances } from './exact.ts';
import { Relevance } from './relevance.ts';

/** The four rankings, in the order in which they are shown. */
export const METRICS = ['aqd', 'ip', 'sqd', 'unquantized'] as const;

/** One of them; `unquantized` ranks by Euclidean distance. */
export type Metric = (typeof METRICS)[number];

/** The policies behind every figure of this command (see `@dqn/metrics`). */
export const POLICIES = { denominator: 'relevant-within-R', noHit: 'zero' } as const;

/** What is ranked and judged. */
export interface MeasureOptions<T extends Metric = Metric> {
  /** The rankings that are wanted. Default: all four. */
  metrics?: readonly T[];
  codebook: Codebook;
  /** [queries, D] */
  queries: Float32Array;
  /** [database, D] */
  database: Float32Array;
  queryLabels: (readonly number[])[];
  databaseLabels: (readonly number[])[];
  R: number | 'all';
  /** Of the shuffle that breaks ties. */
  seed: number;
  /** Threads of the matrix product. Default: one per core. */
  threads?: number;
  signal: AbortSignal;
  onProgress?: (done: number, total: number) => void;
}

/** One ranking's figures. */
export type Measured = Omit<RankingResult, 'perQuery'> & { perQuery: Float64Array };

/** Queries that are judged between two looks at the event loop: a fraction of a second. */
const QUERIES_A_TURN = 64;

/**
 * MAP, precision and recall of the rankings.
 *
 * @throws MetricsError, PqError; the signal's reason when aborted
 */
export async function measure<T extends Metric = Metric>(options: MeasureOptions<T>): Promise<Record<T, Measured>> {
  const { codebook, queries, database, queryLabels, databaseLabels, R, seed, signal, onProgress } = options;
  const { M, K, D } = codebook;
  const Q = queries.length / D;
  const N = database.length / D;
  const codes = encode(codebook, database);
  const metrics = options.metrics ?? (METRICS as readonly Metric[] as readonly T[]);
  const exact = await exactDistances(database, D, options.threads);
  const wanted = new Set<Metric>(metrics);
  const relevance = new Relevance(databaseLabels);
  const cutoffs = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].filter((n) => n <= N);
  const sums = Object.fromEntries(metrics.map((metric) => [metric, new Sum()])) as Record<T, Sum>;
  try {
    for (let from = 0; from < Q; from += QUERIES_A_TURN) {
      const to = Math.min(from + QUERIES_A_TURN, Q);
      const part = queries.subarray(from * D, to * D);
      const unquantized = wanted.has('unquantized') ? await exact.of(part) : new Float32Array(0);
      for (const metric of metrics) {
        sums[metric].add(
          evaluateRanking({
            distances: (query) =>
              metric === 'unquantized'
                ? unquantized.subarray(query * N, (query + 1) * N)
                : distances(codes, lookupTable(codebook, part.subarray(query * D, (query + 1) * D), metric), { M, K }),
            relevant: (query, row) => relevance.has(queryLabels[from + query], row),
            queries: to - from,
            database: N,
            R,
            ...POLICIES,
            ties: { shuffleSeed: seed },
            cutoffs,
            signal,
          }),
        );
      }
      onProgress?.(to, Q);
      // Lets Ctrl-C through: everything between is one long computation.
      await new Promise((resolve) => setImmediate(resolve));
      signal.throwIfAborted();
    }
  } finally {
    await exact.close();
  }
  return Object.fromEntries(metrics.map((metric) => [metric, sums[metric].mean()])) as Record<T, Measured>;
}

/** Means over groups of queries, each weighted by its number: no query is dropped, so they are the means over all. */
export class Sum {
  readonly #parts: RankingResult[] = [];

  add(part: RankingResult): void {
    this.#parts.push(part);
  }

  mean(): Measured {
    const parts = this.#parts;
    const total = parts.reduce((sum, part) => sum + part.perQuery.length, 0);
    const perQuery = new Float64Array(total);
    let at = 0;
    for (const part of parts) {
      perQuery.set(part.perQuery, at);
      at += part.perQuery.length;
    }
    const over = (value: (part: RankingResult) => number): number =>
      parts.reduce((sum, part) => sum + value(part) * part.perQuery.length, 0) / total;
    return {
      // Not the mean of means: the same figure to the last bit, however the queries were dealt out.
      map: perQuery.reduce((sum, value) => sum + value, 0) / total,
      perQuery,
      precisionAt: parts[0].precisionAt.map(({ n }, i) => ({
        n,
        precision: over((part) => part.precisionAt[i].precision),
        recall: over((part) => part.precisionAt[i].recall),
      })),
      precisionRecall: parts[0].precisionRecall.map(({ recall }, i) => ({
        recall,
        precision: over((part) => part.precisionRecall[i].precision),
      })),
    };
  }
}
