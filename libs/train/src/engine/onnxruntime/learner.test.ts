import { convnet, type Graph, GraphBuilder } from '@dqn/onnx';
import { afterEach, describe, expect, it } from 'vitest';
import type { Learner, LossFunction } from '../engine.ts';
import { createOnnxEngine } from './engine.ts';
import { createOnnxLearner } from './learner.ts';

const ortModule = new URL('../../testing/ort.mjs', import.meta.url).href;
const optimiser = { kind: 'sgd', momentum: 0 } as const;

function network(dropout = 0): Graph {
  return convnet({
    size: 32,
    dimensions: 6,
    seed: 3,
    stages: [{ width: 4, dropout }, { width: 5 }],
    hidden: 7,
    dropout,
  });
}

function pictures(n: number, seed = 1): Uint8Array {
  return Uint8Array.from({ length: n * 32 * 32 * 3 }, (_, i) => Math.imul(i + seed, 2654435761) >>> 24);
}

/** ½ Σ (z − 3 z̄)²: the mean couples the rows, no worker could compute it from its own. */
const coupled: LossFunction = (z, n) => {
  const D = z.length / n;
  const mean = Float64Array.from({ length: D }, (_, d) => {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += z[i * D + d]!;
    return sum / n;
  });
  let loss = 0;
  const dz = z.map((value, i) => {
    loss += 0.5 * (value - 3 * mean[i % D]!) ** 2;
    return value + 3 * mean[i % D]!;
  });
  return { loss, dz };
};

const open: Learner[] = [];
afterEach(async () => {
  for (const learner of open.splice(0)) await learner.close();
});

async function learner(workers: number, graph = network(), extra = {}) {
  const made = await createOnnxLearner({ graph, optimiser, workers, ortModule, ...extra });
  open.push(made);
  return made;
}

const batch = (n: number, step = 0) => ({ images: pictures(n), n, step, seed: 5, learningRate: 0.01 });

function difference(a: Map<string, Float32Array>, b: Map<string, Float32Array>): number {
  let worst = 0;
  for (const [name, values] of a) {
    const scale = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-9);
    values.forEach((value, i) => {
      worst = Math.max(worst, Math.abs(value - b.get(name)![i]!) / scale);
    });
  }
  return worst;
}

describe('the onnxruntime learner', () => {
  it('gives the same gradient for any number of workers, dropout included', async () => {
    const graph = network(0.3);
    const one = await (await learner(1, graph)).gradients(batch(11), coupled);
    for (const workers of [2, 3]) {
      const many = await (await learner(workers, graph)).gradients(batch(11), coupled);
      expect(difference(one, many)).toBeLessThan(2e-6);
    }
  });

  it('gives the same gradient as the engine on one thread', async () => {
    const graph = network(0.3);
    const many = await (await learner(2, graph)).gradients(batch(5), coupled);
    await using engine = await createOnnxEngine({ graph, ortModule });
    const { z, kept } = await engine.forward(pictures(5), 5, { training: true, seed: 5, step: 0 });
    const gradients = await engine.backward(kept, (await coupled(z, 5)).dz);
    expect(difference(gradients, many)).toBeLessThan(2e-6);
  });

  it('shares a batch of one image: the other worker has nothing to do', async () => {
    const one = await (await learner(1)).gradients(batch(1), coupled);
    const two = await (await learner(2)).gradients(batch(1), coupled);
    expect(difference(one, two)).toBe(0);
  });

  it('makes the same bits again from the same seed, and other masks at another step', async () => {
    const graph = network(0.3);
    const run = async () => {
      const l = await learner(2, graph, { optimiser: { kind: 'adamw', weightDecay: 0.01 } });
      for (let step = 0; step < 3; step++) await l.step(batch(6, step), coupled);
      return new Map([...(await l.parameters())].map(([name, { data }]) => [name, data]));
    };
    const [a, b] = [await run(), await run()];
    expect(difference(a, b)).toBe(0);
    const l = await learner(1, graph);
    const [first, second] = [await l.gradients(batch(6, 0), coupled), await l.gradients(batch(6, 1), coupled)];
    expect(difference(first, second)).toBeGreaterThan(1e-3);
  });

  it.each(['sgd', 'adamw'] as const)('lowers the loss by %s, on two workers as on one', async (kind) => {
    const rule = kind === 'sgd' ? { kind, momentum: 0.9, nesterov: true } : { kind };
    const scales = { 'fcb.bias': { learningRate: 2, weightDecay: 0 } };
    const losses: number[][] = [];
    for (const workers of [1, 2]) {
      const l = await learner(workers, network(), { optimiser: rule, scales });
      const run: number[] = [];
      const learningRate = kind === 'sgd' ? 1e-3 : 1e-2;
      for (let step = 0; step < 6; step++) {
        run.push((await l.step({ ...batch(8, step), learningRate }, coupled)).loss);
      }
      losses.push(run);
    }
    expect(losses[0]!.at(-1)).toBeLessThan(losses[0]![0]!);
    losses[0]!.forEach((loss, i) => {
      expect(losses[1]![i]).toBeCloseTo(loss, 3);
    });
  });

  it('clips the norm of the whole gradient', async () => {
    const [free, clipped] = [await learner(2), await learner(2)];
    const before = (await free.parameters()).get('fcb.weight')!.data;
    const { gradientNorm } = await free.step(batch(4), coupled);
    await clipped.step({ ...batch(4), clipNorm: gradientNorm / 10 }, coupled);
    const [far, near] = [await free.parameters(), await clipped.parameters()].map((p) => p.get('fcb.weight')!.data);
    let ratio = 0;
    before.forEach((value, i) => {
      if (Math.abs(far![i]! - value) > 1e-4) ratio = (near![i]! - value) / (far![i]! - value);
    });
    expect(ratio).toBeCloseTo(0.1, 1);
  });

  it('embeds as its last weights say, spread over the workers', async () => {
    const l = await learner(2);
    const n = 150;
    const before = await l.embed(pictures(n), n);
    const { z } = await l.step({ ...batch(n), learningRate: 0.1 }, coupled);
    const scale = z.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    before.forEach((value, i) => {
      expect(Math.abs(value - z[i]!) / scale).toBeLessThan(1e-4);
    });
    const after = await l.embed(pictures(n), n);
    expect(after).not.toEqual(before);
    await using engine = await createOnnxEngine({ graph: network(), ortModule });
    await engine.setParameters(new Map([...(await l.parameters())].map(([name, { data }]) => [name, data])));
    expect(await engine.embed(pictures(n), n)).toHaveLength(after.length);
    expect(difference(new Map([['z', await engine.embed(pictures(n), n)]]), new Map([['z', after]]))).toBeLessThan(
      1e-5,
    );
  });

  it('goes on from a copied state as if nothing had been', async () => {
    const rule = { optimiser: { kind: 'adamw' } as const };
    const straight = await learner(2, network(), rule);
    for (let step = 0; step < 4; step++) await straight.step(batch(6, step), coupled);
    const first = await learner(2, network(), rule);
    for (let step = 0; step < 2; step++) await first.step(batch(6, step), coupled);
    const state = structuredClone(await first.state());
    const second = await learner(2, network(), rule);
    await second.restore(state);
    for (let step = 2; step < 4; step++) await second.step(batch(6, step), coupled);
    expect(await second.state()).toEqual(await straight.state());
  });
});

describe('when something goes wrong', () => {
  it('stops at a loss that is no number, names the step and updates nothing', async () => {
    const l = await learner(2);
    const before = await l.parameters();
    const nan: LossFunction = (z) => ({ loss: Number.NaN, dz: z });
    await expect(l.step(batch(4, 17), nan)).rejects.toMatchObject({ code: 'NOT_FINITE', message: /step 17/ });
    const infinite: LossFunction = (z) => ({ loss: 1, dz: z.map(() => Number.POSITIVE_INFINITY) });
    await expect(l.step(batch(4, 18), infinite)).rejects.toMatchObject({ code: 'NOT_FINITE', message: /step 18/ });
    expect(await l.parameters()).toEqual(before);
    await expect(l.step(batch(4), coupled)).resolves.toBeDefined();
  });

  it("hands the loss's own error on and can go on", async () => {
    const l = await learner(2);
    const failing: LossFunction = () => {
      throw new Error('no codebook');
    };
    await expect(l.step(batch(4), failing)).rejects.toThrow('no codebook');
    await expect(l.step(batch(4), coupled)).resolves.toBeDefined();
  });

  it('is refused once a worker has failed, without hanging', async () => {
    const failing = new URL('../../testing/failing-ort.mjs', import.meta.url).href;
    for (const how of ['throw', 'exit']) {
      const l = await createOnnxLearner({
        graph: network(),
        optimiser,
        workers: 2,
        ortModule: `${failing}?how=${how}&run=2`,
      });
      await expect(l.step(batch(4), coupled)).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
      await expect(l.step(batch(4), coupled)).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
      await l.close();
    }
  });

  it('says so where the runtime does not load', async () => {
    const made = createOnnxLearner({
      graph: network(),
      optimiser,
      workers: 2,
      ortModule: 'file:///no/such/module.mjs',
    });
    await expect(made).rejects.toMatchObject({ code: 'ENGINE_UNAVAILABLE', message: /such\/module/ });
  });

  it('names an operation that has no gradient', async () => {
    const b = new GraphBuilder('odd');
    const x = b.node('Softsign', [b.conv(b.pixels(8), { name: 'conv', channels: 2 })], {}, { name: 'odd one' });
    b.bottleneck(b.flatten(x), { dimensions: 2 });
    const made = createOnnxLearner({ graph: b.build(), optimiser, ortModule });
    await expect(made).rejects.toMatchObject({ code: 'OP_NOT_TRAINED', message: /"odd one" \(Softsign\)/ });
  });

  it('refuses images of another size, overlapping calls, and work after close', async () => {
    const l = await learner(1);
    await expect(l.step({ ...batch(4), n: 5 }, coupled)).rejects.toMatchObject({ code: 'BAD_OPTION' });
    await expect(l.embed(new Uint8Array(0), 0)).rejects.toMatchObject({ code: 'BAD_OPTION' });
    const running = l.step(batch(4), coupled);
    await expect(l.embed(pictures(2), 2)).rejects.toMatchObject({ code: 'BAD_OPTION' });
    await running;
    await l.close();
    await expect(l.step(batch(4), coupled)).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
  });

  it('heeds its signal', async () => {
    const stop = new AbortController();
    const l = await learner(1, network(), { signal: stop.signal });
    const embedding = new AbortController();
    embedding.abort();
    await expect(l.embed(pictures(2), 2, { signal: embedding.signal })).rejects.toMatchObject({ code: 'ABORTED' });
    stop.abort();
    await expect(l.step(batch(4), coupled)).rejects.toMatchObject({ code: 'ABORTED' });
  });
});
