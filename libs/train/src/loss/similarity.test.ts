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
