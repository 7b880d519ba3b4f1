/** @file Retrieval metrics. Every figure is made by policies that have names, and all of them must be chosen. */
export { type MetricsCode, MetricsError } from './errors.ts';
export {
  evaluateRanking,
  type MapResult,
  meanAveragePrecision,
  type PrecisionAt,
  type RankingResult,
} from './evaluate.ts';
export type { ApDenominator, NoHit, RankingOptions, Ties } from './policies.ts';
