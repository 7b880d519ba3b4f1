import { describe, expect, it } from 'vitest';
import { createRandom } from './random.ts';

describe('createRandom', () => {
  it('gives the same numbers for a seed for ever', () => {
    const random = createRandom(1);
    expect([random.next(), random.integer(1000), random.normal()]).toMatchInlineSnapshot(`
      [
        0.5708583380267469,
        921,
        -0.4774135189974588,
      ]
    `);
  });

  it('gives others for another seed, small or large', () => {
    const firsts = [0, 1, 2, 2 ** 32, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER].map((seed) => createRandom(seed).next());
    expect(new Set(firsts).size).toBe(firsts.length);
  });

  it('refuses seeds that are no whole numbers from 0', () => {
    for (const seed of [-1, 0.5, Number.NaN, 2 ** 53]) {
      expect(() => createRandom(seed)).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
    }
    expect(() => createRandom(1).integer(0)).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
  });

  it('is even: mean, variance and every part of [0, 1)', () => {
    const random = createRandom(5);
    const counts = new Uint32Array(16);
    let sum = 0;
    for (let i = 0; i < 160_000; i++) {
      const value = random.next();
      counts[Math.floor(value * 16)]++;
      sum += value;
    }
    expect(sum / 160_000).toBeCloseTo(0.5, 2);
    // 10,000 expected, standard deviation 97.
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(450);
  });

  it('draws normal numbers: mean 0, variance 1, a third beyond one deviation', () => {
    const random = createRandom(6);
    const values = Array.from({ length: 100_000 }, () => random.normal());
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + value * value, 0) / values.length;
    expect(mean).toBeCloseTo(0, 1.5);
    expect(variance).toBeCloseTo(1, 1.5);
    expect(values.filter((value) => Math.abs(value) > 1).length / values.length).toBeCloseTo(0.3173, 1.7);
  });

  it('shuffles evenly, typed arrays too', () => {
    const random = createRandom(7);
    const counts = new Uint32Array(9);
    for (let i = 0; i < 9000; i++) {
      for (const [place, item] of random.shuffle(Uint8Array.of(0, 1, 2)).entries()) counts[place * 3 + item]++;
    }
    for (const count of counts) expect(Math.abs(count - 3000)).toBeLessThan(250);
    expect(random.shuffle(['a'])).toEqual(['a']);
  });

  it('forks streams by label, whatever was drawn before', () => {
    const random = createRandom(8);
    const early = random.fork('epoch 3').next();
    random.next();
    expect(random.fork('epoch 3').next()).toBe(early);
    const labels = ['epoch 3', 'epoch 4', '', 3, 3.5, -3, '3'];
    const firsts = labels.map((label) => random.fork(label).next());
    expect(new Set([...firsts, random.next()]).size).toBe(labels.length + 1);
    expect(createRandom(9).fork('epoch 3').next()).not.toBe(early);
  });
});
