/** @file Several evaluations as one table: mean and deviation over the models (seeds) of each code length. */
import type { Evaluation } from '../report/data.ts';
import { METRICS, type Metric } from './measure.ts';

/** One code length over several models. */
export interface MeanResult {
  readonly bits: number;
  readonly M: number;
  readonly K: number;
  /** Codebooks fitted by the evaluation, not the models' own. */
  readonly fitted?: true;
  /** Means. */
  readonly map: Record<Metric, number>;
  /** Sample standard deviations (divided by n − 1); absent for one model. */
  readonly deviation?: Record<Metric, number>;
  /** Of the models, in the order in which they were given. */
  readonly seeds: readonly number[];
}

/** One row for each length and kind of codebook, ordered by bits, own before fitted. */
export function together(evaluations: readonly Pick<Evaluation, 'seed' | 'results'>[]): MeanResult[] {
  const groups = new Map<string, { seed: number; result: Evaluation['results'][number] }[]>();
  for (const { seed, results } of evaluations) {
    for (const result of results) {
      const key = `${result.bits},${result.K},${result.fitted ?? false}`;
      groups.set(key, [...(groups.get(key) ?? []), { seed, result }]);
    }
  }
  return [...groups.values()]
    .map((members): MeanResult => {
      const { bits, M, K, fitted } = members[0].result;
      const over = (value: (values: number[]) => number): Record<Metric, number> =>
        Object.fromEntries(
          METRICS.map((metric) => [metric, value(members.map(({ result }) => result.map[metric]))]),
        ) as Record<Metric, number>;
      return {
        ...{ bits, M, K },
        ...(fitted && { fitted }),
        map: over(mean),
        ...(members.length > 1 && { deviation: over(deviation) }),
        seeds: members.map(({ seed }) => seed),
      };
    })
    .sort((a, b) => a.bits - b.bits || Number(a.fitted ?? false) - Number(b.fitted ?? false) || a.K - b.K);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function deviation(values: readonly number[]): number {
  const middle = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1));
}
