import { describe, expect, it } from 'vitest';
import { crop, mirror, pictureDigest, viewCount, viewKey, viewsOf } from './views.ts';

const picture = { width: 5, height: 4, data: Uint8Array.from({ length: 60 }, (_, i) => i) };
const plan = { flip: true, crops: 3, scale: [0.5, 1] } as const;

describe('the views of a picture', () => {
  it('are the picture, its mirror image and squares inside it', () => {
    const views = viewsOf(picture, pictureDigest(picture), plan);
    expect(views).toHaveLength(viewCount(plan));
    expect(views.slice(0, 2)).toEqual([{ mirrored: false }, { mirrored: true }]);
    for (const { square } of views.slice(2)) {
      const { top, left, side } = square!;
      expect(side).toBeGreaterThanOrEqual(3);
      expect(top + side).toBeLessThanOrEqual(4);
      expect(left + side).toBeLessThanOrEqual(5);
    }
  });

  it('are the same for the same pixels, and others where one pixel differs', () => {
    const digest = pictureDigest(picture);
    const keys = viewsOf(picture, digest, plan).map((view) => viewKey(digest, view));
    expect(new Set(keys).size).toBe(5);
    const copy = { ...picture, data: picture.data.slice() };
    const again = pictureDigest(copy);
    expect(viewsOf(copy, again, plan).map((view) => viewKey(again, view))).toEqual(keys);
    copy.data[7] ^= 1;
    const other = pictureDigest(copy);
    expect(viewsOf(copy, other, plan).map((view) => viewKey(other, view))).not.toContain(keys[0]);
  });

  it('are not mistaken for those of a picture of another shape with the same bytes', () => {
    expect(pictureDigest({ ...picture, width: 4, height: 5 })).not.toEqual(pictureDigest(picture));
  });

  it('are cut out and mirrored pixel by pixel', () => {
    const { width, height, data } = crop(picture, { top: 1, left: 2, side: 2 });
    expect([width, height]).toEqual([2, 2]);
    expect([...data]).toEqual([21, 22, 23, 24, 25, 26, 36, 37, 38, 39, 40, 41]);
    mirror(data, 2);
    expect([...data]).toEqual([24, 25, 26, 21, 22, 23, 39, 40, 41, 36, 37, 38]);
  });
});
