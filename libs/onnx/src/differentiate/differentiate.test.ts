import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../builder.ts';
import { checkGraph } from '../check.ts';
import type { Graph } from '../graph.ts';
import { alexnet } from '../networks/alexnet.ts';
import { convnet } from '../networks/convnet.ts';
import { float32 } from '../tensor.ts';
import { compareGradients, worstOf } from '../testing/gradients.ts';
import { layerGraph, parameter } from '../testing/layer.ts';
import { differentiate } from './differentiate.ts';

const small = (o: Partial<Parameters<typeof convnet>[0]> = {}) =>
  convnet({ size: 32, dimensions: 4, seed: 1, stages: [{ width: 3 }, { width: 4, pool: 'average' }], ...o });

describe('differentiate', () => {
  it('gives two graphs that are well formed and fit each other', () => {
    const graph = small({ dropout: 0.5 });
    const d = differentiate(graph);
    checkGraph(d.forward);
    checkGraph(d.backward);
    const made = new Set(d.forward.outputs.map(({ name }) => name));
    const given = new Set([...d.parameters, ...d.masks.map(({ name }) => name), 'image', 'grad.z']);
    for (const { name } of d.backward.inputs) expect(made.has(name) || given.has(name), name).toBe(true);
    for (const name of d.kept) expect(made.has(name)).toBe(true);
    expect(d.backward.outputs.map(({ name }) => name)).toEqual(d.parameters.map((name) => d.gradient(name)));
    expect(d.backward.opset).toBe(17);
    expect(d.outputGradient).toBe('grad.z');
  });

  it('takes parameters as inputs and leaves constants inside', () => {
    const d = differentiate(small());
    expect(d.forward.inputs.map(({ name }) => name)).toEqual(['image', ...d.parameters]);
    expect([...d.forward.initializers.keys()].every((name) => name.startsWith('const.'))).toBe(true);
    expect(d.backward.outputs.some(({ name }) => name.includes('const.'))).toBe(false);
  });

  it('differentiates towards some parameters only, and then does less', () => {
    const graph = small();
    const all = differentiate(graph);
    const some = differentiate(graph, { parameters: ['fcb.weight', 'fcb.bias'] });
    expect(some.parameters).toEqual(['fcb.weight', 'fcb.bias']);
    expect(some.backward.nodes.some(({ op }) => op === 'Conv')).toBe(false);
    expect(some.kept.length).toBeLessThan(all.kept.length);
    expect([...some.forward.initializers.keys()]).toContain('conv1.weight');
  });

  it('computes no gradient at the pictures', () => {
    const d = differentiate(small({ stages: [{ width: 3 }] }));
    // One convolution for the weights; none towards the input.
    expect(d.backward.nodes.filter(({ op }) => op === 'Conv' || op === 'ConvTranspose')).toHaveLength(1);
  });

  it('feeds a mask for every Dropout, shaped as what it masks', () => {
    const d = differentiate(small({ dropout: 0.3, stages: [{ width: 3, dropout: 0.25 }] }));
    expect(d.masks.map(({ ratio, dims }) => [Math.fround(ratio), dims])).toEqual([
      [Math.fround(0.25), ['batch', 3, 16, 16]],
      [Math.fround(0.3), ['batch', 768]],
    ]);
    expect(d.forward.nodes.some(({ op }) => op === 'Dropout')).toBe(false);
  });

  it('names the op and node that it has no gradient for', () => {
    const graph = layerGraph([4], (b, x) => b.node('Softsign', [x], {}, { name: 'attention' }));
    expect(() => differentiate(graph)).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED_OP', message: expect.stringMatching(/"attention" \(Softsign\)/) }),
    );
  });

  it("doesn't mind such an op before everything that learns, or off the way", () => {
    const b = new GraphBuilder('frozen');
    const x = b.input('x', 'float32', ['N', 4]);
    const frozen = b.node('Softsign', [x]);
    b.output(b.gemm(frozen, { name: 'fc', size: 2 }), 'z');
    expect(differentiate(b.build()).parameters).toEqual(['fc.weight', 'fc.bias']);
  });

  it('refuses what is no parameter', () => {
    for (const name of ['nothing', 'image']) {
      const ask = () => differentiate(small(), { parameters: [name] });
      expect(ask).toThrow(expect.objectContaining({ code: 'UNKNOWN_TENSOR' }));
    }
    expect(() => differentiate(small()).gradient('nothing')).toThrow(/nothing/);
  });

  it('refuses a parameter that reaches no output', () => {
    const graph = layerGraph([4], (b, x) => {
      parameter(b, 'idle', [2]);
      return x;
    });
    expect(differentiate(graph).parameters).toEqual(['shift']);
    expect(() => differentiate(graph, { parameters: ['idle'] })).toThrow(
      expect.objectContaining({ code: 'NOT_DIFFERENTIABLE' }),
    );
  });

  it('takes any batch', async () => {
    const graph = layerGraph([2, 6, 6], (b, x) =>
      b.maxPool(b.relu(b.groupNorm(b.conv(x, { name: 'conv', channels: 4 }), { name: 'norm', groups: 2 })), {
        kernel: 2,
      }),
    );
    for (const batch of [1, 3]) {
      expect(worstOf(await compareGradients(graph, { batch, elements: 3 }))).toBeLessThan(1e-4);
    }
  });

  it('differentiates whole networks', async () => {
    const networks: Graph[] = [
      small({ dropout: 0.4, hidden: 5 }),
      small({ normalization: 'weight', stages: [{ width: 4, blocks: 1 }] }),
    ];
    for (const graph of networks) {
      expect(worstOf(await compareGradients(graph, { elements: 1 }))).toBeLessThan(1e-4);
    }
  });

  it('differentiates AlexNet with all of its operations', () => {
    const d = differentiate(alexnet({ dimensions: 8, seed: 1 }));
    expect(d.parameters).toHaveLength(16);
    checkGraph(d.forward);
    checkGraph(d.backward);
  });
});

/** A layer that keeps [N, C, 6, 6] or [N, C, 3, 3] in a picture's shape, by its number. */
type Step = { kind: number; width: number };

function randomNetwork(steps: readonly Step[]): Graph {
  const b = new GraphBuilder('random', { seed: steps.length });
  let x: string = b.input('data', 'float32', ['N', 2, 8, 8]);
  const seen: string[] = [];
  const scalar = (name: string, value: number) => b.constant(name, float32([], [value]));
  steps.forEach(({ kind, width }, i) => {
    const channels = b.shape(x)[1]!;
    const layers = [
      () => b.conv(x, { name: `conv${i}`, channels: width, kernel: 3, standardize: width % 2 === 0 }),
      () => b.conv(x, { name: `point${i}`, channels: width, kernel: 1 }),
      () => b.conv(x, { name: `depth${i}`, channels, groups: channels, kernel: 3 }),
      () => b.relu(x),
      () => b.node('LeakyRelu', [x], { alpha: { float: 0.1 } }),
      () => b.node('HardSwish', [x]),
      () => b.tanh(x),
      () => b.node('Sigmoid', [x]),
      () => (b.shape(x)[2]! >= 4 ? b.maxPool(x, { kernel: 2 }) : x),
      () => (b.shape(x)[2]! >= 4 ? b.maxPool(x, { kernel: 3, stride: 2, pad: 1 }) : x),
      () => (b.shape(x)[2]! >= 4 ? b.averagePool(x, { kernel: 2 }) : x),
      () => b.groupNorm(x, { name: `norm${i}`, groups: 1 }),
      () => b.lrn(x, { size: 3, alpha: 0.1, beta: 0.75 }),
      () => b.node('Mul', [x, parameter(b, `gain${i}`, [channels, 1, 1], 0.5, 1.5)]),
      () => b.node('Div', [x, b.node('Add', [b.node('Mul', [x, x]), scalar('one', 1)])]),
      () => b.node('Concat', [x, b.node('Neg', [x])], { axis: { int: 1 } }),
      () => {
        const same = seen.filter((name) => b.shape(name).join() === b.shape(x).join()).at(-1);
        return same === undefined ? b.node('Exp', [b.tanh(x)]) : b.add(x, same);
      },
    ];
    x = layers[kind % layers.length]!();
    seen.push(x);
  });
  b.bottleneck(b.flatten(x), { dimensions: 3 });
  return b.build();
}

describe('random networks', () => {
  it('have the gradients that differences give', async () => {
    const step = fc.record({ kind: fc.nat(16), width: fc.integer({ min: 1, max: 4 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 7 }), async (steps) => {
        const agreement = await compareGradients(randomNetwork(steps), { elements: 2, step: 1e-6 });
        expect(worstOf(agreement)).toBeLessThan(2e-4);
      }),
      { numRuns: 20, seed: 21 },
    );
  });
});
