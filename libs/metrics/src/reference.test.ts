/** @file The evaluator against a plain one, over random rankings full of ties. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluateRanking } from './evaluate.ts';
import type { RankingOptions } from './policies.ts';
import { shuffledRows } from './random.ts';

/** What evaluateRanking says, by the definitions and nothing else. */
function plain(options: RankingOptions & { cutoffs: number[] }) {
  const { queries, database, ties, denominator, noHit } = options;
  const R = options.R === 'all' ? database : options.R;
  const order = ties === 'database-order' ? [...Array(database).keys()] : [...shuffledRows(database, ties.shuffleSeed)];
  const judged = Array.from({ length: queries }, (_, query) => {
    const distances = options.distances(query);
    // Array.prototype.sort is stable: equal distances stay in the order of the shuffle.
    const relevant = [...order]
      .sort((a, b) => compare(distances[a], distances[b]))
      .map((row) => options.relevant(query, row));
    const all = relevant.filter(Boolean).length;
    const within = relevant.slice(0, R).filter(Boolean).length;
    const precision = (n: number) => relevant.slice(0, n).filter(Boolean).length / n;
    let sum = 0;
    for (let rank = 1; rank <= Math.min(R, database); rank++) if (relevant[rank - 1]) sum += precision(rank);
    const ap =
      within === 0
        ? noHit === 'drop'
          ? Number.NaN
          : 0
        : sum / (denominator === 'relevant-within-R' ? within : Math.min(R, all));
    const at = options.cutoffs.map((n) => ({
      precision: precision(n),
      recall: all === 0 ? 0 : (precision(n) * n) / all,
    }));
    const curve = Array.from({ length: 101 }, (_, level) => {
      let best = 0;
      for (let rank = 1; rank <= database; rank++) {
        const hits = Math.round(precision(rank) * rank);
        if (all > 0 && hits * 100 >= level * all) best = Math.max(best, precision(rank));
      }
      return best;
    });
    return { ap, at, curve };
  });
  const kept = judged.filter((query) => !Number.isNaN(query.ap));
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    map: mean(kept.map((query) => query.ap)),
    precisionAt: options.cutoffs.map((n, i) => ({
      n,
      precision: mean(kept.map((query) => query.at[i].precision)),
      recall: mean(kept.map((query) => query.at[i].recall)),
    })),
    precision: Array.from({ length: 101 }, (_, level) => mean(kept.map((query) => query.curve[level]))),
  };
}

function compare(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function expectNear(found: number, expected: number): void {
  if (Number.isNaN(expected)) expect(found).toBeNaN();
  else expect(found).toBeCloseTo(expected, 12);
}

/** Few distances, so that ties abound; the awkward ones among them. */
const distance = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom(0, -0, 5e-324, -5e-324, 1e-40, 1e300, -1e300, Infinity, -Infinity, 0.1, Math.fround(0.1)),
  fc.double({ noNaN: true }),
);

const evaluations = fc.integer({ min: 1, max: 12 }).chain((database) =>
  fc.record({
    queries: fc.array(
      fc.record({
        distances: fc.array(distance, { minLength: database, maxLength: database }),
        relevant: fc.array(fc.boolean(), { minLength: database, maxLength: database }),
      }),
      { minLength: 1, maxLength: 4 },
    ),
    float32: fc.boolean(),
    R: fc.oneof(fc.constant('all' as const), fc.integer({ min: 1, max: 14 })),
    denominator: fc.constantFrom('relevant-within-R' as const, 'min-R-all-relevant' as const),
    noHit: fc.constantFrom('zero' as const, 'drop' as const),
    ties: fc.oneof(fc.constant('database-order' as const), fc.record({ shuffleSeed: fc.maxSafeNat() })),
    cutoffs: fc.array(fc.integer({ min: 1, max: database }), { maxLength: 3 }),
  }),
);

describe('evaluateRanking', () => {
  it('agrees with the definitions on any distances, ties and policies', () => {
    fc.assert(
      fc.property(evaluations, ({ queries, float32, ...policies }) => {
        const database = queries[0].distances.length;
        const options = {
          ...policies,
          queries: queries.length,
          database,
          distances: (query: number) =>
            float32 ? Float32Array.from(queries[query].distances) : Float64Array.from(queries[query].distances),
          relevant: (query: number, row: number) => queries[query].relevant[row],
        };
        const found = evaluateRanking(options);
        const expected = plain(options);
        expectNear(found.map, expected.map);
        for (const [i, point] of expected.precisionAt.entries()) {
          expect(found.precisionAt[i].n).toBe(point.n);
          expectNear(found.precisionAt[i].precision, point.precision);
          expectNear(found.precisionAt[i].recall, point.recall);
        }
        for (const [level, precision] of expected.precision.entries()) {
          expectNear(found.precisionRecall[level].precision, precision);
        }
      }),
      { numRuns: 500 },
    );
  });
});
