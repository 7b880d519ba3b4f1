/** @file What a report shows of pictures, for tests. */
import type { Insight } from '../report/data.ts';

const PIXEL = 'data:image/webp;base64,UklGRg==';

/** Two classes, two codebooks, one query at each end. */
export function someInsight(name = 'cat.png: cat'): Insight {
  const example = {
    query: { src: PIXEL, name, isRight: true },
    hits: [
      { src: PIXEL, name: 'b.png: cat', isRight: true },
      { src: PIXEL, name: 'c.png: dog', isRight: false },
    ],
    averagePrecision: 0.75,
  };
  return {
    usage: {
      K: 4,
      rows: 8,
      codebooks: [
        { counts: [4, 2, 2, 0], dead: 1, entropy: 1.5 },
        { counts: [2, 2, 2, 2], dead: 0, entropy: 2 },
      ],
      different: 6,
      mostFrequent: 2,
    },
    confusion: {
      k: 2,
      classes: ['cat', 'dog'],
      queries: [3, 4],
      shares: [
        [0.75, 0.25],
        [0.1, 0.9],
      ],
      isMultiLabel: false,
    },
    best: [example],
    worst: [example],
    map: {
      x: [0, 1000, 400],
      y: [0, 400, 1000],
      labels: [0, 1, 0],
      classes: ['cat', 'dog'],
      pictures: [{ at: 1, src: PIXEL }],
    },
  };
}
