import { describe, expect, it } from 'vitest';
import { GraphBuilder } from './builder.ts';
import { checkGraph } from './check.ts';
import { fold } from './fold.ts';
import type { Graph } from './graph.ts';
import { convnet } from './networks/convnet.ts';
import { float32, toFloats } from './tensor.ts';
import { largestDifference, randomFloats, randomPixels, runGraph } from './testing/run.ts';
import { type WeightFormat, weightsAs } from './weights.ts';
import { writeModel } from './write.ts';

const network = convnet({ size: 32, dimensions: 16, seed: 1, stages: [{ width: 16 }, { width: 16 }, { width: 32 }] });
const bytes = (graph: Graph) => writeModel(graph).length;

describe('weightsAs', () => {
  it.each<[WeightFormat, number, number]>([
    ['f32', 1, 0],
    ['f16', 0.55, 5e-3],
    ['i8', 0.32, 0.15],
  ])('%s: the file shrinks, the outputs stay near', async (format, share, tolerance) => {
    const small = weightsAs(network, format);
    checkGraph(small);
    expect(bytes(small) / bytes(network)).toBeLessThan(share + 0.01);
    const image = randomPixels(2, 32);
    const [before, after] = [await runGraph(network, { image }), await runGraph(small, { image })];
    expect(largestDifference(before.z!, after.z!)).toBeLessThanOrEqual(tolerance);
    // Expanding and storing again loses nothing more.
    expect(weightsAs(small, format)).toEqual(small);
    expect(small.initializers.get('fcb.bias')!.type).toBe('float32');
  });

  it('scales int8 by output channel, whichever axis counts them', () => {
    const b = new GraphBuilder('g');
    const x = b.input('x', 'float32', ['N', 32]);
    const weight = randomFloats([32, 16]);
    const columns = (weight.data as Float32Array).map((value, i) => value * 10 ** (i % 16 > 7 ? 3 : -3));
    const w = b.parameter('w', float32([32, 16], columns));
    b.output(b.add(b.node('MatMul', [x, w]), b.node('Gemm', [x, b.parameter('v', float32([32, 16], columns))])), 'y');
    const stored = fold(weightsAs(b.build(), 'i8'));
    for (const name of ['w', 'v']) {
      const back = toFloats(stored.initializers.get(name)!);
      columns.forEach((value, i) => {
        expect(Math.abs(back[i]! - value)).toBeLessThan((i % 16 > 7 ? 1000 : 1e-3) / 250);
      });
    }
  });

  it('keeps weights that half precision cannot hold, and all-zero channels', () => {
    const b = new GraphBuilder('g');
    const x = b.input('x', 'float32', ['N', 32]);
    const large = new Float32Array(512);
    large[3] = 1e6;
    b.output(b.node('MatMul', [x, b.parameter('w', float32([32, 16], large))]), 'y');
    const graph = b.build();
    expect(weightsAs(graph, 'f16').initializers.get('w')!.type).toBe('float32');
    expect(toFloats(fold(weightsAs(graph, 'i8')).initializers.get('w')!)).toEqual(large);
  });

  it('refuses other formats', () => {
    expect(() => weightsAs(network, 'i4' as WeightFormat)).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
  });
});
