import { setImmediate as tick } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Batcher } from './batcher.ts';
import type { Observation } from './observe.ts';

/** A network that is done when told; an image is a byte, its embedding that byte, negated. */
function bench(size: number) {
  const runs: { pixels: Uint8Array; n: number; done: () => void; fail: (error: Error) => void }[] = [];
  const told: Observation[] = [];
  const batcher = new Batcher(
    {
      embed: (pixels, n) =>
        new Promise((resolve, reject) => {
          const done = () => resolve(Float32Array.from(pixels.subarray(0, n), (value) => -value));
          runs.push({ pixels, n, done, fail: reject });
        }),
      bytes: 1,
      dimensions: 1,
      observe: (one) => told.push(one),
    },
    size,
  );
  return { batcher, runs, told, image: (i: number) => Uint8Array.of(i) };
}

describe('a batcher', () => {
  it('runs a lonely image at once, and those that come meanwhile together', async () => {
    const { batcher, runs, told, image } = bench(8);
    const first = batcher.embed(image(1));
    const others = [2, 3, 4].map((i) => batcher.embed(image(i)));
    expect(runs.map((run) => run.n)).toEqual([1]);
    runs[0].done();
    expect((await first).vector).toEqual(Float32Array.of(-1));
    await tick();
    expect(runs.map((run) => run.n)).toEqual([1, 3]);
    runs[1].done();
    const vectors = (await Promise.all(others)).map(({ vector }) => vector[0]);
    expect(vectors).toEqual([-2, -3, -4]);
    expect(told).toMatchObject([
      { kind: 'batch', size: 1 },
      { kind: 'batch', size: 3 },
    ]);
  });

  it('hands over a second run only when it is full', () => {
    const { batcher, runs, image } = bench(2);
    for (let i = 0; i < 6; i++) void batcher.embed(image(i));
    expect(runs.map((run) => run.n)).toEqual([1, 2]);
  });

  it('lets go of those who leave, in the queue and in a run', async () => {
    const { batcher, runs, image } = bench(8);
    const leaving = new AbortController();
    const running = batcher.embed(image(1), leaving.signal);
    const waiting = batcher.embed(image(2), leaving.signal);
    const staying = batcher.embed(image(3));
    leaving.abort('gone');
    await expect(running).rejects.toBe('gone');
    await expect(waiting).rejects.toBe('gone');
    await expect(batcher.embed(image(4), leaving.signal)).rejects.toBe('gone');
    runs[0].done();
    await tick();
    expect([...runs[1].pixels]).toEqual([3]);
    runs[1].done();
    expect((await staying).vector[0]).toBe(-3);
  });

  it('finds out whose fault it was', async () => {
    const { batcher, runs, image } = bench(8);
    const first = batcher.embed(image(1));
    const both = Promise.allSettled([batcher.embed(image(2)), batcher.embed(image(3))]);
    runs[0].done();
    await first;
    await tick();
    runs[1].fail(new Error('together'));
    await tick();
    runs[2].fail(new Error('alone'));
    await tick();
    runs[3].done();
    expect(await both).toMatchObject([{ reason: { message: 'alone' } }, { value: { vector: Float32Array.of(-3) } }]);
  });
});
