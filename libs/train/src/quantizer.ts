/**
 * @file The codebooks while the network learns: begun by k-means, then moved by k-means again or by their gradient.
 */

import { type Codebook, decode, encode, learnCodebook } from '@dqn/pq';
import { slotCount, updateRange } from './engine/update.ts';
import { TrainError } from './errors.ts';
import { learnRotation, rotate } from './opq.ts';

const ADAM = { kind: 'adamw' } as const;

/** What a checkpoint keeps of a {@link Quantizer}. */
export interface QuantizerState {
  readonly codewords: Float32Array;
  /** Adam's m and v, each as long as the codewords. */
  readonly slots: readonly Float32Array[];
  /** Adam's t. */
  readonly updates: number;
  /** [D, D], where there is one. */
  readonly rotation?: Float32Array | undefined;
}

/** M codebooks of K codewords for outputs of D dimensions; empty until {@link learn} is called. */
export class Quantizer {
  readonly M: number;
  readonly K: number;
  readonly D: number;
  #codewords: Float32Array | undefined;
  #rotation: Float32Array | undefined;
  #slots: Float32Array[] = [];
  #updates = 0;

  /** @throws TrainError BAD_OPTION where D isn't a multiple of M */
  constructor(shape: { readonly M: number; readonly K: number; readonly D: number }) {
    const { M, K, D } = shape;
    if (D % M !== 0) {
      throw new TrainError(
        'BAD_OPTION',
        `A bottleneck of ${D} dimensions can't be cut into ${M} equal subspaces. Choose --bits so that their number divides ${D}, or a recipe with another bottleneck.`,
      );
    }
    this.M = M;
    this.K = K;
    this.D = D;
  }

  /** The codebooks, or undefined before the first {@link learn}. The codewords change with {@link descend}. */
  get codebook(): Codebook | undefined {
    return this.#codewords && { M: this.M, K: this.K, D: this.D, codewords: this.#codewords };
  }

  /** R, [D, D] row-major and orthogonal: what is quantized is z R. Undefined: z itself. */
  get rotation(): Float32Array | undefined {
    return this.#rotation;
  }

  /** z R, [N, D], or z itself where there is no rotation. */
  rotated(z: Float32Array): Float32Array {
    return this.#rotation ? rotate(z, this.#rotation, this.D) : z;
  }

  /**
   * Learns the codebooks by k-means in each subspace; before the first ones, where it is asked for, the rotation.
   *
   * @param z - [N, D] row-major, not rotated (of unit length where the recipe says so)
   * @returns mean ‖z − C h‖²
   * @throws TrainError TOO_FEW_IMAGES where N < K
   */
  learn(
    z: Float32Array,
    o: {
      readonly seed: number;
      readonly warmStart: boolean;
      readonly rotate?: boolean;
      readonly iterations?: number;
      readonly signal?: AbortSignal | undefined;
    },
  ): number {
    const { M, K, D } = this;
    if (z.length / D < K) {
      throw new TrainError(
        'TOO_FEW_IMAGES',
        `${z.length / D} training outputs can't give ${K} codewords; at least ${K} are needed. Add images or choose fewer --codewords.`,
      );
    }
    const init = o.warmStart ? this.codebook : undefined;
    if (o.rotate) this.#rotation ??= learnRotation(z, { M, K, D, seed: o.seed, signal: o.signal });
    const { codebook, distortion } = learnCodebook(this.rotated(z), {
      M,
      K,
      D,
      seed: o.seed,
      ...(o.iterations !== undefined && { iterations: o.iterations }),
      ...(init && { init }),
      ...(o.signal && { signal: o.signal }),
    });
    this.#codewords = codebook.codewords;
    this.#slots = Array.from({ length: slotCount(ADAM) }, () => new Float32Array(codebook.codewords.length));
    this.#updates = 0;
    return distortion;
  }

  /** One step of Adam on the codewords; `gradient` is [M, K, D/M]. */
  descend(gradient: Float32Array, learningRate: number): void {
    const codewords = this.#codewords;
    if (!codewords) throw new Error('descend before learn');
    this.#updates++;
    const numbers = { learningRate, weightDecay: 0, update: this.#updates, gradientScale: 1 };
    updateRange(ADAM, numbers, codewords, gradient, this.#slots, 0, codewords.length);
  }

  /** A copy of everything, or undefined before the first {@link learn}. */
  state(): QuantizerState | undefined {
    return (
      this.#codewords && {
        codewords: this.#codewords.slice(),
        slots: this.#slots.map((slot) => slot.slice()),
        updates: this.#updates,
        ...(this.#rotation && { rotation: this.#rotation.slice() }),
      }
    );
  }

  /** Takes such a copy back. */
  restore(state: QuantizerState | undefined): void {
    this.#codewords = state?.codewords.slice();
    this.#slots = state?.slots.map((slot) => slot.slice()) ?? [];
    this.#updates = state?.updates ?? 0;
    this.#rotation = state?.rotation?.slice();
  }
}

/** mean ‖z − C h‖² with the nearest codewords; z is [N, D]. */
export function distortionOf(codebook: Codebook, z: Float32Array): number {
  const reconstructed = decode(codebook, encode(codebook, z));
  let sum = 0;
  for (let i = 0; i < z.length; i++) sum += (z[i] - reconstructed[i]) ** 2;
  return sum / Math.max(1, z.length / codebook.D);
}

/** Scales each row of z [N, D] to unit length, in place; a row of zeros stays. */
export function toUnitLength(z: Float32Array, D: number): Float32Array {
  for (let at = 0; at < z.length; at += D) {
    let square = 0;
    for (let d = at; d < at + D; d++) square += z[d] * z[d];
    const scale = square > 0 ? 1 / Math.sqrt(square) : 0;
    for (let d = at; d < at + D; d++) z[d] *= scale;
  }
  return z;
}
