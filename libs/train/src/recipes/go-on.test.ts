import { describe, expect, it } from 'vitest';
import { checkRecipe } from '../recipe.ts';
import { goOnFrom } from './go-on.ts';
import { recipeFor } from './index.ts';

describe('goOnFrom', () => {
  it('keeps the network that has learnt, and takes all else from the recipe', () => {
    const before = recipeFor('fast', { size: 48 });
    const recipe = goOnFrom(recipeFor('best', { size: 32 }), before);
    checkRecipe(recipe);
    expect([recipe.network, recipe.size, recipe.unitLength]).toEqual([before.network, 48, true]);
    expect(recipe.name).toBe('best');
    expect(recipe.augmentation).toEqual(recipeFor('best', { size: 32 }).augmentation);
  });

  it('leaves the bottleneck’s weights as they were learnt', () => {
    const fast = recipeFor('fast', { size: 32 });
    expect(fast.bottleneckDeviation).toBeGreaterThan(0);
    expect(goOnFrom(fast, fast)).not.toHaveProperty('bottleneckDeviation');
  });

  it('keeps the larger pictures of which AlexNet sees a part', () => {
    const paper = recipeFor('paper', { size: 224 });
    expect(goOnFrom(paper, paper).storedSize).toBe(256);
    expect(goOnFrom(paper, recipeFor('paper', { size: 32 }))).not.toHaveProperty('storedSize');
  });
});
