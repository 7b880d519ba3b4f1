/** @file The benchmark of the search: what its options take, its data, and that it can fail. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { createRandom, learnCodebook } from '@dqn/pq';
import { describe, expect, it } from 'vitest';
import { withBar } from './bench/search/bars.mjs';
import { fitMixture, MIXTURES } from './bench/search/mixture.mjs';
import { mustEqual, reference } from './bench/search/verify.mjs';
import { OPTIONS } from './bench/search.options.mjs';

const bench = (...args) =>
  spawnSync(process.execPath, [fileURLToPath(new URL('./bench.mjs', import.meta.url)), ...args], { encoding: 'utf8' });

describe('npm run bench', () => {
  it.each([
    [['search', '--what'], "Unknown option '--what'"],
    [['encode', '--n', '1e6'], "Unknown option '--n'"],
    [['search', '--n', '1e6,many'], "--n: 'many' in '1e6,many'; expected whole numbers from 10000"],
    [['search', '--m', '33'], 'expected whole numbers from 1 to 32'],
    [['nothing'], 'there is no benchmark nothing'],
  ])('refuses %j and shows its usage', (args, problem) => {
    const { status, stderr } = bench(...args);
    expect(status).toBe(2);
    expect(stderr).toContain(problem);
    expect(stderr).toContain('npm run bench -- search [--json] [--n 1e6,1e7] [--m 4,8] [--case TEXT]');
  });

  it('takes numbers as 1e6,1e7', () => {
    expect(OPTIONS.n.read('1e6,1e7')).toEqual([1_000_000, 10_000_000]);
    expect(OPTIONS.n.read(undefined)).toEqual([1_000_000, 10_000_000]);
  });
});

describe('the data sets', () => {
  it.each(Object.keys(MIXTURES))('%s is the same for the same seed', (name) => {
    const make = () => MIXTURES[name](8, createRandom(1))(100, createRandom(2));
    expect(make()).toEqual(make());
    expect(make().every(Number.isFinite)).toBe(true);
  });

  it('draws from the normal distribution', () => {
    const x = MIXTURES.uniform(1)(200_000, createRandom(3));
    const moment = (power) => x.reduce((sum, value) => sum + value ** power, 0) / x.length;
    expect(moment(1)).toBeCloseTo(0, 1);
    expect(moment(2)).toBeCloseTo(1, 1);
    expect(moment(4)).toBeCloseTo(3, 0);
  });

  it('fits a mixture that has the mean and the spread of what it was fitted to', () => {
    const D = 4;
    const x = MIXTURES.hard(D, createRandom(4))(4_000, createRandom(5));
    const { codes } = learnCodebook(x, { M: 1, K: 4, D, seed: 1, iterations: 3 });
    const y = fitMixture(x, D, codes, false)(4_000, createRandom(6));
    const spread = (values, j) => {
      const column = values.filter((_, i) => i % D === j);
      const mean = column.reduce((sum, value) => sum + value, 0) / column.length;
      return [mean, Math.sqrt(column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / column.length)];
    };
    for (let j = 0; j < D; j++) {
      const [[a, b], [c, d]] = [spread(x, j), spread(y, j)];
      expect(Math.abs(a - c)).toBeLessThan(0.1 * b);
      expect(Math.abs(b - d)).toBeLessThan(0.1 * b);
    }
  });
});

describe('verification', () => {
  const set = { M: 1, K: 2, D: 1, codes: Uint8Array.of(0, 1, 0, 1), queries: Float32Array.of(0.25) };
  const expected = reference({ ...set, codebook: { M: 1, K: 2, D: 1, codewords: Float32Array.of(0, 1) } });

  it('takes the answer of the scan, and fails for a wrong distance, id or number of hits', () => {
    const good = { ids: [0, 2, 1], distances: [0.0625, 0.0625, 0.5625] };
    expect(() => mustEqual('row', good, expected(0, 3))).not.toThrow();
    expect(() => mustEqual('row', { ...good, ids: [2, 0, 1] }, expected(0, 3))).toThrow('row: hit 0 is 2');
    expect(() => mustEqual('row', { ...good, distances: [0.0625, 0.0625, 0.56] }, expected(0, 3))).toThrow('hit 2');
    expect(() => mustEqual('row', { ids: [0], distances: [0.0625] }, expected(0, 3))).toThrow('1 hits');
  });

  it('says of a row whether it reaches its bar', () => {
    const row = { case: 'M=4 10M hard k=100', peer: 'Faiss IndexPQ', ours: 1, unit: 'ms' };
    expect(withBar({ ...row, ratio: 61 }).met).toBe(true);
    expect(withBar({ ...row, ratio: 59 }).met).toBe(false);
    expect(withBar({ ...row, peer: null, ratio: null }).met).toBeUndefined();
    const tail = { case: 'M=8 10M hard k=100 tail 1 %', peer: 'ours, plain', unit: 'ms' };
    expect(withBar({ ...tail, ours: 2.9, ratio: 0.1 }).met).toBe(true);
    expect(withBar({ ...tail, ours: 9, ratio: 0.5 }).met).toBe(true);
    expect(withBar({ ...tail, ours: 9, ratio: 0.3 }).met).toBe(false);
  });
});
