import { encode } from '@dqn/pq';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { embedBatches, encodeAll, type Model, openModel, type Picture } from './index.ts';
import { madeUpPicture, nodeSession, smallModel } from './testing/index.ts';

let model: Model;

beforeAll(async () => {
  model = await openModel((await smallModel()).bytes, { createSession: nodeSession });
});
afterAll(() => model.close());

/** Pictures that take a while to read, longer for some, so that they are ready out of order. */
function slowSource(length: number, broken: readonly number[] = []) {
  const read = async (i: number): Promise<Picture> => {
    await new Promise((resolve) => setTimeout(resolve, (i * 7) % 5));
    if (broken.includes(i)) throw new Error(`picture ${i} is broken`);
    return madeUpPicture(i, 24 + (i % 3) * 8, 32);
  };
  return { length, read };
}

describe('many pictures', () => {
  it('are encoded in order, as one by one', async () => {
    const source = slowSource(75);
    const progress: number[] = [];
    const { indices, codes } = await encodeAll(model, source, { batch: 8, onProgress: (done) => progress.push(done) });
    expect([...indices]).toEqual(Array.from({ length: 75 }, (_, i) => i));
    const pictures = await Promise.all(Array.from({ length: 75 }, (_, i) => source.read(i)));
    expect(codes).toEqual(encode(model.codebook, await model.embed(pictures)));
    expect(progress.at(-1)).toBe(75);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
  });

  it('go on without those that cannot be read, which are named', async () => {
    const broken = [0, 9, 10, 11, 12, 13, 14, 15, 30];
    const skipped: number[] = [];
    const { indices, codes } = await encodeAll(model, slowSource(40, broken), {
      batch: 4,
      onUnreadable: (i, error) => {
        skipped.push(i);
        expect(String(error)).toContain(`picture ${i} is broken`);
      },
    });
    expect(skipped.sort((a, b) => a - b)).toEqual(broken);
    const rest = Array.from({ length: 40 }, (_, i) => i).filter((i) => !broken.includes(i));
    expect([...indices]).toEqual(rest);
    const last = await model.encode([await slowSource(40).read(39)]);
    expect(codes.subarray(-model.codebook.M)).toEqual(last);
  });

  it('go on without one that is far too long', async () => {
    const source = slowSource(6);
    const long = { width: 5000, height: 1, data: new Uint8Array(15_000) };
    const read = async (i: number) => (i === 3 ? long : source.read(i));
    const skipped: unknown[] = [];
    const { indices } = await encodeAll(
      model,
      { length: 6, read },
      { onUnreadable: (i, error) => skipped.push(i, error) },
    );
    expect([...indices]).toEqual([0, 1, 2, 4, 5]);
    expect(skipped).toMatchObject([3, { code: 'BAD_PICTURE' }]);
  });

  it('end at the first that cannot be read, where nobody wants to go on', async () => {
    await expect(encodeAll(model, slowSource(40, [17]))).rejects.toThrow('picture 17 is broken');
  });

  it('read no more than asked for at a time, and stop reading when the caller leaves', async () => {
    let reading = 0;
    let most = 0;
    let started = 0;
    const source = {
      length: 500,
      async read(i: number) {
        started++;
        most = Math.max(most, ++reading);
        await new Promise((resolve) => setTimeout(resolve, 1));
        reading--;
        return madeUpPicture(i, 32, 32);
      },
    };
    for await (const part of embedBatches(model, source, { batch: 10, reading: 3 })) {
      expect(part.indices).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
      break;
    }
    expect(most).toBe(3);
    expect(reading).toBe(0);
    expect(started).toBeLessThan(100);
  });

  it('stop when aborted', async () => {
    const controller = new AbortController();
    const work = encodeAll(model, slowSource(400), {
      batch: 4,
      signal: controller.signal,
      onProgress: () => controller.abort(new Error('enough')),
    });
    await expect(work).rejects.toThrow('enough');
  });

  it('of none there are no codes', async () => {
    const { indices, codes } = await encodeAll(model, slowSource(0));
    expect(indices.length + codes.length).toBe(0);
  });

  it('refuse impossible options', async () => {
    await expect(encodeAll(model, slowSource(3), { batch: 0 })).rejects.toMatchObject({ code: 'BAD_OPTION' });
    await expect(encodeAll(model, slowSource(3), { reading: 0 })).rejects.toMatchObject({ code: 'BAD_OPTION' });
  });
});
