import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import { physicalCores } from './choose.ts';

describe('physicalCores', () => {
  it('is at least one, and no more than this process may use', () => {
    expect(physicalCores()).toBeGreaterThanOrEqual(1);
    expect(physicalCores()).toBeLessThanOrEqual(availableParallelism());
  });
});
