import { checkGraph, trainableParameters } from '@dqn/onnx';
import { describe, expect, it } from 'vitest';
import { buildHead, featureStatistics } from './head.ts';

const values = Float32Array.of(0, 7, 2, 7, 4, 7, 6, 7);

describe('featureStatistics', () => {
  it('takes all views of all images; what never changes has deviation 1', () => {
    const { mean, deviation } = featureStatistics({ values, views: 2, images: 2 });
    expect([...mean]).toEqual([3, 7]);
    expect(deviation[0]).toBeCloseTo(Math.sqrt(5), 6);
    expect(deviation[1]).toBe(1);
  });
});

describe('buildHead', () => {
  it('has the parameters of its layers, and constants that do not learn', () => {
    const statistics = featureStatistics({ values, views: 2, images: 2 });
    const spec = { kind: 'head', dimensions: 6, hidden: 5, dropout: 0.2, activation: 'tanh' } as const;
    const graph = buildHead(spec, statistics, 1);
    checkGraph(graph);
    expect(trainableParameters(graph).sort()).toEqual(['fc.bias', 'fc.weight', 'fcb.bias', 'fcb.weight']);
    const plain = buildHead({ ...spec, hidden: 0, dropout: 0, activation: 'none' }, statistics, 1);
    expect(plain.nodes.map(({ op }) => op)).not.toContain('Tanh');
    expect(trainableParameters(plain).sort()).toEqual(['fcb.bias', 'fcb.weight']);
  });

  it('drops out of wide features only, where the recipe says from which width', () => {
    const statistics = featureStatistics({ values, views: 2, images: 2 });
    const dropouts = (dropoutFrom: number) => {
      const spec = { kind: 'head', dimensions: 6, hidden: 5, dropout: 0.2, dropoutFrom, activation: 'tanh' } as const;
      return buildHead(spec, statistics, 1).nodes.filter(({ op }) => op === 'Dropout').length;
    };
    expect([0, 2, 3].map(dropouts)).toEqual([2, 2, 0]);
  });
});
