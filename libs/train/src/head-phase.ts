/**
 * @file The first phase of fine-tuning: the head learns alone, on features that stay as they are. A random head would tear at
 * what lies before it.
 */

import { join } from 'node:path';
import { NO_AUGMENTATION } from './augment.ts';
import { TrainError } from './errors.ts';
import type { Recipe } from './recipe.ts';
import { HEAD_FOLDER } from './run.ts';
import type { TrainOptions } from './train-options.ts';

/** The recipe of the first phase: that of the run, by the pairwise loss alone, as long and fast as `recipe.head` says. */
export function headRecipe(recipe: Recipe): Recipe {
  const { head, freshViews: _views, average: _average, clipNorm: _clipNorm, multipliers: _, ...rest } = recipe;
  if (!head) throw new TrainError('BAD_OPTION', `The recipe "${recipe.name}" has no first phase.`);
  const { rotation: _rotation, asymmetric: _asymmetric, ...quantization } = recipe.quantization;
  return {
    ...rest,
    ...head,
    name: `${recipe.name}/${HEAD_FOLDER}`,
    quantization: { ...quantization, lambda: 0, beta: 0 },
    // Nobody looks at them: the codebooks are learnt once the whole network has learnt.
    finalCodebooks: { from: 'kmeans', views: 0, iterations: 1 },
    schedule: { kind: 'cosine', warmUp: 0 },
    augmentation: NO_AUGMENTATION,
  };
}

/** How the first phase of a run is trained. */
export function headOptions(options: TrainOptions, recipe: Recipe): TrainOptions {
  const { head, onProgress, fresh: _, epochs: __, ...rest } = options;
  return {
    ...rest,
    graph: head!.graph,
    features: head!.features,
    recipe: headRecipe(recipe),
    out: join(options.out, HEAD_FOLDER),
    ...(onProgress && {
      onProgress: (progress) => {
        if (progress.phase === 'learning') onProgress({ ...progress, phase: 'head' });
      },
    }),
  };
}
