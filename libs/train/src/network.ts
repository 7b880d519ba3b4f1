/**
 * @file The network that a recipe builds where no backbone is given.
 */

import { alexnet, type ConvnetOptions, convnet, type Graph } from '@dqn/onnx';
import type { StoredImages } from './augment.ts';
import { TrainError } from './errors.ts';
import type { HeadSpec } from './head.ts';
import type { Recipe } from './recipe.ts';
import { channelStatistics, whiteningFilters } from './whiten.ts';

/** A built-in network by name, with its widths. */
export type NetworkSpec =
  | ({
      readonly kind: 'convnet';
      /** Fixed first filters, computed from the training images. */
      readonly whitening?: WhiteningSpec;
    } & Pick<
      ConvnetOptions,
      'dimensions' | 'stages' | 'normalization' | 'identity' | 'head' | 'hidden' | 'dropout' | 'bottleneck'
    >)
  | { readonly kind: 'alexnet'; readonly dimensions: number }
  | HeadSpec;

/** A first convolution that doesn't learn: see `whiten.ts`. */
export interface WhiteningSpec {
  readonly channels: number;
  readonly kernel: number;
  readonly stride: number;
  readonly pad: number;
  /** Added to the eigenvalues. */
  readonly floor: number;
}

/**
 * Builds the network with its first weights.
 *
 * @param o.images - the training images: mean and deviation of the pixels are built into the network, and the
 *   whitening filters where the recipe has them. Without images: the numbers of CIFAR-10, and no whitening.
 * @throws OnnxError BAD_OPTION; TrainError BAD_OPTION for a recipe that builds on a backbone
 */
export function buildNetwork(recipe: Recipe, o: { readonly seed: number; readonly images?: StoredImages }): Graph {
  const { network, size } = recipe;
  const { seed, images } = o;
  if (network.kind === 'alexnet') return alexnet({ dimensions: network.dimensions, size, seed });
  if (network.kind === 'head') {
    throw new TrainError(
      'BAD_OPTION',
      `The recipe "${recipe.name}" learns a head on a backbone's features; give a backbone, or another recipe.`,
    );
  }
  const { kind: _, whitening, ...rest } = network;
  if (!images) return convnet({ ...rest, size, seed });
  const { mean, deviation } = channelStatistics(images.pixels);
  const stem = whitening && {
    ...whitening,
    weights: whiteningFilters(images, { ...whitening, mean, deviation, seed }),
  };
  const scale = deviation.map((value) => 1 / value);
  return convnet({ ...rest, size, seed, mean, scale, ...(stem && { stem }) });
}
