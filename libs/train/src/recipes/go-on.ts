/**
 * @file A recipe for a network that has learnt already: the rounds of a learning rate that falls more than once
 * (Loshchilov and Hutter, "SGDR: Stochastic gradient descent with warm restarts", ICLR 2017), or further pictures.
 */

import type { Recipe } from '../recipe.ts';

/**
 * `recipe` on the network of another run: its layers and its size. The bottleneck's weights, learnt already, aren't fitted
 * to data again.
 */
export function goOnFrom(recipe: Recipe, before: Recipe): Recipe {
  const { bottleneckDeviation: _, storedSize: __, ...rest } = recipe;
  const { network, size, storedSize, unitLength } = before;
  return { ...rest, network, size, unitLength, ...(storedSize !== undefined && { storedSize }) };
}
