/** @file Vectors of unit length, and the gradient through that: v = z / √(‖z‖² + ε). */

import type { Tensor2D } from '@tensorflow/tfjs';
import type { Tf } from '../tf.ts';

/** ε: a vector of zeros stays one and has a finite gradient; of a vector of length 1 it changes 5e-9. */
export const EPSILON = 1e-8;

/** What {@link unitLength} gives. */
export interface UnitLength {
  /** [n, D], rows of unit length. */
  readonly v: Tensor2D;
  /** ∂L/∂v → ∂L/∂z, both [n, D]: (g − v⟨v, g⟩) / √(‖z‖² + ε). */
  readonly backward: (dv: Tensor2D) => Tensor2D;
}

/** Scales each row of z [n, D] to unit length. Call within tf.tidy. */
export function unitLength(tf: Tf, z: Tensor2D): UnitLength {
  const inverse = tf.rsqrt(tf.add(tf.sum(tf.square(z), 1, true), EPSILON));
  const v = tf.mul(z, inverse) as Tensor2D;
  const backward = (dv: Tensor2D): Tensor2D => {
    const along = tf.sum(tf.mul(v, dv), 1, true);
    return tf.mul(tf.sub(dv, tf.mul(v, along)), inverse);
  };
  return { v, backward };
}
