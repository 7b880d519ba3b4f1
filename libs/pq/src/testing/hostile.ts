/** @file Numbers that break careless code, for fast-check. */
import fc from 'fast-check';
import type { Codebook } from '../codebook.ts';

/** Finite float32 numbers: ordinary ones, ties, zeros of both signs, denormals; squares stay finite in float32. */
export const hostileNumber = fc.oneof(
  fc.constantFrom(0, -0, 1, -1, 0.5),
  fc.constantFrom(2 ** -149, -(2 ** -149), 2 ** -127, 1e-20, -1e-20, 1e6, -1e6, Math.fround(0.1)),
  fc.float({ noNaN: true, noDefaultInfinity: true, min: -1e3, max: 1e3 }),
);

/** n of them, or n times the same. */
export function hostileNumbers(n: number): fc.Arbitrary<Float32Array> {
  return fc.oneof(
    fc.array(hostileNumber, { minLength: n, maxLength: n }).map((values) => Float32Array.from(values)),
    hostileNumber.map((value) => new Float32Array(n).fill(value)),
    // A large mean against a small spread: where ‖c‖² − 2⟨x, c⟩ loses its digits.
    fc
      .array(fc.integer({ min: 0, max: 3 }), { minLength: n, maxLength: n })
      .map((values) => Float32Array.from(values, (value) => 1e6 + value / 16)),
  );
}

/** Small codebooks of every shape. */
export const hostileCodebook: fc.Arbitrary<Codebook> = fc
  .record({
    M: fc.constantFrom(1, 2, 3, 5),
    K: fc.constantFrom(2, 4, 8, 16),
    d: fc.integer({ min: 1, max: 5 }),
  })
  .chain(({ M, K, d }) => hostileNumbers(M * K * d).map((codewords) => ({ M, K, D: M * d, codewords })));
