import { describe, expect, it } from 'vitest';
import { scheduleFactor } from './schedule.ts';

describe('scheduleFactor', () => {
  it('halves in steps', () => {
    const schedule = { kind: 'step', factor: 0.5, everySteps: 500 } as const;
    expect([0, 499, 500, 1499].map((step) => scheduleFactor(schedule, step, 5000))).toEqual([1, 1, 0.5, 0.25]);
  });

  it.each(['cosine', 'linear'] as const)('warms up and falls to nearly 0, never beyond [0, 1] (%s)', (kind) => {
    const factors = Array.from({ length: 100 }, (_, step) => scheduleFactor({ kind, warmUp: 0.1 }, step, 100));
    expect(factors[0]).toBeCloseTo(0.1);
    expect(factors[9]).toBe(1);
    expect(factors[10]).toBe(1);
    expect(factors[99]).toBeGreaterThan(0);
    expect(factors[99]).toBeLessThan(0.02);
    expect(factors[55]).toBeCloseTo(0.5);
    for (let i = 11; i < 100; i++) expect(factors[i]).toBeLessThan(factors[i - 1]);
  });

  it('rises from 1/25 and falls to nearly 0 along cosines, as one cycle', () => {
    const schedule = { kind: 'one-cycle', warmUp: 0.25 } as const;
    const factors = Array.from({ length: 200 }, (_, step) => scheduleFactor(schedule, step, 200));
    expect(factors[0]).toBeCloseTo(0.04);
    expect(factors[25]).toBeCloseTo(0.52);
    expect(factors[50]).toBe(1);
    expect(factors[125]).toBeCloseTo(0.5);
    expect(factors[199]).toBeGreaterThan(0);
    expect(factors[199]).toBeLessThan(0.001);
  });

  it('begins at 1 without warm-up, and survives a run of one step', () => {
    expect(scheduleFactor({ kind: 'cosine', warmUp: 0 }, 0, 10)).toBe(1);
    expect(scheduleFactor({ kind: 'linear', warmUp: 0.1 }, 0, 1)).toBe(1);
  });
});
