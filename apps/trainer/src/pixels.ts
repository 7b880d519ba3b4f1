/** @file Decoded pictures to a network's pixels, through the same preprocessing graph that the model is served with. */
import type { Picture } from '@dqn/data';
import { type Graph, writeModel } from '@dqn/onnx';
import { createSession, Tensor } from './ort.ts';

/** An open preprocessing graph. */
export interface Preprocess {
  /** @returns [size, size, 3] */
  toPixels(picture: Picture): Promise<Uint8Array>;
  close(): Promise<void>;
}

/**
 * Opens a preprocessing graph on the CPU.
 *
 * @param size edge of what it gives, in pixels
 */
export async function openPreprocess(graph: Graph, size: number): Promise<Preprocess> {
  const session = await createSession(writeModel(graph), { threads: 1 });
  const [input] = session.inputNames;
  const [output] = session.outputNames;
  const run = async ({ width, height, data }: Picture): Promise<Uint8Array> => {
    const feeds = { [input]: new Tensor('uint8', data, [height, width, 3]) };
    return (await session.run(feeds))[output].data as Uint8Array;
  };
  const keepsPixels = await isIdentity(run, size);
  return {
    async toPixels(picture) {
      if (keepsPixels && picture.width === size && picture.height === size) return picture.data;
      return run(picture);
    },
    close: () => session.release(),
  };
}

/** Tried on noise: whether a picture of the right size goes through unchanged, so that it may skip the session. */
async function isIdentity(run: (picture: Picture) => Promise<Uint8Array>, size: number): Promise<boolean> {
  const data = new Uint8Array(size * size * 3);
  let state = 1;
  for (let i = 0; i < data.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    data[i] = state >>> 24;
  }
  const through = await run({ width: size, height: size, data });
  return through.length === data.length && through.every((value, i) => value === data[i]);
}
