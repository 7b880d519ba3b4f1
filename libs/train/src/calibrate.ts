/**
 * @file The bottleneck's first weights, from data: every output begins with mean 0 and one deviation.
 *
 * With random first weights all outputs lie close together (features behind ReLU are positive), and the cosines of all
 * pairs begin near 1: a plateau that a network from scratch takes epochs to leave.
 */

import type { Learner, NetworkInput, Parameter } from './engine/engine.ts';
import { TrainError } from './errors.ts';

/**
 * Centres and scales the rows of `fcb.weight` and sets `fcb.bias` so that over these images every pre-activation a = W h + b has
 * mean 0 and standard deviation `deviation`. The first weights must be small enough for tanh not to be saturated.
 *
 * @param images - a few hundred of the training images
 * @throws TrainError BAD_OPTION: the network has no `fcb.weight` [D, F] and `fcb.bias` [D]
 */
export async function calibrateBottleneck(
  learner: Learner,
  images: NetworkInput,
  n: number,
  deviation: number,
): Promise<void> {
  const parameters = await learner.parameters();
  const weight = parameters.get('fcb.weight');
  const bias = parameters.get('fcb.bias');
  const D = learner.dimensions;
  if (weight?.dims[0] !== D || bias?.data.length !== D) {
    throw new TrainError(
      'BAD_OPTION',
      'The recipe calibrates the bottleneck, but the network has no trainable "fcb.weight" [D, F] and "fcb.bias" [D]. Take a recipe without calibration.',
    );
  }
  const F = weight.data.length / D;
  const rows = weight.data.slice();
  const offsets = bias.data.slice();
  // A row of mean 0 doesn't see what all features have in common.
  for (let d = 0; d < D; d++) {
    const row = rows.subarray(d * F, (d + 1) * F);
    const mean = row.reduce((sum, value) => sum + value, 0) / F;
    for (let f = 0; f < F; f++) row[f] -= mean;
  }
  const changed = new Map<string, Parameter>(parameters);
  changed.set('fcb.weight', { dims: weight.dims, data: rows });
  changed.set('fcb.bias', { dims: bias.dims, data: offsets });
  await learner.restore({ parameters: changed });

  const z = await learner.embed(images, n);
  for (let d = 0; d < D; d++) {
    let sum = 0;
    let square = 0;
    for (let i = 0; i < n; i++) {
      const a = Math.atanh(Math.max(-0.999999, Math.min(0.999999, z[i * D + d])));
      sum += a;
      square += a * a;
    }
    const mean = sum / n;
    const spread = Math.sqrt(Math.max(0, square / n - mean * mean));
    // An output that is the same for all images (no image shows anything) stays as it is.
    const scale = spread > 1e-9 ? deviation / spread : 1;
    for (let f = 0; f < F; f++) rows[d * F + f] *= scale;
    offsets[d] = (offsets[d] - mean) * scale;
  }
  await learner.restore({ parameters: changed });
}
