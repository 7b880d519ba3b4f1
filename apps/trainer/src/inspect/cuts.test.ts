import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GraphBuilder, writeModel } from '@dqn/onnx';
import { describe, expect, it } from 'vitest';
import { openTrunk } from '../backbone/open.ts';
import { temporaryFolder } from '../testing/model.ts';
import { describeBackbone } from './cuts.ts';
import { inspect } from './inspect.ts';
import { lines } from './lines.ts';

const folder = await temporaryFolder();

function network() {
  const b = new GraphBuilder('small', { seed: 2 });
  let x = b.input('data', 'float32', ['N', 3, 16, 16]);
  x = b.relu(b.conv(x, { name: 'first', channels: 8, stride: 2 }), 'first.relu');
  x = b.add(x, b.relu(b.conv(x, { name: 'inside', channels: 8 }), 'inside.relu'), 'sum');
  b.output(b.gemm(b.flatten(b.globalAveragePool(x, 'pooled')), { name: 'fc', size: 10 }), 'logits');
  return b.build();
}

describe('what inspect says of a network', () => {
  it('lists every cut that train takes, with shapes and costs', async () => {
    const path = join(folder, 'small.onnx');
    await writeFile(path, writeModel(network()));
    const found = await inspect(path, { ids: false });
    const { cuts, defaultCut, ...facts } = found.backbone as Extract<
      ReturnType<typeof describeBackbone>,
      { cuts: unknown }
    >;
    expect(facts).toMatchObject({ layout: 'nchw', size: 16, pixels: null, features: 'pooled', catalogued: null });
    expect(cuts.map(({ tensor }) => tensor)).toEqual(['pixels', 'first', 'first.relu', 'sum', 'pooled', defaultCut]);
    expect(cuts[2]).toMatchObject({ dims: ['N', 8, 8, 8], parametersBefore: 224, parametersBehind: 584, index: 2 });
    for (const { tensor, dims } of cuts.slice(1, 3)) {
      const { trunk } = await openTrunk(path, { size: 16, pixels: 'raw', cut: tensor });
      expect(trunk!.outputs[0]).toMatchObject({ name: tensor, dims });
    }
    const text = lines(found).join('\n');
    expect(text).toMatch(/cut +made by +shape +weights before +behind +FLOP before +behind\n/);
    expect(text).toMatch(/first\.relu +Relu +N × 8 × 8 × 8 +224 +584 +30\.2 k +[\d.]+ k\n/);
    expect(text).toContain(`${defaultCut} (default)`);
  });

  it('tells shapes and costs for another size when asked', async () => {
    const path = join(folder, 'small.onnx');
    const { backbone } = await inspect(path, { ids: false, size: 32 });
    expect(backbone).toMatchObject({
      size: 32,
      cuts: expect.arrayContaining([expect.objectContaining({ dims: ['N', 8, 16, 16] })]),
    });
  });

  it('says why a graph is no backbone, and describes it all the same', async () => {
    const b = new GraphBuilder('vector', { seed: 2 });
    b.output(b.relu(b.input('x', 'float32', ['N', 4])), 'y');
    expect(describeBackbone(b.build(), { path: 'v.onnx' })).toEqual({
      reason: expect.stringMatching(/can't serve.*\[N,4\]/),
    });
    await writeFile(join(folder, 'vector.onnx'), writeModel(b.build()));
    const found = await inspect(join(folder, 'vector.onnx'), { ids: false });
    expect(found).toMatchObject({ kind: 'network', name: 'vector' });
    expect(lines(found).join('\n')).toContain('reason');
  });
});
