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
    const features = { values, views: 2, images: 2 };
    const spec = { kind: 'head', dimensions: 6, hidden: 5, dropout: 0.2, activation: 'tanh' } as const;
    const graph = buildHead(spec, features, 1);
    checkGraph(graph);
    expect(trainableParameters(graph).sort()).toEqual(['fc.bias', 'fc.weight', 'fcb.bias', 'fcb.weight']);
    const plain = buildHead({ ...spec, hidden: 0, dropout: 0, activation: 'none' }, features, 1);
    expect(plain.nodes.map(({ op }) => op)).not.toContain('Tanh');
    expect(trainableParameters(plain).sort()).toEqual(['fcb.bias', 'fcb.weight']);
  });

  it('takes roots of features of which none is negative, where the recipe says so', () => {
    const spec = { kind: 'head', dimensions: 6, hidden: 0, root: true, dropout: 0, activation: 'tanh' } as const;
    const graph = buildHead(spec, { values, views: 2, images: 2 }, 1);
    expect(graph.nodes[0]).toMatchObject({ op: 'Sqrt', inputs: ['features'] });
    const mean = graph.initializers.get('const.features.mean')!.data;
    expect(mean[1]).toBeCloseTo(Math.sqrt(7), 6);
    const signed = buildHead(spec, { values: values.map((value) => value - 1), views: 2, images: 2 }, 1);
    expect(signed.nodes.map(({ op }) => op)).not.toContain('Sqrt');
  });
});
