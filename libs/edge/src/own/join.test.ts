import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { joinHits } from './join.ts';
import { splitFilter } from './split.ts';

const SIDES = {
  classes: ['cat', 'dog'],
  first: 100,
  ownHasLabel: (label: string) => ['dog', 'mine'].includes(label),
  ownHasId: (id: string) => id === 'here',
};
const ALL = { labels: undefined, ids: undefined };

describe('two answers', () => {
  it('become what a sort of both gives', () => {
    const distances = fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 12 });
    fc.assert(
      fc.property(distances, distances, fc.integer({ min: 1, max: 30 }), (a, b, k) => {
        const hits = (all: number[], first: number) =>
          all.sort((x, y) => x - y).map((distance, i) => ({ distance, row: first + i }));
        const [gallery, own] = [hits(a, 0), hits(b, 100)];
        const sorted = [...gallery, ...own].sort((x, y) => x.distance - y.distance || x.row - y.row);
        expect(joinHits(gallery, own, k)).toEqual(sorted.slice(0, k));
      }),
    );
  });
});

describe('a filter', () => {
  it('goes to the side that knows its labels; one that nobody knows to the gallery, which says so', () => {
    expect(splitFilter({ labels: ['cat', 'mine'] }, SIDES)).toEqual({
      gallery: { ...ALL, labels: ['cat'], rows: undefined },
      own: { ...ALL, labels: ['mine'], slots: undefined },
    });
    expect(splitFilter({ labels: ['dog'] }, SIDES)).toMatchObject({
      gallery: { labels: ['dog'] },
      own: { labels: ['dog'] },
    });
    expect(splitFilter({ labels: ['cat'] }, SIDES).own).toBeUndefined();
    expect(splitFilter({ labels: ['mine'] }, SIDES).gallery).toBeUndefined();
    expect(splitFilter({ labels: ['nowhere'] }, SIDES)).toMatchObject({ gallery: { labels: ['nowhere'] } });
  });

  it('by id or row finds each where it is', () => {
    expect(splitFilter({ ids: ['here', 'there'] }, SIDES)).toMatchObject({
      gallery: { ids: ['there'] },
      own: { ids: ['here'] },
    });
    expect(splitFilter({ rows: [3, 99, 100, 107] }, SIDES)).toMatchObject({
      gallery: { rows: [3, 99] },
      own: { slots: [0, 7] },
    });
  });

  it('tells the two apart, and passes nothing by an empty list', () => {
    expect(splitFilter({ own: true }, SIDES).gallery).toBeUndefined();
    expect(splitFilter({ own: false }, SIDES).own).toBeUndefined();
    expect(splitFilter({ labels: [] }, SIDES)).toEqual({ gallery: undefined, own: undefined });
  });
});
