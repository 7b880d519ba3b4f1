import { describe, expect, it } from 'vitest';
import { type FreshViews, freshViewsOf } from './fresh-views.ts';

const plan: FreshViews = {
  flip: true,
  scale: [0.45, 1],
  colours: 0.3,
  erased: { probability: 0.5, area: 0.25 },
};
const picture = { width: 50, height: 40 };
const views = (change: Partial<FreshViews>, o: { seed?: number; epoch?: number } = {}) => {
  const viewOf = freshViewsOf({ ...plan, ...change }, { seed: o.seed ?? 1, epoch: o.epoch ?? 0, size: 160 });
  return Array.from({ length: 400 }, (_, image) => viewOf(image, picture));
};

describe('fresh views', () => {
  it('keep to the plan', () => {
    const all = views({});
    for (const { square, colours, erased } of all) {
      const { top, left, side } = square!;
      expect(side).toBeGreaterThanOrEqual(Math.floor(Math.sqrt(0.45) * 40));
      expect(side).toBeLessThanOrEqual(40);
      expect(Math.min(top, left)).toBeGreaterThanOrEqual(0);
      expect(top + side).toBeLessThanOrEqual(40);
      expect(left + side).toBeLessThanOrEqual(50);
      for (const factor of Object.values(colours!)) expect(Math.abs(factor - 1)).toBeLessThanOrEqual(0.3);
      if (erased) expect(erased.side).toBe(80);
      if (erased) expect(Math.max(erased.top, erased.left) + 80).toBeLessThanOrEqual(160);
    }
    const share = (holds: (view: (typeof all)[number]) => boolean): number => all.filter(holds).length / all.length;
    expect(share(({ mirrored }) => mirrored)).toBeCloseTo(0.5, 1);
    expect(share(({ erased }) => erased !== undefined)).toBeCloseTo(0.5, 1);
    // The area is drawn evenly, not the side.
    expect(share(({ square }) => (square!.side / 40) ** 2 > 0.725)).toBeCloseTo(0.5, 1);
  });

  it('are others in another epoch and for another seed, and the same again', () => {
    expect(views({})).toEqual(views({}));
    expect(views({}, { epoch: 1 })[7]).not.toEqual(views({})[7]);
    expect(views({}, { seed: 2 })[7]).not.toEqual(views({})[7]);
  });

  it('leave out what the plan leaves out, and nothing else changes', () => {
    const all = views({});
    const plain = views({ flip: false, colours: 0, erased: { probability: 0, area: 0.25 } });
    for (const [i, view] of plain.entries()) expect(view).toEqual({ mirrored: false, square: all[i].square });
  });
});
