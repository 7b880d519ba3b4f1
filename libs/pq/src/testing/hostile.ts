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

/** Of any size that float32 has: squares and even sums overflow it, or vanish. */
export const extremeNumber = fc.oneof(
  hostileNumber,
  fc.constantFrom(1e37, -1e37, 3.4e38, -3.4e38, 1e30, 1e-37, -1e-30, 2 ** -126),
  fc.float({ noNaN: true, noDefaultInfinity: true }),
);

/** n of them; all of one size, around one of them, or as they come. */
export function extremeNumbers(n: number): fc.Arbitrary<Float32Array> {
  return fc.oneof(
    fc.array(extremeNumber, { minLength: n, maxLength: n }).map((values) => Float32Array.from(values)),
    fc
      .tuple(
        fc.integer({ min: -149, max: 120 }),
        fc.array(fc.integer({ min: -9, max: 9 }), { minLength: n, maxLength: n }),
      )
      .map(([exponent, values]) => Float32Array.from(values, (value) => value * 2 ** exponent)),
    fc
      .tuple(extremeNumber, fc.array(fc.integer({ min: 0, max: 5 }), { minLength: n, maxLength: n }))
      .map(([mean, values]) => Float32Array.from(values, (value) => mean * (1 - value * 2 ** -23))),
    hostileNumbers(n),
  );
}
