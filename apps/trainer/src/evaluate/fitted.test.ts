import { createRandom, decode, encode } from '@dqn/pq';
import { toUnitLength } from '@dqn/train';
import { describe, expect, it } from 'vitest';
import { fitCodebook, fittingViews, shapeOf, shapesFor } from './fitted.ts';

const D = 12;
const signal = new AbortController().signal;

/** Vectors that vary in two directions most, both in the first half. */
function vectors(n: number): Float32Array {
  const random = createRandom(1);
  return Float32Array.from({ length: n * D }, (_, i) => random.normal() * (i % D < 2 ? 4 : 1));
}

function distortion(z: Float32Array, { codebook, turn }: ReturnType<typeof fitCodebook>): number {
  const turned = turn(z);
  const rebuilt = decode(codebook, encode(codebook, turned));
  return turned.reduce((sum, value, i) => sum + (value - rebuilt[i]) ** 2, 0) / (z.length / D);
}

describe('shapes', () => {
  it.each([
    [8, 1, 256],
    [12, 2, 64],
    [18, 3, 64],
    [20, 4, 32],
    [32, 4, 256],
    [48, 6, 256],
  ])('%i bits are %i × %i', (bits, M, K) => {
    expect(shapeOf(bits)).toEqual({ M, K });
  });

  it('says which lengths the dimensions allow', () => {
    expect(() => shapesFor([40], D)).toThrow(/40 takes 5 subspaces.*12 dimensions.*8, 16, 24, 32, 48, 96/);
  });
});

describe('fitCodebook', () => {
  const shape = { bits: 8, M: 2, K: 16 };

  it('rotates embeddings of length 1, and loses less by it', () => {
    const z = toUnitLength(vectors(600), D);
    const fitted = fitCodebook(shape, z, { D, seed: 1, signal });
    expect(fitted.turn(z)).not.toEqual(z);
    const [first] = [fitted.turn(z).subarray(0, D)];
    expect(first.reduce((sum, value) => sum + value * value, 0)).toBeCloseTo(1, 4);
    // Twice as long, the same vectors are of no unit length: k-means alone.
    const plain = fitCodebook(
      shape,
      z.map((value) => 2 * value),
      { D, seed: 1, signal },
    );
    const double = z.map((value) => 2 * value);
    expect(plain.turn(double)).toBe(double);
    expect(distortion(z, fitted)).toBeLessThan(distortion(double, plain) / 4);
  });

  it('is the same for the same seed', () => {
    const z = toUnitLength(vectors(300), D);
    const fit = () => fitCodebook(shape, z, { D, seed: 7, signal }).codebook;
    expect(fit()).toEqual(fit());
  });
});

describe('fittingViews', () => {
  it('are many of few pictures', () => {
    expect([fittingViews(5000, true), fittingViews(5000, false), fittingViews(50_000, true)]).toEqual([4, 2, 1]);
  });
});
