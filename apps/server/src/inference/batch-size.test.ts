import { describe, expect, it, vi } from 'vitest';
import { chooseBatch } from './batch-size.ts';

/** A network whose run of n images takes `ms(n)`, on a clock of its own. */
function network(ms: (n: number) => number) {
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  const sizes: number[] = [];
  return {
    sizes,
    async run(n: number) {
      sizes.push(n);
      now += ms(n);
    },
  };
}
const options = { slowest: 100, most: 64, budget: 1e9 };

describe('the size of a batch', () => {
  it('is the smallest that comes within 5 % of the best', async () => {
    const costs = network((n) => 4 + n);
    expect((await chooseBatch(costs.run, { ...options, slowest: 1000 })).size).toBe(64);
    const flat = network((n) => 0.05 + n);
    expect((await chooseBatch(flat.run, options)).size).toBe(1);
    const gpu = network((n) => (n <= 32 ? 5 : 5 * (n / 32)));
    expect((await chooseBatch(gpu.run, options)).size).toBe(32);
  });

  it('keeps runs short, and the search for it', async () => {
    const slow = network((n) => 30 + 10 * n);
    const { size, tried } = await chooseBatch(slow.run, options);
    expect(tried.map((one) => one.size)).toEqual([1, 2, 4]);
    expect(size).toBe(4);
    const slower = network(() => 5000);
    expect((await chooseBatch(slower.run, { ...options, budget: 800 })).size).toBe(1);
    expect(slower.sizes).toEqual([1, 1, 1, 1]);
  });
});
