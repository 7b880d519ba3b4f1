import { FormatError, sha256Hex } from '@dqn/format';
import { convnet, writeModel } from '@dqn/onnx';
import { encode } from '@dqn/pq';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Picture } from './index.ts';
import { type Model, openModel, RuntimeError, type SessionLike } from './index.ts';
import { madeUpPicture, nodeSession, type SmallModel, smallModel } from './testing/index.ts';

const open = (bytes: SmallModel['bytes']): Promise<Model> => openModel(bytes, { createSession: nodeSession });
let small: SmallModel;
let other: SmallModel;

beforeAll(async () => {
  small = await smallModel();
  other = await smallModel({ seed: 2 });
});

describe('a model', () => {
  it('turns pictures of any size into embeddings of unit length and codes exactly as pq encodes them', async () => {
    await using model = await open(small.bytes);
    const sizes = [
      [32, 32],
      [64, 48],
      [17, 90],
      [1, 1],
      [200, 33],
    ];
    const pictures = sizes.map(([w, h], i) => madeUpPicture(i, w, h));
    const z = await model.embed(pictures, { batch: 2 });
    expect(z.length).toBe(pictures.length * model.dimensions);
    for (let i = 0; i < pictures.length; i++) {
      const length = Math.hypot(...z.subarray(i * 32, (i + 1) * 32));
      expect(length).toBeCloseTo(1, 5);
    }
    expect(await model.encode(pictures)).toEqual(encode(small.codebook, z));
  });

  it('gives a picture the same embedding whatever batch it is in', async () => {
    await using model = await open(small.bytes);
    const pictures = Array.from({ length: 7 }, (_, i) => madeUpPicture(i, 40, 40));
    const together = await model.embed(pictures);
    const alone = await model.embed([pictures[5]]);
    const row = together.subarray(5 * 32, 6 * 32);
    expect(Math.max(...alone.map((value, d) => Math.abs(value - row[d])))).toBeLessThan(1e-6);
  });

  it('lets pictures of its own size skip preprocessing, and they come out as if they had not', async () => {
    await using model = await open(small.bytes);
    expect(model.keepsPixelsAtSize).toBe(true);
    const session = await nodeSession(small.bytes.preprocess, 'preprocess');
    const { Tensor } = await import('onnxruntime-node');
    for (let i = 0; i < 50; i++) {
      const { data } = madeUpPicture(i, 32, 32);
      const output = await session.run({ [session.inputNames[0]]: new Tensor('uint8', data, [32, 32, 3]) });
      expect(output[session.outputNames[0]].data).toEqual(data);
    }
    await session.release();
  });

  it('does not skip preprocessing that resizes and crops', async () => {
    const cropping = await smallModel({ resize: 40 });
    await using model = await open(cropping.bytes);
    expect(model.keepsPixelsAtSize).toBe(false);
    const picture = madeUpPicture(3, 32, 32);
    expect(await model.preprocess(picture)).not.toEqual(picture.data);
  });

  it("refuses another model's codebook and names both hashes", async () => {
    const mixed = { ...small.bytes, codebook: other.bytes.codebook };
    const error = await open(mixed).catch((e: unknown) => e as FormatError);
    expect(error).toBeInstanceOf(FormatError);
    expect(error).toMatchObject({ code: 'MODEL_MISMATCH' });
    expect((error as Error).message).toContain(sha256Hex(small.bytes.network));
    expect((error as Error).message).toContain(sha256Hex(other.bytes.network));
  });

  it('refuses a truncated codebook and a graph that is none', async () => {
    const half = small.bytes.codebook.subarray(0, 200);
    await expect(open({ ...small.bytes, codebook: half })).rejects.toBeInstanceOf(FormatError);
    const { codebook } = await withNetwork(small, new Uint8Array([1, 2, 3]));
    await expect(open({ ...small.bytes, network: new Uint8Array([1, 2, 3]), codebook })).rejects.toMatchObject({
      code: 'SESSION_FAILED',
    });
  });

  it('refuses a network of another form, and one whose embedding has another length than the codebook', async () => {
    const longer = writeModel(convnet({ size: 32, dimensions: 64, seed: 1 }));
    await expect(open(await withNetwork(small, longer))).rejects.toMatchObject({ code: 'DIMENSIONS_MISMATCH' });
    await expect(open(await withNetwork(small, small.bytes.preprocess))).rejects.toMatchObject({ code: 'NOT_A_MODEL' });
  });

  it('refuses pictures whose bytes are not what their size says, and mere lines', async () => {
    await using model = await open(small.bytes);
    const wrong: Picture[] = [
      { width: 4, height: 4, data: new Uint8Array(47) },
      { width: 0, height: 4, data: new Uint8Array(0) },
      { width: 2.5, height: 2, data: new Uint8Array(15) },
      // Resized by its short side it would be far longer still.
      { width: 1, height: 201, data: new Uint8Array(603) },
    ];
    for (const picture of wrong) {
      await expect(model.preprocess(picture)).rejects.toMatchObject({ name: 'RuntimeError', code: 'BAD_PICTURE' });
    }
    await expect(model.embedPixels(new Uint8Array(10), 1)).rejects.toMatchObject({ code: 'BAD_PICTURE' });
    await expect(model.embed([madeUpPicture(0, 8, 8)], { batch: 0 })).rejects.toMatchObject({ code: 'BAD_OPTION' });
  });

  it('says so when the network gives NaN', async () => {
    const model = await openModel(small.bytes, {
      async createSession(bytes, role) {
        const session = await nodeSession(bytes, role);
        if (role === 'preprocess') return session;
        const embedding = { type: 'float32', dims: [1, 32], data: new Float32Array(32).fill(Number.NaN) };
        return { ...withNames(session), run: async () => ({ embedding }), release: () => session.release() };
      },
    });
    await expect(model.embed([madeUpPicture(0, 32, 32)])).rejects.toMatchObject({ code: 'NOT_FINITE' });
    await model.close();
  });

  it('can be closed twice and not be used afterwards', async () => {
    const model = await open(small.bytes);
    await model.close();
    await model.close();
    await expect(model.embed([madeUpPicture(0, 32, 32)])).rejects.toBeInstanceOf(RuntimeError);
  });
});

/** A codebook that says it belongs to `network`. */
async function withNetwork(model: SmallModel, network: Uint8Array): Promise<SmallModel['bytes']> {
  const { writeCodebook } = await import('@dqn/format');
  const codebook = writeCodebook({ ...model.codebook, modelSha256: sha256Hex(network) });
  return { ...model.bytes, network, codebook };
}

function withNames(session: SessionLike): Omit<SessionLike, 'run' | 'release'> {
  const { inputNames, outputNames, inputMetadata, outputMetadata } = session;
  return { inputNames, outputNames, inputMetadata, outputMetadata };
}
