/**
 * @file Recipes with one device taken away or replaced: the rows of an ablation.
 */

import { TrainError } from '../errors.ts';
import type { Recipe } from '../recipe.ts';

/** k-means every other epoch in place of codebooks that learn by their gradient. */
const byKmeans = (recipe: Recipe): Pick<Recipe, 'quantization' | 'finalCodebooks'> => ({
  quantization: { ...recipe.quantization, beta: 0, everyEpochs: 2, learningRate: 0 },
  finalCodebooks: { from: 'kmeans', views: recipe.finalCodebooks.views, iterations: 25 },
});

/** Without `rotation`, which an explicit `undefined` would leave in run.json's comparison. */
function unrotated(quantization: Recipe['quantization']): Recipe['quantization'] {
  const { rotation: _, ...rest } = quantization;
  return rest;
}

const VARIANTS = {
  /** The paper's DQN2: the network learns by the pairwise loss alone, the codebooks come afterwards. */
  dqn2: (recipe: Recipe) => {
    const { finalCodebooks } = byKmeans(recipe);
    return { quantization: { ...recipe.quantization, lambda: 0, beta: 0 }, finalCodebooks };
  },
  /** The paper's DQNip: inner products in place of cosines. */
  dqnip: (recipe: Recipe) => ({ pairwise: { ...recipe.pairwise, form: 'inner-product' as const } }),
  /** The paper's objective whole: targets ±1, pairs unweighted, outputs of any length, λ = 1e-4, k-means, no rotation. */
  'paper-form': (recipe: Recipe) => ({
    unitLength: false,
    pairwise: { form: 'cosine' as const, dissimilarTarget: -1, similarWeight: 1 },
    quantization: {
      ...unrotated(recipe.quantization),
      ...{ lambda: 1e-4, beta: 0, start: { epoch: 2 }, everyEpochs: 2, learningRate: 0 },
    },
    finalCodebooks: byKmeans(recipe).finalCodebooks,
  }),
  /** The form for inner product: half of the pairwise loss, with targets ±1, compares outputs with codes; no λ, no β. */
  'inner-product-form': (recipe: Recipe) => ({
    pairwise: { form: 'cosine' as const, dissimilarTarget: -1, similarWeight: 1 },
    quantization: { ...recipe.quantization, lambda: 0, beta: 0, asymmetric: 0.5, learningRate: 1e-3 },
  }),
  /** Targets ±1, pairs unweighted. */
  'opposite-targets': (recipe: Recipe) => ({
    pairwise: { ...recipe.pairwise, dissimilarTarget: -1, similarWeight: 1 },
  }),
  /** Outputs of any length; without a rotation, which is for unit length. */
  'any-length': (recipe: Recipe) => ({ unitLength: false, quantization: unrotated(recipe.quantization) }),
  'no-rotation': (recipe: Recipe) => ({ quantization: unrotated(recipe.quantization) }),
  /** Codebooks by k-means alone; the outputs are still drawn to them. */
  kmeans: byKmeans,
} satisfies Record<string, (recipe: Recipe) => Partial<Recipe>>;

/** A variant's name. */
export type VariantName = keyof typeof VARIANTS;

/** All names, for help texts. */
export const VARIANT_NAMES = Object.keys(VARIANTS) as VariantName[];

/**
 * A recipe with one device changed, called `RECIPE/VARIANT`.
 *
 * @throws TrainError UNKNOWN_RECIPE
 */
export function variantOf(recipe: Recipe, name: string): Recipe {
  if (!Object.hasOwn(VARIANTS, name)) {
    throw new TrainError('UNKNOWN_RECIPE', `There is no variant "${name}". Choose one of ${VARIANT_NAMES.join(', ')}.`);
  }
  return { ...recipe, ...VARIANTS[name as VariantName](recipe), name: `${recipe.name}/${name}` };
}
