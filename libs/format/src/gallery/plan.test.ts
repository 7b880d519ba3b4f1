import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planReads } from './plan.ts';

describe('planReads', () => {
  it('covers every range that has bytes exactly once', () => {
    const range = fc.record({ offset: fc.nat(10_000_000), length: fc.oneof(fc.nat(5000), fc.nat(6_000_000)) });
    fc.assert(
      fc.property(fc.array(range), (wanted) => {
        const reads = planReads(wanted);
        const members = reads.flatMap((read) => read.members).sort((a, b) => a - b);
        expect(members).toEqual([...wanted.keys()].filter((i) => wanted[i].length > 0));
        for (const read of reads) {
          for (const i of read.members) {
            expect(wanted[i].offset).toBeGreaterThanOrEqual(read.offset);
            expect(wanted[i].offset + wanted[i].length).toBeLessThanOrEqual(read.offset + read.length);
          }
          // A single range that is larger can't be helped.
          const largest = Math.max(...read.members.map((i) => wanted[i].length));
          expect(read.length).toBeLessThanOrEqual(Math.max(4 * 2 ** 20, largest));
        }
      }),
    );
  });

  it('reads neighbours together and leaves large gaps out', () => {
    const wanted = [
      { offset: 100_000, length: 10 },
      { offset: 0, length: 10 },
      { offset: 20, length: 5 },
    ];
    expect(planReads(wanted)).toEqual([
      { offset: 0, length: 25, members: [1, 2] },
      { offset: 100_000, length: 10, members: [0] },
    ]);
  });
});
