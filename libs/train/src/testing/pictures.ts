/**
 * @file A tiny data set that can be learnt: every class has its colours, with noise.
 */

import { createRandom } from '@dqn/pq';

/** Noisy pictures of `classes` classes, in turn: pixels uint8 [N, size, size, 3], one label each. */
export function coloured(o: { N: number; size: number; classes: number; seed?: number; noise?: number }): {
  pixels: Uint8Array;
  labels: number[][];
} {
  const random = createRandom(o.seed ?? 7);
  const noise = o.noise ?? 40;
  // Four quarters of three channels for each class.
  const colours = Array.from({ length: o.classes }, () => Array.from({ length: 12 }, () => random.integer(256)));
  const pixels = new Uint8Array(o.N * o.size * o.size * 3);
  const labels: number[][] = [];
  for (let i = 0, at = 0; i < o.N; i++) {
    labels.push([i % o.classes]);
    for (let y = 0; y < o.size; y++) {
      for (let x = 0; x < o.size; x++) {
        const quarter = Number(y >= o.size / 2) * 2 + Number(x >= o.size / 2);
        for (let c = 0; c < 3; c++, at++) {
          const value = colours[i % o.classes][quarter * 3 + c] + noise * random.normal();
          pixels[at] = Math.max(0, Math.min(255, Math.round(value)));
        }
      }
    }
  }
  return { pixels, labels };
}
