/** @file The simulation of many shards, on times of which one knows what has to come out; and the benchmark's check. */
import { describe, expect, it } from 'vitest';
import { mustBeEqual, readHits, scanStatement } from './bench/scale/tables.mjs';
import { quantile, simulate } from './fanout.mjs';

const NEVER = { chance: 0, ms: 0 };

describe('a search over many shards', () => {
  // One call in a hundred takes 100 ms, the others 10.
  const times = [Array.from({ length: 100 }, (_, i) => (i === 0 ? 100 : 10))];
  const share = (ms, limit) => ms.filter((one) => one > limit).length / ms.length;

  it('is as late as its slowest shard', () => {
    for (const shards of [1, 10, 100]) {
      const ms = simulate(times, { shards, trials: 20_000, hiccup: NEVER, network: 0 });
      expect(share(ms, 50)).toBeCloseTo(1 - 0.99 ** shards, 1);
      expect(ms.every((one) => one === 10 || one === 100)).toBe(true);
    }
  });

  it('is helped by a second copy, and adds the network', () => {
    const of = (copies) => simulate(times, { shards: 50, copies, trials: 20_000, hiccup: NEVER, network: 1 });
    expect(share(of(2), 50)).toBeLessThan(share(of(1), 50) / 20);
    expect(quantile(of(2), 0)).toBe(11);
  });

  it('shares how hard a query is: what all shards find hard, no shard finds easy', () => {
    const mixed = [[10], [90]];
    const ms = simulate(mixed, { shards: 20, trials: 10_000, hiccup: NEVER, network: 0 });
    expect(share(ms, 50)).toBeCloseTo(0.5, 1);
  });
});

describe('the check of the benchmark', () => {
  const scan = readHits('0.5\t7\n1.25\t3\n1.25\t9\n');
  const hits = (...pairs) => pairs.map(([id, distance]) => ({ id, distance }));

  it('takes any of those at the last distance, and nothing else', () => {
    expect(() => mustBeEqual('row', hits([7, 0.5], [3, 1.25], [4, 1.25]), scan)).not.toThrow();
    expect(() => mustBeEqual('row', hits([8, 0.5], [3, 1.25], [9, 1.25]), scan)).toThrow('row');
    expect(() => mustBeEqual('row', hits([7, 0.5], [3, 1.25]), scan)).toThrow('hit 2');
    expect(() => mustBeEqual('row', hits([7, 0.5], [3, 1.2500001], [9, 1.25]), scan)).toThrow(
      'hit 1 lies at 1.2500001',
    );
  });

  it('scans by the entries of the look-up table', () => {
    const sql = scanStatement('t', { M: 2, K: 2 }, Float32Array.of(1, 2, 3, 4), 5);
    expect(sql).toBe(
      'SELECT transform(m0, [0,1], [1,2], 0.) + transform(m1, [0,1], [3,4], 0.) AS d, id FROM t ORDER BY d LIMIT 5',
    );
  });
});
