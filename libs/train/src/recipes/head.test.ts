import { describe, expect, it } from 'vitest';
import { checkRecipe } from '../recipe.ts';
import { RECIPE_NAMES, recipeFor } from './index.ts';
import { VARIANT_NAMES, variantOf } from './variants.ts';

describe('recipes behind a backbone', () => {
  it('learn a head on views, at any size', () => {
    for (const name of ['fast', 'paper']) {
      const recipe = recipeFor(name, { size: 224, backbone: true });
      checkRecipe(recipe);
      expect(recipe.network.kind).toBe('head');
      expect(recipe.views).toBeDefined();
      expect(JSON.parse(JSON.stringify(recipe))).toEqual(recipe);
    }
    expect(RECIPE_NAMES).toContain('best');
    expect(() => recipeFor('best', { size: 224, backbone: true })).toThrow(/fast/);
  });

  it('take smaller batches of few images', () => {
    const batch = (images: number) => recipeFor('fast', { size: 160, backbone: true, images }).batch;
    expect([100, 800, 5000].map(batch)).toEqual([32, 100, 256]);
  });
});

describe('variants', () => {
  it.each(VARIANT_NAMES)('are recipes that can be learnt and written down: %s', (name) => {
    const base = recipeFor('fast', { size: 160, backbone: true });
    const recipe = variantOf(base, name);
    checkRecipe(recipe);
    expect(recipe.name).toBe(`fast/${name}`);
    expect(JSON.parse(JSON.stringify(recipe))).toEqual(recipe);
    expect({ ...recipe, name: '' }).not.toEqual({ ...base, name: '' });
  });

  it('are named where there is none', () => {
    expect(() => variantOf(recipeFor('fast', { size: 32 }), 'slow')).toThrow(/dqn2/);
  });
});
