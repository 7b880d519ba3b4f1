/** @file An evaluation for tests. */
import type { Evaluation } from '../report/data.ts';

/** Small round figures. */
export function someEvaluation(changes: Partial<Evaluation> = {}): Evaluation {
  const curve = {
    precisionAt: [
      { n: 1, precision: 0.9, recall: 0.1 },
      { n: 10, precision: 0.5, recall: 0.6 },
    ],
    precisionRecall: [0, 0.5, 1].map((recall) => ({ recall, precision: 1 - recall / 2 })),
  };
  return {
    data: 'pets#0123abcd',
    protocol: 'holdout',
    R: 'all',
    seed: 1,
    views: 1,
    queries: 20,
    database: 80,
    policies: { denominator: 'relevant-within-R', noHit: 'zero', ties: 'seeded shuffle' },
    results: [{ bits: 32, M: 4, K: 256, map: { aqd: 0.5, ip: 0.51, sqd: 0.49, unquantized: 0.52 } }],
    seconds: 3,
    curves: { aqd: curve, ip: curve, sqd: curve, unquantized: curve },
    ...changes,
  };
}
