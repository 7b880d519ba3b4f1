import { expect, it } from 'vitest';
import { similarity } from './similarity.ts';

it('joins images that share any label, and each image with itself', () => {
  const similar = similarity([[0, 2], [1], [2], [], [1, 0]]);
  expect([...similar]).toEqual(
    [
      [1, 0, 1, 0, 1],
      [0, 1, 0, 0, 1],
      [1, 0, 1, 0, 0],
      [0, 0, 0, 1, 0],
      [1, 1, 0, 0, 1],
    ].flat(),
  );
});

it('grades images by the share of their labels that is common', () => {
  const similar = similarity([[0, 2], [0, 3], [0, 2], [4], []], 'graded');
  const third = Math.fround(1 / 3);
  expect([...similar]).toEqual(
    [
      [1, third, 1, 0, 0],
      [third, 1, third, 0, 0],
      [1, third, 1, 0, 0],
      [0, 0, 0, 1, 0],
      [0, 0, 0, 0, 1],
    ].flat(),
  );
});

it('is one and the same where every image has one label', () => {
  const labels = [[1], [0], [1], [2]];
  expect(similarity(labels, 'graded')).toEqual(similarity(labels));
});
