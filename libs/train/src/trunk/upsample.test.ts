import { preprocessModel, writeModel } from '@dqn/onnx';
import { createRandom } from '@dqn/pq';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect, it } from 'vitest';
import { Resizer } from './upsample.ts';
import { mirror } from './views.ts';

async function preprocess(size: number) {
  const session = await InferenceSession.create(writeModel(preprocessModel({ size })), { intraOpNumThreads: 1 });
  return async ({ width, height, data }: { width: number; height: number; data: Uint8Array }) => {
    const made = await session.run({ image: new Tensor('uint8', data, [height, width, 3]) });
    return made.pixels!.data as Uint8Array;
  };
}

const noise = (width: number, height: number, seed = 7) => {
  const random = createRandom(seed).fork(`${width}x${height}`);
  return { width, height, data: Uint8Array.from({ length: width * height * 3 }, () => random.integer(256)) };
};

it.each([32, 96, 160])('is preprocess.onnx to the bit, %i pixels', async (size) => {
  const graph = await preprocess(size);
  const resizer = new Resizer(size, graph);
  const out = new Uint8Array(size * size * 3);
  for (let side = 1; side <= size + 2; side++) {
    const picture = noise(side, side);
    const expected = Uint8Array.from(await graph(picture));
    await resizer.run(picture, false, out);
    expect(Buffer.compare(out, expected), `${side} pixels`).toBe(0);
    await resizer.run(picture, true, out);
    mirror(expected, size);
    expect(Buffer.compare(out, expected), `${side} pixels, mirrored`).toBe(0);
  }
  expect(resizer.fastSides).toEqual(Array.from({ length: size - 1 }, (_, i) => i + 1));
});

it('runs the graph for what is not square', async () => {
  const graph = await preprocess(48);
  const resizer = new Resizer(48, graph);
  const out = new Uint8Array(48 * 48 * 3);
  for (const [width, height] of [
    [20, 31],
    [90, 20],
    [100, 70],
  ] as const) {
    const picture = noise(width, height);
    await resizer.run(picture, false, out);
    expect(Buffer.compare(out, await graph(picture))).toBe(0);
  }
  expect(resizer.fastSides).toEqual([]);
});

it('runs the graph where it makes something else', async () => {
  const other = async () => new Uint8Array(48 * 48 * 3).fill(9);
  const resizer = new Resizer(48, other);
  const out = new Uint8Array(48 * 48 * 3);
  await resizer.run(noise(32, 32), true, out);
  expect(out.every((value) => value === 9)).toBe(true);
});
