/**
 * @file A recipe: every number that decides how a network learns, as one plain object.
 *
 * A recipe is data. It is written whole into RUN/run.json, and a run is resumed with the recipe it was begun with.
 */

import type { Augmentation } from './augment.ts';
import type { OptimiserOptions } from './engine/engine.ts';
import { TrainError } from './errors.ts';
import type { DqnLossInput } from './loss/dqn-loss.ts';
import type { NetworkSpec } from './network.ts';
import type { Schedule } from './schedule.ts';
import type { FreshViews } from './trunk/fresh-views.ts';
import type { ViewPlan } from './trunk/views.ts';

/** When something begins: at an epoch (from 0), or at a share of all epochs (0 … 1). */
export type Start = { readonly epoch: number } | { readonly share: number };

/** How codebooks are learnt beside the network. */
export interface QuantizationOptions {
  /** λ: weight of mean ‖z − sg[C h]‖², which draws the outputs to their codewords. 0: none. */
  readonly lambda: number;
  /** β: weight of mean ‖sg[z] − C h‖², by whose gradient the codewords learn. 0: they learn by k-means alone. */
  readonly beta: number;
  /**
   * α, 0 … 1: the share of the pairwise loss that compares outputs with codes, by the inner product that ranks them.
   * Default 0. It serves the inner product and lowers AQD: the length of a code comes to mean how sure it is.
   */
  readonly asymmetric?: number;
  /** When the first codebooks are learnt; before, the pairwise loss is alone. */
  readonly start: Start;
  /**
   * `opq`: the outputs are rotated before they are cut into subspaces, by a rotation learnt with the first codebooks and
   * then held still (see `opq.ts`). Default: none.
   */
  readonly rotation?: 'opq';
  /** Further views of each training image that codebooks are begun from; default 0: the image itself, once. */
  readonly views?: number;
  /** Codebooks are learnt again by k-means every so many epochs; 0: never again (then β > 0 should move them). */
  readonly everyEpochs: number;
  /** True: k-means goes on from the last codebooks; false: from scratch. */
  readonly warmStart: boolean;
  /** Learning rate of Adam on the codewords, times the schedule's factor; used with β > 0. */
  readonly learningRate: number;
}

/** The codebooks that are exported. */
export interface FinalCodebooks {
  /**
   * `kmeans`: k-means on outputs of the finished network, warm-started where the run has codebooks and
   * {@link QuantizationOptions.warmStart} says so. `learnt`: those that the run ends with.
   */
  readonly from: 'kmeans' | 'learnt';
  /** Augmented views of each training image that k-means sees; 0: the image itself, once. */
  readonly views: number;
  /** Iterations of k-means. */
  readonly iterations: number;
}

/** The first phase of fine-tuning: the head alone, by the pairwise loss alone. */
export interface HeadPhase {
  readonly views: ViewPlan;
  readonly learningRate: number;
  readonly batch: number;
  readonly epochs: number;
}

/** Everything that decides how a network learns, but for the images, the code length and the seed. */
export interface Recipe {
  readonly name: string;
  /** The network that is built where no backbone is given. */
  readonly network: NetworkSpec;
  /** Height and width of the network's input, pixels. */
  readonly size: number;
  /** Height and width in which training images are kept, ≥ `size`; a crop of `size` is taken. Default `size`. */
  readonly storedSize?: number;
  /** The views of each training picture that a frozen trunk is shown; with a network of kind `head` alone. */
  readonly views?: ViewPlan;
  /** Fresh views of the pictures in every epoch, in place of `views`; with a network of kind `head` alone. */
  readonly freshViews?: FreshViews;
  /** A first phase in which the head learns alone, on pooled features of the backbone as it comes. */
  readonly head?: HeadPhase;
  /** True: outputs are of unit length before quantization, and in the exported model. */
  readonly unitLength: boolean;
  readonly pairwise: DqnLossInput['pairwise'];
  readonly quantization: QuantizationOptions;
  readonly finalCodebooks: FinalCodebooks;
  /**
   * The bottleneck's first weights are scaled so that its pre-activations have mean 0 and this standard deviation over
   * some training images (see `calibrate.ts`). Absent: they stay as the network was built.
   */
  readonly bottleneckDeviation?: number;
  readonly optimiser: OptimiserOptions;
  /** The learning rate that the schedule's factor multiplies. */
  readonly learningRate: number;
  /** Factors on the learning rate: of every bias, of the bottleneck, of all but the head on a backbone; they multiply. */
  readonly multipliers?: { readonly bias?: number; readonly bottleneck?: number; readonly backbone?: number };
  /** True: biases and other vectors get no weight decay. */
  readonly decayMatricesOnly?: boolean;
  readonly schedule: Schedule;
  /** The gradient's Euclidean norm is scaled down to this when it is longer. */
  readonly clipNorm?: number;
  /** Images in a batch. */
  readonly batch: number;
  /** Images in a row that share a label, so that every batch holds similar pairs; 1: a plain shuffle. */
  readonly group?: number;
  readonly epochs: number;
  readonly augmentation: Augmentation;
  /** Exponential moving average of the weights; the average is what is exported. */
  readonly average?: WeightAverage;
}

/** The moving average of the weights. */
export interface WeightAverage {
  /** Share of the old average that one step leaves, such as .99. */
  readonly decay: number;
  /** When the average begins; until then it is the weights themselves. */
  readonly start: Start;
  /** Steps between two updates of the average (its decay is raised to this power). Default 5. */
  readonly everySteps?: number;
}

/** The epoch, from 0, at which something begins in a run of `epochs` epochs. */
export function startEpoch(start: Start, epochs: number): number {
  return 'epoch' in start ? start.epoch : Math.round(start.share * epochs);
}

/** Throws `BAD_OPTION` where a number of the recipe is out of its range. */
export function checkRecipe(recipe: Recipe): void {
  const check = (holds: boolean, field: string, value: unknown, wanted: string): void => {
    if (!holds) {
      throw new TrainError(
        'BAD_OPTION',
        `The recipe "${recipe.name}" has ${field} = ${String(value)}; expected ${wanted}. Change the recipe or the option that set it.`,
      );
    }
  };
  const positive = (value: number, field: string): void =>
    check(Number.isFinite(value) && value > 0, field, value, 'a number above 0');
  const count = (value: number, field: string, least: number): void =>
    check(Number.isInteger(value) && value >= least, field, value, `a whole number of at least ${least}`);
  const share = (value: number, field: string): void =>
    check(value >= 0 && value < 1, field, value, 'a number from 0 to below 1');

  if (recipe.views) {
    const { crops, scale } = recipe.views;
    count(crops, 'views.crops', 0);
    check(0 < scale[0] && scale[0] <= scale[1] && scale[1] <= 1, 'views.scale', scale, 'two rising numbers in 0 … 1');
  }
  if (recipe.freshViews) {
    const { scale, colours, erased } = recipe.freshViews;
    check(
      0 < scale[0] && scale[0] <= scale[1] && scale[1] <= 1,
      'freshViews.scale',
      scale,
      'two rising numbers in 0 … 1',
    );
    share(colours, 'freshViews.colours');
    check(
      erased.probability >= 0 && erased.probability <= 1,
      'freshViews.erased.probability',
      erased.probability,
      '0 … 1',
    );
    share(erased.area, 'freshViews.erased.area');
  }
  if (recipe.head) {
    count(recipe.head.epochs, 'head.epochs', 1);
    count(recipe.head.batch, 'head.batch', 1);
    positive(recipe.head.learningRate, 'head.learningRate');
  }
  if (recipe.network.kind === 'head') {
    count(recipe.network.dimensions, 'network.dimensions', 1);
    count(recipe.network.hidden, 'network.hidden', 0);
    share(recipe.network.dropout, 'network.dropout');
  }
  count(recipe.size, 'size', 1);
  count(recipe.storedSize ?? recipe.size, 'storedSize', recipe.size);
  count(recipe.batch, 'batch', 1);
  count(recipe.epochs, 'epochs', 1);
  count(recipe.group ?? 1, 'group', 1);
  positive(recipe.learningRate, 'learningRate');
  if (recipe.bottleneckDeviation !== undefined) positive(recipe.bottleneckDeviation, 'bottleneckDeviation');
  positive(recipe.pairwise.similarWeight, 'pairwise.similarWeight');
  const { lambda, beta, everyEpochs, learningRate } = recipe.quantization;
  check(lambda >= 0, 'quantization.lambda', lambda, 'a number of at least 0');
  check(beta >= 0, 'quantization.beta', beta, 'a number of at least 0');
  const { asymmetric = 0 } = recipe.quantization;
  check(
    asymmetric === 0 || (asymmetric > 0 && asymmetric <= 1 && recipe.unitLength),
    ...(['quantization.asymmetric', asymmetric, '0, or up to 1 with unitLength'] as const),
  );
  count(everyEpochs, 'quantization.everyEpochs', 0);
  count(recipe.quantization.views ?? 0, 'quantization.views', 0);
  check(
    recipe.quantization.rotation === undefined || recipe.unitLength,
    'quantization.rotation',
    recipe.quantization.rotation,
    'none without unitLength, or unitLength',
  );
  if (beta + asymmetric > 0) positive(learningRate, 'quantization.learningRate');
  count(recipe.finalCodebooks.views, 'finalCodebooks.views', 0);
  count(recipe.finalCodebooks.iterations, 'finalCodebooks.iterations', 1);
  count(recipe.augmentation.shift, 'augmentation.shift', 0);
  count(recipe.augmentation.cutout, 'augmentation.cutout', 0);
  check(
    recipe.augmentation.padding === 'fill' || recipe.augmentation.shift < (recipe.storedSize ?? recipe.size),
    'augmentation.shift',
    recipe.augmentation.shift,
    'less than the stored size, or padding "fill"',
  );
  if (recipe.optimiser.kind === 'sgd') share(recipe.optimiser.momentum, 'optimiser.momentum');
  if (recipe.average) share(recipe.average.decay, 'average.decay');
  if (recipe.clipNorm !== undefined) positive(recipe.clipNorm, 'clipNorm');
}
