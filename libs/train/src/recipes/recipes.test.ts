import { checkGraph, inferShapes, trainableParameters } from '@dqn/onnx';
import { describe, expect, it } from 'vitest';
import { buildNetwork } from '../network.ts';
import { checkRecipe, startEpoch } from '../recipe.ts';
import { parameterScales } from '../setup.ts';
import { coloured } from '../testing/pictures.ts';
import { best } from './best.ts';
import { RECIPE_NAMES, recipeFor } from './index.ts';

describe('recipeFor', () => {
  it.each(RECIPE_NAMES.flatMap((name) => [32, 48, 64].map((size) => [name, size] as const)))(
    'makes a recipe and a network that fit together (%s, %i px)',
    (name, size) => {
      const recipe = recipeFor(name, { size });
      checkRecipe(recipe);
      const { pixels } = coloured({ N: 20, size, classes: 4 });
      const graph = buildNetwork(recipe, { seed: 1, images: { pixels, stored: size } });
      checkGraph(graph);
      const shapes = inferShapes(graph, { image: [2, size, size, 3] });
      expect(shapes.get(graph.outputs[0].name)).toEqual([2, recipe.network.dimensions]);
      const parameters = trainableParameters(graph);
      expect(parameters).toContain('fcb.weight');
      expect(parameters.some((parameter) => parameter.includes('stem'))).toBe(false);
    },
  );

  it('has another `best` for many images, seen a few times each', () => {
    const few = best(32, 5000);
    const many = best(32, 50_000);
    expect(few.epochs * 5000).toBeLessThan(1e6);
    expect(many.epochs).toBeLessThan(few.epochs / 4);
    for (const recipe of [few, many]) checkRecipe(recipe);
    const graph = buildNetwork(many, { seed: 1 });
    const parameters = [...trainableParameters(graph)].map((name) => graph.initializers.get(name)!.data.length);
    // A byte a weight: far from the 3 MB that a shipped model may have.
    expect(parameters.reduce((sum, length) => sum + length, 0)).toBeLessThan(1e6);
  });

  it('names a recipe that is not there, and a size that does not fit', () => {
    expect(() => recipeFor('slow', { size: 32 })).toThrow(expect.objectContaining({ code: 'UNKNOWN_RECIPE' }));
    expect(() => recipeFor('toString', { size: 32 })).toThrow(expect.objectContaining({ code: 'UNKNOWN_RECIPE' }));
    expect(() => recipeFor('fast', { size: 224 })).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
    expect(recipeFor('paper', { size: 224 }).size).toBe(227);
  });

  it('is plain data: JSON gives it back', () => {
    for (const name of RECIPE_NAMES) {
      const recipe = recipeFor(name, { size: 32 });
      expect(JSON.parse(JSON.stringify(recipe))).toEqual(recipe);
    }
  });
});

describe('the paper’s multipliers', () => {
  it('are 1 and 2 for the layers, 10 and 20 for the bottleneck', () => {
    const recipe = recipeFor('paper', { size: 32 });
    const scales = parameterScales(buildNetwork(recipe, { seed: 1 }), recipe);
    expect(scales['conv1.weight'].learningRate).toBe(1);
    expect(scales['conv1.bias']).toEqual({ learningRate: 2, weightDecay: 0 });
    expect(scales['fcb.weight'].learningRate).toBe(10);
    expect(scales['fcb.bias'].learningRate).toBe(20);
  });
});

describe('checkRecipe', () => {
  it('names the field that is out of range', () => {
    const recipe = recipeFor('fast', { size: 32 });
    expect(() => checkRecipe({ ...recipe, epochs: 0 })).toThrow(/epochs = 0/);
    expect(() => checkRecipe({ ...recipe, learningRate: Number.NaN })).toThrow(/learningRate = NaN/);
    expect(() => checkRecipe({ ...recipe, batch: 1.5 })).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
  });
});

describe('startEpoch', () => {
  it('counts epochs or takes a share', () => {
    expect(startEpoch({ epoch: 2 }, 10)).toBe(2);
    expect(startEpoch({ share: 0.6 }, 10)).toBe(6);
    expect(startEpoch({ share: 0.6 }, 1)).toBe(1);
  });
});
