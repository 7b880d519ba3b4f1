import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GraphBuilder } from './builder.ts';
import { checkGraph } from './check.ts';
import { cut, join } from './cut.ts';
import { findCuts } from './cuts.ts';
import { OnnxError } from './errors.ts';
import { fold } from './fold.ts';
import type { Graph } from './graph.ts';
import { convnet } from './networks/convnet.ts';
import { varyingTensors } from './paths.ts';
import { readModel } from './read.ts';
import { float32, int64 } from './tensor.ts';
import { seeded } from './testing/random.ts';
import { backbones, largestDifference, randomFloats, runGraph } from './testing/run.ts';

/** Branches, sums and concatenations of [N, 4] tensors, at random. */
function randomNetwork(seed: number, layers: number): Graph {
  const random = seeded(seed);
  const b = new GraphBuilder('random', { seed });
  const made = [b.input('data', 'float32', ['N', 4])];
  const pick = () => made[Math.max(0, made.length - 1 - Math.floor(random.next() * random.next() * 5))]!;
  for (let i = 0; i < layers; i += 1) {
    const kind = random.next();
    if (kind < 0.6) made.push(b.node('Tanh', [pick()], {}, { name: `t${i}` }));
    else if (kind < 0.85) made.push(b.node('Add', [pick(), pick()], {}, { name: `t${i}` }));
    else made.push(b.node('Mul', [pick(), b.parameter(`w${i}`, float32([4], [1, 2, 3, 4]))], {}, { name: `t${i}` }));
  }
  b.output(made.at(-1)!);
  return b.build();
}

describe('findCuts', () => {
  it('finds exactly the tensors at which cut() works, in random graphs', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e9 }), fc.integer({ min: 1, max: 25 }), (seed, layers) => {
        const graph = randomNetwork(seed, layers);
        const works = [...varyingTensors(graph)].filter((tensor) => {
          try {
            const { trunk, tail } = cut(graph, tensor);
            checkGraph(trunk);
            checkGraph(tail);
            return true;
          } catch (error) {
            expect(error).toBeInstanceOf(OnnxError);
            return false;
          }
        });
        const found = findCuts(graph).map(({ tensor }) => tensor);
        // A tensor that the output doesn't need cuts nothing.
        expect(found.filter((tensor) => !works.includes(tensor))).toEqual([]);
        const missed = works.filter((tensor) => !found.includes(tensor));
        for (const tensor of missed) expect(cut(graph, tensor).tail.nodes).toEqual([]);
      }),
      { numRuns: 200, seed: 4 },
    );
  });

  it('lists a network with its shapes, weights and operations, from the input to the output', () => {
    const graph = convnet({ size: 32, dimensions: 8, seed: 1, stages: [{ width: 6, blocks: 1 }] });
    const cuts = findCuts(graph);
    expect(cuts[0]).toMatchObject({ parametersBefore: 0, flopsBefore: 0 });
    expect(cuts.at(-1)).toMatchObject({ tensor: 'z', dims: ['N', 8], op: 'Tanh', parametersBehind: 0, flopsBehind: 0 });
    const at = (tensor: string) => cuts.find((point) => point.tensor === tensor)!;
    const first = at('conv1');
    expect(first.dims).toEqual(['N', 6, 32, 32]);
    const [weight, bias] = ['conv1.weight', 'conv1.bias'].map((name) => graph.initializers.get(name)!.data.length);
    expect(first.parametersBefore - at('pixels').parametersBefore).toBe(weight! + bias!);
    expect(first.flopsBefore! - at('pixels').flopsBefore!).toBe(32 * 32 * 6 * (2 * 27 + 1));
    expect(cuts.map(({ index }) => index)).toEqual(cuts.map((_, i) => i));
    for (const point of cuts) {
      expect(point.parametersBefore + point.parametersBehind).toBe(cuts[0]!.parametersBehind);
      expect(point.flopsBefore! + point.flopsBehind!).toBe(cuts[0]!.flopsBehind);
    }
    // Inside the residual block there is a way around.
    const inside = cuts.map(({ tensor }) => tensor).filter((name) => /block/.test(name));
    expect(inside.every((name) => cut(graph, name))).toBe(true);
  });

  it('leaves out what holds no float32, and shapes that nobody knows', () => {
    const b = new GraphBuilder('g');
    const ints = b.node('Cast', [b.input('x', 'float32', ['N', 4])], { to: { int: 7 } }, { name: 'ints' });
    b.output(b.node('Cast', [ints], { to: { int: 1 } }, { name: 'y' }));
    expect(findCuts(b.build()).map(({ tensor }) => tensor)).toEqual(['x', 'y']);
    const unknown: Graph = { ...b.build(), inputs: [{ name: 'x', type: 'float32', dims: ['N', 'C'] }] };
    expect(findCuts(unknown)[1]).toMatchObject({ dims: ['...'], flopsBefore: null });
  });

  it('sees a way around by shape arithmetic', () => {
    const b = new GraphBuilder('g');
    const x = b.input('x', 'float32', ['N', 4]);
    const y = b.relu(b.relu(x, 'a'), 'b');
    b.output(b.node('Reshape', [y, b.node('Shape', [x], {}, { name: 'shape' })], {}, { name: 'c' }));
    expect(findCuts(b.build()).map(({ tensor }) => tensor)).toEqual(['x', 'c']);
    const shape = b.constant('s', int64([2], [0, -1]));
    b.output(b.node('Reshape', [y, shape], {}, { name: 'd' }));
    expect(findCuts(b.build(), { output: 'd' }).map(({ tensor }) => tensor)).toEqual(['x', 'a', 'b', 'd']);
  });

  it('is what the errors of cut() point to', () => {
    const graph = convnet({ size: 32, dimensions: 8, seed: 1, stages: [{ width: 6, blocks: 1 }, { width: 6 }] });
    const points = new Set(findCuts(graph).map(({ tensor }) => tensor));
    const inside = [...varyingTensors(graph)].filter((name) => !points.has(name) && name !== 'image');
    expect(inside.length).toBeGreaterThan(0);
    for (const name of inside) {
      let message = '';
      try {
        cut(graph, name);
      } catch (error) {
        message = (error as Error).message;
      }
      const named = [.../where it can be cut: (.*)$/.exec(message)![1]!.matchAll(/"([^"]+)"/g)].map(
        (match) => match[1]!,
      );
      expect(named.length).toBeGreaterThan(0);
      for (const other of named) expect(points.has(other)).toBe(true);
    }
  });
});

const pretrained = backbones();

describe.skipIf(pretrained.length === 0)('cuts of pretrained networks', () => {
  it.each(pretrained)(
    '$name: each part of a cut, run one after the other, gives what the whole gives',
    async ({ bytes }) => {
      const graph = fold(readModel(bytes));
      const features: Graph = { ...graph, outputs: graph.outputs.filter(({ name }) => name === 'features') };
      const [input] = features.inputs;
      const dims = [2, 3, 64, 64];
      const cuts = findCuts(features, { inputDims: { [input!.name]: [1, 3, 64, 64] } });
      expect(cuts.length).toBeGreaterThan(8);
      const x = randomFloats(dims);
      const whole = (await runGraph(features, { [input!.name]: x })).features!;
      for (const point of [cuts[2]!, cuts[Math.floor(cuts.length / 2)]!, cuts.at(-3)!]) {
        const { trunk, tail } = cut(features, point.tensor);
        const middle = (await runGraph(trunk, { [input!.name]: x }))[point.tensor]!;
        expect(middle.dims).toEqual([2, ...point.dims.slice(1)]);
        const feed = { type: 'float32' as const, dims: middle.dims, data: middle.data as Float32Array };
        const made = (await runGraph(tail, { [point.tensor]: feed })).features!;
        expect(largestDifference(made, whole)).toBeLessThan(1e-4);
        checkGraph(join(trunk, tail));
      }
    },
  );
});
