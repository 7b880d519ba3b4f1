import { describe, expect, it } from 'vitest';
import { GraphBuilder } from './builder.ts';
import { checkGraph } from './check.ts';
import { cut, join, tensorNames, upTo } from './cut.ts';
import { convnet } from './networks/convnet.ts';
import { prune } from './prune.ts';
import { float32 } from './tensor.ts';
import { largestDifference, randomFloats, randomPixels, runGraph } from './testing/run.ts';

const network = convnet({
  size: 32,
  dimensions: 8,
  seed: 2,
  stages: [{ width: 6 }, { width: 6, blocks: 1 }],
  normalization: 'group',
});

describe('cut and join', () => {
  it.each(['pixels', 'conv1', 'pool1', 'pool2', 'features', 'z'])(
    'cut at "%s" and joined again give the same bits',
    async (tensor) => {
      const { trunk, tail } = cut(network, tensor);
      checkGraph(trunk);
      checkGraph(tail);
      const image = randomPixels(2, 32);
      const whole = await runGraph(network, { image });
      const middle = (await runGraph(trunk, { image }))[tensor]!;
      expect(trunk.outputs[0]!.dims).toEqual(['N', ...middle.dims.slice(1)]);
      if (tensor !== 'z') {
        const feed = { type: 'float32' as const, dims: middle.dims, data: middle.data as Float32Array };
        const behind = await runGraph(tail, { [tensor]: feed });
        // The halves may be fused differently from the whole.
        expect(largestDifference(behind.z!, whole.z!)).toBeLessThan(1e-6);
        const joined = join(trunk, tail);
        checkGraph(joined);
        expect(tensorNames(joined).sort()).toEqual(tensorNames(network).sort());
        expect(largestDifference((await runGraph(joined, { image })).z!, whole.z!)).toBe(0);
      }
    },
  );

  it('refuses a cut that branches go around, naming the way around', () => {
    const inside = 'conv2.block1.1';
    expect(() => cut(network, inside)).toThrow(
      expect.objectContaining({ code: 'INVALID_GRAPH', message: expect.stringContaining('"pool2"') }),
    );
  });

  it('refuses a tensor that is not there, and names similar ones', () => {
    expect(() => cut(network, 'POOL')).toThrow(
      expect.objectContaining({ code: 'UNKNOWN_TENSOR', message: expect.stringContaining('pool1, pool2') }),
    );
    expect(() => cut(network, 'polo1')).toThrow(/similar names: pool1/);
    expect(() => cut(network, 'conv1.weight')).toThrow(expect.objectContaining({ code: 'UNKNOWN_TENSOR' }));
  });

  it('joins graphs whose inner names collide', async () => {
    const half = (value: number) => {
      const b = new GraphBuilder('half');
      const x = b.input('x', 'float32', ['N', 3]);
      const y = b.node('Mul', [x, b.parameter('w', float32([3], [value, value, value]))], {}, { name: 'm' });
      b.output(b.relu(y), 'y');
      return b.build();
    };
    const joined = join(half(2), half(3));
    checkGraph(joined);
    const x = { type: 'float32' as const, dims: [1, 3], data: Float32Array.of(1, -1, 2) };
    const [output] = Object.values(await runGraph(joined, { x }));
    expect(Array.from(output!.data as Float32Array)).toEqual([6, 0, 12]);
  });

  it('keeps constants that both halves share once', () => {
    const b = new GraphBuilder('g');
    const w = b.parameter('w', randomFloats([3]));
    const x = b.node('Mul', [b.input('x', 'float32', ['N', 3]), w], {}, { name: 'a' });
    b.output(b.node('Add', [x, w], {}, { name: 'b' }));
    const { trunk, tail } = cut(b.build(), 'a');
    expect([...join(trunk, tail).initializers.keys()]).toEqual(['w']);
  });

  it('refuses to join operator sets that differ', () => {
    const { trunk, tail } = cut(network, 'features');
    expect(() => join({ ...trunk, opset: 13 }, tail)).toThrow(expect.objectContaining({ code: 'INVALID_GRAPH' }));
  });
});

describe('prune and upTo', () => {
  it('leave out what the wanted tensor does not need', () => {
    const part = upTo(network, 'pool1');
    checkGraph(part);
    expect(part.nodes.at(-1)!.outputs).toEqual(['pool1']);
    expect([...part.initializers.keys()]).toContain('conv1.weight');
    expect([...part.initializers.keys()]).not.toContain('conv2.weight');
    expect(prune(network)).toEqual(network);
  });
});
