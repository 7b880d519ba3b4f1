/**
 * @file Fixed first filters that whiten small patches of the training images: their principal axes, each at unit
 * variance. A network from scratch need not learn them, and the layers behind it see inputs of one scale.
 */

import { createRandom } from '@dqn/pq';
import type { StoredImages } from './augment.ts';
import { symmetricEigen } from './eigen.ts';

/** Images that the statistics are taken from, at most. */
const IMAGES = 1000;

/** Mean and standard deviation of each channel over all pixels, in 0 … 255. */
export function channelStatistics(pixels: Uint8Array): { mean: number[]; deviation: number[] } {
  const count = pixels.length / 3;
  const sum = [0, 0, 0];
  const square = [0, 0, 0];
  for (let i = 0; i < pixels.length; i += 3) {
    for (let c = 0; c < 3; c++) {
      sum[c] += pixels[i + c];
      square[c] += pixels[i + c] ** 2;
    }
  }
  const mean = sum.map((value) => value / count);
  // Pictures of one colour have no deviation: 1 leaves them as they are.
  const deviation = square.map((value, c) => Math.sqrt(Math.max(0, value / count - mean[c] ** 2)) || 1);
  return { mean, deviation };
}

/**
 * Whitening filters: row i is vᵢ / √(eᵢ + floor) for the i-th largest eigenvalue eᵢ of the covariance of patches.
 *
 * @param o.mean - of each channel; patches are (pixel − mean) / deviation
 * @param o.floor - added to the eigenvalues: keeps the axes that hold hardly anything but noise from being blown up
 * @returns [channels, 3, kernel, kernel] row-major, channels ≤ 3 · kernel²
 */
export function whiteningFilters(
  images: StoredImages,
  o: {
    readonly kernel: number;
    readonly channels: number;
    readonly floor: number;
    readonly mean: readonly number[];
    readonly deviation: readonly number[];
    readonly seed: number;
  },
): Float32Array {
  const { kernel, channels, floor, mean, deviation } = o;
  const { pixels, stored } = images;
  const N = pixels.length / (stored * stored * 3);
  const length = 3 * kernel * kernel;
  const stride = Math.max(1, kernel >> 1);
  const order = createRandom(o.seed)
    .fork('whitening')
    .shuffle(Uint32Array.from({ length: N }, (_, i) => i));
  const sum = new Float64Array(length);
  const products = new Float64Array(length * length);
  const patch = new Float64Array(length);
  let count = 0;
  for (const image of order.subarray(0, IMAGES)) {
    for (let top = 0; top + kernel <= stored; top += stride) {
      for (let left = 0; left + kernel <= stored; left += stride) {
        for (let y = 0; y < kernel; y++) {
          for (let x = 0; x < kernel; x++) {
            const from = ((image * stored + top + y) * stored + left + x) * 3;
            for (let c = 0; c < 3; c++) {
              patch[(c * kernel + y) * kernel + x] = (pixels[from + c] - mean[c]) / deviation[c];
            }
          }
        }
        count++;
        for (let i = 0; i < length; i++) {
          const value = patch[i];
          sum[i] += value;
          for (let j = i; j < length; j++) products[i * length + j] += value * patch[j];
        }
      }
    }
  }
  for (let i = 0; i < length; i++) {
    for (let j = i; j < length; j++) {
      products[i * length + j] = products[i * length + j] / count - (sum[i] / count) * (sum[j] / count);
    }
  }
  const { values, vectors } = symmetricEigen(products, length);
  const filters = new Float32Array(channels * length);
  for (let i = 0; i < channels; i++) {
    const scale = 1 / Math.sqrt(Math.max(0, values[i]) + floor);
    for (let j = 0; j < length; j++) filters[i * length + j] = scale * vectors[i * length + j];
  }
  return filters;
}
