/**
 * @file The recipes by name.
 */

import { TrainError } from '../errors.ts';
import type { Recipe } from '../recipe.ts';
import { best } from './best.ts';
import { fast } from './fast.ts';
import { fineTuned } from './fine-tuned.ts';
import { fastHead, paperHead } from './head.ts';
import { paper } from './paper.ts';

const RECIPES = { paper, fast, best } satisfies Record<string, (size: number, images?: number) => Recipe>;

/** A recipe's name: `fast` is the default one. */
export type RecipeName = keyof typeof RECIPES;

/** Behind a backbone. */
const BACKBONE_RECIPES: Record<RecipeName, (size: number, images?: number) => Recipe> = {
  paper: paperHead,
  fast: fastHead,
  best: fineTuned,
};

/** All names, for help texts. */
export const RECIPE_NAMES = Object.keys(RECIPES) as RecipeName[];

/**
 * The recipe of that name for square pictures.
 *
 * @param o.size - edge of the pictures, pixels: 32 to 64; beyond, `paper` takes AlexNet at 227 px; any behind a backbone
 * @param o.backbone - true: what learns is a head on a backbone, with `best` the backbone's last blocks, too
 * @param o.images - training images, for recipes that suit themselves to few
 * @throws TrainError UNKNOWN_RECIPE; BAD_OPTION for a size that the recipe's network can't take
 */
export function recipeFor(
  name: string,
  o: { readonly size: number; readonly backbone?: boolean; readonly images?: number },
): Recipe {
  if (!Object.hasOwn(RECIPES, name)) {
    throw new TrainError('UNKNOWN_RECIPE', `There is no recipe "${name}". Choose one of ${RECIPE_NAMES.join(', ')}.`);
  }
  const { size } = o;
  if (o.backbone) return BACKBONE_RECIPES[name as RecipeName](size, o.images);
  if (!Number.isInteger(size) || size < 32 || (size > 64 && name !== 'paper')) {
    throw new TrainError(
      'BAD_OPTION',
      `The recipe "${name}" can't take pictures of ${size} pixels; expected a whole number from 32 to 64${name === 'paper' ? ', or more for AlexNet' : ''}.`,
    );
  }
  const make: (size: number, images?: number) => Recipe = RECIPES[name as RecipeName];
  return make(size, o.images);
}
