import { describe, expect, it } from 'vitest';
import { confusion, mostConfused, within } from './confusion.ts';
import { imperfect, pickQueries } from './examples.ts';
import { apart, layOut, spread } from './map.ts';
import { together } from './together.ts';
import { codeUsage } from './usage.ts';

describe('codeUsage', () => {
  it('counts codewords, the dead ones, entropy and equal codes', () => {
    // Two codebooks of four codewords; the first: 0 four times, 1 and 2 twice each; the second: 3 always.
    const codes = Uint8Array.from([0, 3, 0, 3, 0, 3, 0, 3, 1, 3, 1, 3, 2, 3, 2, 3]);
    const { codebooks, different, mostFrequent, rows } = codeUsage(codes, 2, 4);
    expect(rows).toBe(8);
    // ½ · 1 + ¼ · 2 + ¼ · 2 bits.
    expect(codebooks[0]).toEqual({ counts: [4, 2, 2, 0], dead: 1, entropy: 1.5 });
    expect(codebooks[1]).toEqual({ counts: [8, 0, 0, 0], dead: 3, entropy: 0 });
    expect([different, mostFrequent]).toEqual([3, 4]);
  });

  it('is log2 K where all are used equally', () => {
    expect(codeUsage(Uint8Array.from([0, 1, 2, 3]), 1, 4).codebooks[0].entropy).toBe(2);
  });
});

describe('confusion', () => {
  it('is the share of the hits that have a class, by the class of the query', () => {
    const c = confusion(
      ['cat', 'dog', 'emu'],
      [[0], [0], [1]],
      [
        [[0], [0]],
        [[0], [1]],
        [[1], [0]],
      ],
    );
    expect(c).toMatchObject({ k: 2, queries: [2, 1, 0], isMultiLabel: false });
    expect(c.shares).toEqual([
      [0.75, 0.25, 0],
      [0.5, 0.5, 0],
      [0, 0, 0],
    ]);
    expect(mostConfused(c, 1)).toEqual([{ from: 'dog', to: 'cat', share: 0.5 }]);
  });

  it('counts a query and a hit for each of their classes', () => {
    const c = confusion(['sea', 'sun'], [[0, 1]], [[[0, 1], [1]]]);
    expect(c.isMultiLabel).toBe(true);
    expect(c.shares).toEqual([
      [0.5, 1],
      [0.5, 1],
    ]);
  });
});

describe('within', () => {
  it('looks at no more hits of a query than have a class of its own', () => {
    const database = [[0], [1], [1], [1, 2], [2]];
    const hits = [
      [0, 1, 2],
      [3, 1, 0],
      [2, 1, 3],
    ];
    expect(within(hits, [[0], [1], [0, 1]], database)).toEqual([[0], [3, 1, 0], [2, 1, 3]]);
    expect(within(hits.slice(0, 2), [[2], [3]], database)).toEqual([[0, 1], []]);
  });
});

describe('pickQueries', () => {
  it('takes each class once before any comes again, by average precision', () => {
    const labels = [[0], [0], [1], [1], [2]];
    const ap = [0.9, 0.8, 0.1, 0.2, 0.5];
    expect(pickQueries(ap, labels, 'best', 3)).toEqual([0, 4, 3]);
    expect(pickQueries(ap, labels, 'worst', 4)).toEqual([2, 3, 4, 1]);
    expect(pickQueries(ap, labels, 'best', 9)).toHaveLength(5);
  });

  it('has no perfect query among the worst', () => {
    const ap = [1, 0.8, 0.9999, 0.2, 1];
    expect(imperfect(ap)).toEqual([1, 3]);
    expect(pickQueries(ap, [[0], [0], [1], [1], [2]], 'worst', 6, imperfect(ap))).toEqual([3, 1]);
  });
});

describe('together', () => {
  const map = (aqd: number) => ({ aqd, ip: aqd, sqd: aqd, unquantized: 0.9 });
  const own = (bits: number, aqd: number) => ({ bits, M: bits / 8, K: 256, map: map(aqd) });
  const fitted = (bits: number, aqd: number) => ({ ...own(bits, aqd), fitted: true as const });

  it('gives mean and sample deviation of each length over the models', () => {
    const table = together([
      { seed: 1, results: [own(32, 0.5), fitted(16, 0.4)] },
      { seed: 2, results: [own(32, 0.6), fitted(16, 0.4)] },
      { seed: 3, results: [own(32, 0.7), own(16, 0.45)] },
    ]);
    expect(table.map(({ bits, fitted: isFitted, seeds }) => [bits, isFitted ?? false, seeds])).toEqual([
      [16, false, [3]],
      [16, true, [1, 2]],
      [32, false, [1, 2, 3]],
    ]);
    expect(table[0].deviation).toBeUndefined();
    expect(table[1].deviation?.aqd).toBeCloseTo(0, 12);
    expect(table[2].map.aqd).toBeCloseTo(0.6, 12);
    // √((.1² + 0 + .1²) / 2)
    expect(table[2].deviation?.aqd).toBeCloseTo(0.1, 12);
  });
});

describe('the map', () => {
  it('keeps groups together, and is the same for the same seed', async () => {
    const [n, D] = [60, 4];
    const vectors = Float32Array.from({ length: n * D }, (_, i) => {
      const row = Math.floor(i / D);
      return (i % D === row % 2 ? 10 : 0) + Math.sin(i * i);
    });
    const o = { seed: 1, signal: new AbortController().signal };
    const { x, y } = await layOut(vectors, D, o);
    expect(await layOut(vectors, D, o)).toEqual({ x, y });
    const apartFromFirst = (i: number): number => Math.hypot(x[i] - x[0], y[i] - y[0]);
    const mean = (rest: number): number => {
      const some = x.map((_, i) => i).filter((i) => i > 0 && i % 2 === rest);
      return some.reduce((sum, i) => sum + apartFromFirst(i), 0) / some.length;
    };
    expect(mean(1)).toBeGreaterThan(1.5 * mean(0));
    expect([Math.min(...x), Math.max(...x)]).toEqual([0, 1000]);
  });

  it('gives dots room, and keeps the order', () => {
    // Shares 0, .01, .02 and 1; ranks 0, ⅓, ⅔ and 1.
    expect(spread([5, 6, 7, 105])).toEqual([0, 172, 343, 1000]);
    expect(spread([3])).toEqual([0]);
  });

  it('shows pictures that do not cover one another', () => {
    expect(apart([0, 5, 20, 22, 40], [0, 0, 0, 15, 0], 10, 9)).toEqual([0, 2, 3, 4]);
    expect(apart([0, 20, 40], [0, 0, 0], 10, 2)).toEqual([0, 1]);
  });
});
