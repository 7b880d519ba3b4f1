import { describe, expect, it, vi } from 'vitest';
import { evaluateRanking, meanAveragePrecision } from './evaluate.ts';
import type { RankingOptions } from './policies.ts';

/**
 * Options for rankings that are written down: the rows of each query in ranked order, and a 1 for each relevant one.
 * Distances are the ranks.
 */
function ranked(rankings: (0 | 1)[][], policies: Partial<RankingOptions> = {}): RankingOptions {
  return {
    distances: (query) => Float32Array.from(rankings[query], (_, rank) => rank),
    relevant: (query, row) => rankings[query][row] === 1,
    queries: rankings.length,
    database: rankings[0].length,
    R: 'all',
    denominator: 'relevant-within-R',
    noHit: 'zero',
    ties: 'database-order',
    ...policies,
  };
}

describe('average precision, by hand', () => {
  it('is the mean of the precisions at the hits', () => {
    // Hits at ranks 1, 3, 5: precisions 1/1, 2/3, 3/5; AP = (1 + 2/3 + 3/5) / 3 = 34/45.
    expect(meanAveragePrecision(ranked([[1, 0, 1, 0, 1]])).map).toBeCloseTo(34 / 45, 15);
  });

  it('is 1 where all relevant rows come first, and 1/n where the only one comes last', () => {
    expect(meanAveragePrecision(ranked([[1, 1, 1, 0, 0]])).map).toBe(1);
    expect(meanAveragePrecision(ranked([[0, 0, 0, 0, 1]])).map).toBe(1 / 5);
  });

  it('counts hits within R only', () => {
    // R = 3: hits at 1 and 3 are seen, the one at 5 isn't. Within R: (1 + 2/3) / 2 = 5/6.
    expect(meanAveragePrecision(ranked([[1, 0, 1, 0, 1]], { R: 3 })).map).toBeCloseTo(5 / 6, 15);
    // R = 2: the hit at 1 alone: 1/1.
    expect(meanAveragePrecision(ranked([[1, 0, 1, 0, 1]], { R: 2 })).map).toBe(1);
  });

  it('divides by min(R, all relevant) under the other policy', () => {
    const denominator = 'min-R-all-relevant';
    // R = 2, 3 relevant in all: 1 / min(2, 3) = 1/2.
    expect(meanAveragePrecision(ranked([[1, 0, 1, 0, 1]], { R: 2, denominator })).map).toBe(1 / 2);
    // R = 4, 3 relevant in all: (1 + 2/3) / min(4, 3) = 5/9.
    expect(meanAveragePrecision(ranked([[1, 0, 1, 0, 1]], { R: 4, denominator })).map).toBeCloseTo(5 / 9, 15);
    // R = all: both policies are the same.
    expect(meanAveragePrecision(ranked([[1, 0, 1, 0, 1]], { denominator })).map).toBeCloseTo(34 / 45, 15);
  });

  it('takes an R above the database as the whole ranking', () => {
    for (const denominator of ['relevant-within-R', 'min-R-all-relevant'] as const) {
      expect(meanAveragePrecision(ranked([[1, 0, 1, 0, 1]], { R: 50, denominator })).map).toBeCloseTo(34 / 45, 15);
    }
  });

  it('counts a query without a hit as 0, or leaves it out', () => {
    // AP 1/2, and no relevant row: mean (1/2 + 0) / 2, or 1/2 of one query.
    const rankings: (0 | 1)[][] = [
      [0, 1],
      [0, 0],
    ];
    expect(meanAveragePrecision(ranked(rankings))).toEqual({ map: 1 / 4, perQuery: Float64Array.of(1 / 2, 0) });
    expect(meanAveragePrecision(ranked(rankings, { noHit: 'drop' }))).toEqual({
      map: 1 / 2,
      perQuery: Float64Array.of(1 / 2, Number.NaN),
    });
  });

  it('has no mean where every query is dropped', () => {
    expect(meanAveragePrecision(ranked([[0, 0]], { noHit: 'drop' })).map).toBeNaN();
    expect(meanAveragePrecision(ranked([[0, 0]])).map).toBe(0);
  });

  it('calls a hit behind R no hit', () => {
    expect(meanAveragePrecision(ranked([[0, 0, 1]], { R: 2 })).map).toBe(0);
    expect(meanAveragePrecision(ranked([[0, 0, 1]], { R: 2, noHit: 'drop' })).map).toBeNaN();
  });
});

describe('ties', () => {
  /** Ten rows at one distance; the first five are relevant. */
  const tied = (ties: RankingOptions['ties']): RankingOptions => ({
    ...ranked([[1, 1, 1, 1, 1, 0, 0, 0, 0, 0]]),
    distances: () => new Float32Array(10).fill(0.5),
    ties,
  });

  it('in database order leak the order of the database', () => {
    expect(meanAveragePrecision(tied('database-order')).map).toBe(1);
  });

  it('by a shuffle give on average what chance gives', () => {
    let sum = 0;
    for (let seed = 0; seed < 2000; seed++) sum += meanAveragePrecision(tied({ shuffleSeed: seed })).map;
    // Of a random ranking of 5 relevant among 10, a hit at rank r sees on average 1 + 4(r − 1)/9 hits up to r. So
    // E[AP] = Σ_r (1/10)(1 + 4(r − 1)/9)/r = (1/10)(4/9 · 10 + 5/9 · H_10) = .6072, with H_10 = 2.92897.
    expect(sum / 2000).toBeCloseTo(0.6072, 1.9);
  });

  it('are the same for the same seed, and for all queries of an evaluation', () => {
    const one = meanAveragePrecision({ ...tied({ shuffleSeed: 7 }), queries: 3, relevant: (_, row) => row < 5 });
    const two = meanAveragePrecision({ ...tied({ shuffleSeed: 7 }), queries: 3, relevant: (_, row) => row < 5 });
    expect(one).toEqual(two);
    expect(new Set(one.perQuery).size).toBe(1);
  });

  it('between 0 and −0 are ties', () => {
    const options = { ...ranked([[1, 0]]), distances: () => Float64Array.of(0, -0) };
    expect(meanAveragePrecision(options).map).toBe(1);
  });
});

describe('evaluateRanking, by hand', () => {
  it('gives precision and recall after the first n', () => {
    // Hits at 1, 3, 5. n = 1: 1/1 and 1/3. n = 2: 1/2 and 1/3. n = 5: 3/5 and 3/3.
    const { precisionAt } = evaluateRanking({ ...ranked([[1, 0, 1, 0, 1]]), cutoffs: [1, 2, 5] });
    expect(precisionAt).toEqual([
      { n: 1, precision: 1, recall: 1 / 3 },
      { n: 2, precision: 1 / 2, recall: 1 / 3 },
      { n: 5, precision: 3 / 5, recall: 1 },
    ]);
  });

  it('takes the mean over the queries', () => {
    // n = 2: precisions 1/2 and 1, recalls 1/1 and 2/4.
    const rankings: (0 | 1)[][] = [
      [0, 1, 0, 0, 0],
      [1, 1, 0, 1, 1],
    ];
    const { precisionAt } = evaluateRanking({ ...ranked(rankings), cutoffs: [2] });
    expect(precisionAt).toEqual([{ n: 2, precision: 3 / 4, recall: 3 / 4 }]);
  });

  it('interpolates the curve: the best precision at this recall or a higher one', () => {
    // Hits at 2, 3, 5 of 3: precisions 1/2, 2/3, 3/5. Up to recall 2/3 the best still to come is 2/3, then 3/5.
    const { precisionRecall } = evaluateRanking(ranked([[0, 1, 1, 0, 1]]));
    expect(precisionRecall).toHaveLength(101);
    for (const [level, point] of precisionRecall.entries()) {
      expect(point).toEqual({ recall: level / 100, precision: level <= 66 ? 2 / 3 : 3 / 5 });
    }
  });

  it('draws the curve of the whole ranking, whatever R is', () => {
    const whole = evaluateRanking(ranked([[1, 0, 0, 1]]));
    const two = evaluateRanking(ranked([[1, 0, 0, 1]], { R: 2 }));
    expect(two.precisionRecall).toEqual(whole.precisionRecall);
    expect(two.map).not.toBe(whole.map);
  });

  it('counts a query without relevant rows as 0 in every mean, or leaves it out', () => {
    const rankings: (0 | 1)[][] = [
      [1, 0],
      [0, 0],
    ];
    const zero = evaluateRanking({ ...ranked(rankings), cutoffs: [1] });
    expect(zero.precisionAt).toEqual([{ n: 1, precision: 1 / 2, recall: 1 / 2 }]);
    expect(zero.precisionRecall[0].precision).toBe(1 / 2);
    const drop = evaluateRanking({ ...ranked(rankings, { noHit: 'drop' }), cutoffs: [1] });
    expect(drop.precisionAt).toEqual([{ n: 1, precision: 1, recall: 1 }]);
    expect(drop.precisionRecall[0].precision).toBe(1);
  });

  it('gives the same MAP as meanAveragePrecision', () => {
    const options = ranked([
      [1, 0, 1, 0, 1],
      [0, 0, 1, 1, 0],
    ]);
    const { map, perQuery } = evaluateRanking(options);
    expect({ map, perQuery }).toEqual(meanAveragePrecision(options));
  });
});

describe('bad input', () => {
  it('is refused with a code', () => {
    const good = ranked([[1, 0]]);
    for (const wrong of [
      { queries: 0 },
      { queries: 1.5 },
      { database: 0 },
      { database: -1 },
      { R: 0 },
      { R: 2.5 },
      { R: Number.NaN },
      { ties: { shuffleSeed: -1 } },
      { ties: { shuffleSeed: 0.5 } },
      { cutoffs: [0] },
      { cutoffs: [3] },
    ]) {
      expect(() => evaluateRanking({ ...good, ...wrong })).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
    }
    expect(() => meanAveragePrecision({ ...good, database: 3 })).toThrow(
      expect.objectContaining({ code: 'BAD_SHAPE' }),
    );
  });

  it('such as a distance that is NaN is named; infinity is the farthest', () => {
    const good = ranked([[1, 0, 0]]);
    for (const distances of [Float32Array.of(0, Number.NaN, 1), Float64Array.of(0.1, Number.NaN, 1)]) {
      expect(() => meanAveragePrecision({ ...good, distances: () => distances })).toThrow(
        expect.objectContaining({ code: 'NOT_A_NUMBER', message: expect.stringContaining('row 1') }),
      );
    }
    const { perQuery } = meanAveragePrecision({
      ...good,
      distances: () => Float64Array.of(Infinity, 1e300, -Infinity),
    });
    expect(perQuery[0]).toBe(1 / 3);
  });
});

describe('a long evaluation', () => {
  it('tells how far it is', () => {
    const onProgress = vi.fn();
    meanAveragePrecision({ ...ranked([[1], [1]]), onProgress });
    expect(onProgress.mock.calls).toEqual([[{ query: 0, queries: 2 }], [{ query: 1, queries: 2 }]]);
  });

  it('stops when aborted', () => {
    const controller = new AbortController();
    const options = ranked([[1], [1]], { signal: controller.signal, onProgress: () => controller.abort('enough') });
    expect(() => meanAveragePrecision(options)).toThrow('enough');
  });
});
