import { GraphBuilder } from '@dqn/onnx';
import { describe, expect, it } from 'vitest';
import { compareEngines, randomPictures } from '../../testing/engine-suite.ts';
import { around, layers, positiveLayers, randomGraph } from '../../testing/graphs.ts';
import { native } from '../../testing/native.ts';
import { type LoadedTf, loadTf } from '../../tf.ts';
import { createTensorflowEngine } from './engine.ts';

/** TF.js in plain JavaScript stands in where TensorFlow's library isn't: slow, but it has every kernel. */
async function standIn(): Promise<LoadedTf> {
  const loaded = await loadTf('portable');
  await loaded.tf.setBackend('cpu');
  return loaded;
}

const loaded = native ?? (await standIn());

const expectClose = ({ z, gradients }: Awaited<ReturnType<typeof compareEngines>>, what = ''): void => {
  expect(z, what).toBeLessThan(1e-4);
  for (const [name, worst] of Object.entries(gradients)) expect(worst, `${what} ${name}`).toBeLessThan(1e-4);
};

describe('the tensorflow engine against the onnxruntime engine', () => {
  it.each(Object.keys(layers))('%s', async (name) => {
    expectClose(await compareEngines(loaded, around(layers[name])));
  });

  it.each(Object.keys(positiveLayers))('%s', async (name) => {
    expectClose(await compareEngines(loaded, around(positiveLayers[name], { positive: true })));
  });

  it('random networks', async () => {
    for (let seed = 1; seed <= 16; seed++) {
      expectClose(await compareEngines(loaded, randomGraph(seed), 2, { embed: true }), `seed ${seed}`);
    }
  });
});

describe('the tensorflow engine', () => {
  const graph = randomGraph(3);
  const options = { training: true, seed: 1, step: 0 };

  it('frees what it kept when there is no backward pass', async () => {
    const before = loaded.tf.memory().numTensors;
    const engine = createTensorflowEngine(loaded, { graph });
    const images = randomPictures(2, graph.inputs[0].dims);
    const { kept } = await engine.forward(images, 2, options);
    engine.release(kept);
    await engine.close();
    expect(loaded.tf.memory().numTensors).toBe(before);
  });

  it('learns the parameters that it is told to, the others standing still', async () => {
    const engine = createTensorflowEngine(loaded, { graph, parameters: ['fcb.bias'] });
    const images = randomPictures(1, graph.inputs[0].dims);
    const { z, kept } = await engine.forward(images, 1, options);
    const gradients = await engine.backward(kept, new Float32Array(z.length).fill(1));
    expect([...gradients.keys()]).toEqual(['fcb.bias']);
    z.forEach((value, i) => {
      expect(gradients.get('fcb.bias')?.[i]).toBeCloseTo(1 - value * value, 5);
    });
    await engine.close();
  });

  it('takes other parameters, and refuses what is none', async () => {
    const engine = createTensorflowEngine(loaded, { graph });
    const images = randomPictures(1, graph.inputs[0].dims);
    const bias = new Float32Array(5).fill(0.25);
    const weight = new Float32Array((await engine.parameters()).get('fcb.weight')?.data.length ?? 0);
    await engine.setParameters(new Map(Object.entries({ 'fcb.bias': bias, 'fcb.weight': weight })));
    for (const value of await engine.embed(images, 1)) expect(value).toBeCloseTo(Math.tanh(0.25), 6);
    await expect(engine.setParameters(new Map([['fcb.bias', new Float32Array(4)]]))).rejects.toThrow(/should have 5/);
    await expect(engine.setParameters(new Map([['other', bias]]))).rejects.toThrow(/is no parameter/);
    await engine.close();
  });

  it('names the operation and the node that it can not train', () => {
    const b = new GraphBuilder('odd');
    const x = b.node('Sign', [b.conv(b.pixels(8), { name: 'conv', channels: 2 })], {}, { name: 'odd one' });
    b.bottleneck(b.flatten(x), { dimensions: 2 });
    const before = loaded.tf.memory().numTensors;
    expect(() => createTensorflowEngine(loaded, { graph: b.build() })).toThrow(
      /Node "odd one" \(Sign\) can't be trained by the engine tensorflow: it knows no Sign/,
    );
    expect(loaded.tf.memory().numTensors).toBe(before);
  });
});
