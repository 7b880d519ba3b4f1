/**
 * @file What a network learns from: fresh views of the training images, as the loop asks for them.
 *
 * Three sources. Pixels are augmented on the fly; features of a frozen trunk were computed once for some views of every
 * image, and each epoch draws one of them; or a frozen trunk is shown fresh views all the time (`trunk/fresh.ts`). What an image looks like in an epoch is decided by (seed, epoch, image)
 * alone, whatever the order of the batches and wherever a run was resumed.
 */

import { createRandom } from '@dqn/pq';
import { augment, centreCrop, meanColour, type StoredImages } from './augment.ts';
import type { NetworkInput } from './engine/engine.ts';
import { TrainError } from './errors.ts';
import type { Recipe } from './recipe.ts';

/** Training images as the network's inputs. Inputs may be asked for before the last ones are there. */
export interface TrainingSource {
  /** Images, N. */
  readonly length: number;
  /** Batches that should be asked for while one is learnt from. Default 1. */
  readonly ahead?: number;
  /** The view of each of these images in an epoch. */
  batch(images: ArrayLike<number>, epoch: number): NetworkInput | Promise<NetworkInput>;
  /** Images as they are seen at inference; default all. */
  plain(images?: ArrayLike<number>): NetworkInput | Promise<NetworkInput>;
  /** The `k`-th of further views of each of these images, for codebooks that expect more than the plain one. */
  further(images: ArrayLike<number>, k: number): NetworkInput | Promise<NetworkInput>;
  /** Ends the threads that it has. */
  close?(): Promise<void>;
}

/** Pictures that are augmented on the fly. `images` of the recipe's `storedSize` or `size`. */
export function pixelSource(images: StoredImages, recipe: Recipe, seed: number): TrainingSource {
  const { size, augmentation, epochs } = recipe;
  const fill = meanColour(images.pixels);
  const view = (indices: ArrayLike<number>, epoch: number): Uint8Array =>
    augment(images, indices, { size, augmentation, seed, epoch, fill });
  return {
    length: images.pixels.length / (images.stored * images.stored * 3),
    batch: view,
    plain: (indices) => centreCrop(images, indices, size),
    // Epochs beyond the last one: views that are not learnt from.
    further: (indices, k) => view(indices, epochs + k),
  };
}

/** Features of a frozen trunk. */
export interface ViewedFeatures {
  /** float32 [V, N, …] row-major: view 0 is the image as it is seen at inference. */
  readonly values: Float32Array;
  /** V ≥ 1. */
  readonly views: number;
  /** N. */
  readonly images: number;
}

/** Numbers of one image in one view. @throws TrainError BAD_OPTION where the values can't be so many views of images */
export function featureWidth({ values, views, images }: ViewedFeatures): number {
  const width = values.length / (views * images);
  if (Number.isInteger(width) && width > 0) return width;
  throw new TrainError(
    'BAD_OPTION',
    `There are ${values.length} features for ${views} views of ${images} images; expected a multiple of ${views * images}.`,
  );
}

/** One of the views of each image an epoch, all equally likely. */
export function featureSource(features: ViewedFeatures, seed: number): TrainingSource {
  const { values, views, images } = features;
  const width = featureWidth(features);
  const gather = (indices: ArrayLike<number>, viewOf: (image: number) => number): Float32Array => {
    const out = new Float32Array(indices.length * width);
    for (let row = 0; row < indices.length; row++) {
      const from = (viewOf(indices[row]) * images + indices[row]) * width;
      out.set(values.subarray(from, from + width), row * width);
    }
    return out;
  };
  const random = createRandom(seed).fork('views');
  return {
    length: images,
    batch: (indices, epoch) => {
      const ofEpoch = random.fork(epoch);
      return gather(indices, (image) => ofEpoch.fork(image).integer(views));
    },
    plain: (indices) => (indices ? gather(indices, () => 0) : values.subarray(0, images * width)),
    further: (indices, k) => gather(indices, () => (k + 1) % views),
  };
}
