import { describe, expect, it } from 'vitest';
import { batchOf, checkLabels, epochOrder, stepsPerEpoch } from './batches.ts';

const labels = Array.from({ length: 103 }, (_, i) => [i % 7]);

describe('epochOrder', () => {
  it.each([1, 4])('holds every image once (groups of %i)', (group) => {
    const order = epochOrder(labels, { seed: 1, epoch: 0, group });
    expect([...order].sort((a, b) => a - b)).toEqual(labels.map((_, i) => i));
  });

  it('is the same for the same seed and epoch, another for another', () => {
    const order = (seed: number, epoch: number) => epochOrder(labels, { seed, epoch });
    expect(order(1, 3)).toEqual(order(1, 3));
    expect(order(1, 3)).not.toEqual(order(1, 4));
    expect(order(1, 3)).not.toEqual(order(2, 3));
  });

  it('puts images that share a label in groups', () => {
    const many = Array.from({ length: 400 }, (_, i) => [i % 100]);
    const similar = (group: number): number => {
      const order = epochOrder(many, { seed: 1, epoch: 0, group });
      let pairs = 0;
      for (let b = 0; b < 10; b++) {
        const batch = order.subarray(b * 40, b * 40 + 40);
        for (const i of batch) for (const j of batch) if (i < j && many[i][0] === many[j][0]) pairs++;
      }
      return pairs;
    };
    expect(similar(1)).toBeLessThan(110);
    expect(similar(4)).toBe(600);
  });

  it('groups an image with several labels under one of them', () => {
    const order = epochOrder([[0, 1], [1], [0], [2], [1, 2]], { seed: 1, epoch: 0, group: 2 });
    expect([...order].sort()).toEqual([0, 1, 2, 3, 4]);
  });
});

describe('batches', () => {
  it('leaves out a last batch that is not full, but keeps the only one', () => {
    expect(stepsPerEpoch(103, 10)).toBe(10);
    expect(stepsPerEpoch(100, 10)).toBe(10);
    expect(stepsPerEpoch(7, 10)).toBe(1);
  });

  it('cuts the order', () => {
    const order = Uint32Array.from({ length: 7 }, (_, i) => i);
    expect([...batchOf(order, 1, 3)]).toEqual([3, 4, 5]);
    expect([...batchOf(order, 0, 10)]).toEqual([...order]);
  });
});

describe('checkLabels', () => {
  it('names the image without label', () => {
    expect(() => checkLabels([[0], [], [1]])).toThrow(expect.objectContaining({ code: 'BAD_LABELS' }));
    expect(() => checkLabels([[0], [], [1]])).toThrow(/image 1 /);
  });

  it('refuses a single image', () => {
    expect(() => checkLabels([[0]])).toThrow(expect.objectContaining({ code: 'TOO_FEW_IMAGES' }));
  });
});

describe('labels', () => {
  it('are refused where all images have the same: there is nothing to tell apart', () => {
    expect(() => checkLabels([[1], [1], [1]])).toThrow(expect.objectContaining({ code: 'BAD_LABELS' }));
    expect(() =>
      checkLabels([
        [2, 1],
        [1, 2],
      ]),
    ).toThrow(/nothing to tell apart/);
    checkLabels([[1], [1], [1, 2]]);
  });
});
