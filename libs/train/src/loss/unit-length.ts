/** @file Vectors of unit length, and the gradient through that: v = z / √(‖z‖² + ε). */

import type { Algebra } from './algebra.ts';

/** ε: a vector of zeros stays one and has a finite gradient; of a vector of length 1 it changes 5e-9. */
export const EPSILON = 1e-8;

/** What {@link unitLength} gives. */
export interface UnitLength<T> {
  /** [n, D], rows of unit length. */
  readonly v: T;
  /** ∂L/∂v → ∂L/∂z, both [n, D]: (g − v⟨v, g⟩) / √(‖z‖² + ε). */
  readonly backward: (dv: T) => T;
}

/** Scales each row of z [n, D] to unit length. */
export function unitLength<T>(a: Algebra<T>, z: T): UnitLength<T> {
  const inverse = a.rsqrt(a.add(a.rowSums(a.mul(z, z)), EPSILON));
  const v = a.mul(z, inverse);
  const backward = (dv: T): T => a.mul(a.sub(dv, a.mul(v, a.rowSums(a.mul(v, dv)))), inverse);
  return { v, backward };
}
