import { describe, expect, it } from 'vitest';
import { bytes, count, duration } from './console.ts';

describe('numbers for people', () => {
  it('separates thousands', () => expect(count(54_000)).toBe('54,000'));
  it('gives durations in two units at most', () => {
    expect([0, 59.4, 61, 3599, 3600, 7_500].map(duration)).toEqual([
      '0 s',
      '59 s',
      '1 min 01 s',
      '59 min 59 s',
      '1 h 00 min',
      '2 h 05 min',
    ]);
  });
  it('gives bytes with a unit', () =>
    expect([0, 812, 3_400_000, 2e12].map(bytes)).toEqual(['0 B', '812 B', '3.4 MB', '2000.0 GB']));
});
