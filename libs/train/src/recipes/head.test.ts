import { describe, expect, it } from 'vitest';
import { headRecipe } from '../head-phase.ts';
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
  });

  it('fine-tune on fresh views, after a head of their own', () => {
    const recipe = recipeFor('best', { size: 160, backbone: true, images: 5000 });
    checkRecipe(recipe);
    expect(recipe).toMatchObject({ name: 'best', batch: 128, freshViews: { scale: [0.45, 1] }, clipNorm: 1 });
    expect(recipe.views).toBeUndefined();
    expect(JSON.parse(JSON.stringify(recipe))).toEqual(recipe);
    const first = headRecipe({ ...recipe, quantization: { ...recipe.quantization, asymmetric: 0.5 } });
    checkRecipe(first);
    expect(first).toMatchObject({ name: 'best/head', views: recipe.head!.views, learningRate: 1e-3 });
    expect(first.quantization).toMatchObject({ lambda: 0, beta: 0 });
    for (const field of ['freshViews', 'head', 'clipNorm']) expect(first).not.toHaveProperty(field);
    expect(first.quantization).not.toHaveProperty('asymmetric');
  });

  it('see few pictures more often', () => {
    const epochs = (images: number) => recipeFor('best', { size: 160, backbone: true, images }).epochs;
    expect([100, 500, 5000, 50_000].map(epochs)).toEqual([60, 57, 18, 6]);
    expect(() => recipeFor('best', { size: 160, backbone: true, images: 500 })).not.toThrow();
  });

  it('take smaller batches of few images', () => {
    const batch = (images: number) => recipeFor('fast', { size: 160, backbone: true, images }).batch;
    expect([100, 800, 5000].map(batch)).toEqual([32, 100, 256]);
  });
});

describe('variants', () => {
  it.each(VARIANT_NAMES)('hold for fine-tuning and its first phase: %s', (name) => {
    const recipe = variantOf(recipeFor('best', { size: 160, backbone: true }), name);
    checkRecipe(recipe);
    expect(recipe.finalCodebooks.views).toBeGreaterThan(0);
    const first = headRecipe(recipe);
    checkRecipe(first);
    expect(first.pairwise).toEqual(recipe.pairwise);
    expect(first.unitLength).toBe(recipe.unitLength);
  });

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
