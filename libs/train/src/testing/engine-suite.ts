/** @file The two engines against each other: the same z and the same gradients, over every operation. */

import type { Graph } from '@dqn/onnx';
import { createRandom } from '@dqn/pq';
import { expect } from 'vitest';
import { createOnnxEngine } from '../engine/onnxruntime/engine.ts';
import { createTensorflowEngine } from '../engine/tensorflow/engine.ts';
import type { LoadedTf } from '../tf.ts';

const ortModule = new URL('./ort.mjs', import.meta.url).href;

/** Random pictures, [n, …dims]. */
export function randomPictures(n: number, dims: readonly (number | string)[], seed = 1): Uint8Array {
  const random = createRandom(seed);
  const size = dims.slice(1).reduce<number>((product, dim) => product * Number(dim), n);
  return Uint8Array.from({ length: size }, () => random.integer(256));
}

/** The largest difference over the largest value, but at least over `floor`. */
export function distance(a: Float32Array, b: Float32Array, floor = 1e-6): number {
  expect(a.length).toBe(b.length);
  let [scale, worst] = [floor, 0];
  for (let i = 0; i < a.length; i++) {
    scale = Math.max(scale, Math.abs(b[i]));
    worst = Math.max(worst, Math.abs(a[i] - b[i]));
  }
  return worst / scale;
}

/**
 * Runs a step of a graph on both engines: z, and the gradients of a random dz.
 *
 * @returns the largest difference of z and, by parameter, of the gradients, each relative to its largest value
 */
export async function compareEngines(
  loaded: LoadedTf,
  graph: Graph,
  n = 3,
  o: { embed?: boolean } = {},
): Promise<{ z: number; gradients: Record<string, number> }> {
  const { tf } = loaded;
  const before = tf.memory().numTensors;
  const ours = createTensorflowEngine(loaded, { graph });
  const theirs = await createOnnxEngine({ graph, ortModule });
  const images = randomPictures(n, graph.inputs[0].dims);
  const options = { training: true, seed: 3, step: 5, firstRow: 2 };
  const a = await ours.forward(images, n, options);
  const b = await theirs.forward(images, n, options);
  const random = createRandom(9);
  const dz = Float32Array.from(a.z, () => random.next() * 2 - 1);
  const mine = await ours.backward(a.kept, dz);
  const right = await theirs.backward(b.kept, dz);
  expect([...mine.keys()]).toEqual([...right.keys()]);
  // A gradient that is zero but for rounding (a bias before a normalisation) is measured by those of the others.
  const floor =
    1e-3 *
    Math.max(1e-3, ...[...right.values()].map((gradient) => distance(gradient, new Float32Array(gradient.length), 1)));
  const gradients = Object.fromEntries(
    [...right].map(([name, gradient]) => [name, distance(mine.get(name) as Float32Array, gradient, floor)]),
  );
  if (o.embed) {
    const plain = await ours.embed(images, n);
    expect(distance(plain, await theirs.embed(images, n))).toBeLessThan(1e-4);
  }
  await ours.close();
  await theirs.close();
  // Every tensor of the engine is gone, whatever the operation kept.
  expect(tf.memory().numTensors).toBe(before);
  return { z: distance(a.z, b.z), gradients };
}
