import { describe, expect, it } from 'vitest';
import { normals } from './random.ts';

describe('normals', () => {
  const values = normals(400_001, 3, 'a');
  const moment = (power: number) => values.reduce((sum, value) => sum + value ** power, 0) / values.length;

  it('have the moments and quantiles of the normal distribution', () => {
    expect(moment(1)).toBeCloseTo(0, 2);
    expect(moment(2)).toBeCloseTo(1, 1);
    expect(moment(3)).toBeCloseTo(0, 1);
    expect(moment(4)).toBeCloseTo(3, 1);
    const below = (limit: number) => values.filter((value) => value < limit).length / values.length;
    expect(below(-1.959964)).toBeCloseTo(0.025, 2);
    expect(below(0.67449)).toBeCloseTo(0.75, 2);
    expect(below(-4.4)).toBe(0);
  });

  it('do not follow from their neighbours', () => {
    let sum = 0;
    for (let i = 1; i < values.length; i += 1) sum += values[i]! * values[i - 1]!;
    expect(sum / values.length).toBeCloseTo(0, 2);
  });

  it('are the same for the same seed and label only', () => {
    expect(normals(9, 3, 'a')).toEqual(values.slice(0, 9));
    expect(normals(9, 4, 'a')).not.toEqual(values.slice(0, 9));
    expect(normals(9, 3, 'b')).not.toEqual(values.slice(0, 9));
  });
});
