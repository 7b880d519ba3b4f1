import * as ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { checkGraph } from '../check.ts';
import { seeded } from '../testing/random.ts';
import { referencePreprocess } from '../testing/resize.ts';
import { officialCheck } from '../testing/run.ts';
import { writeModel } from '../write.ts';
import { preprocessModel } from './preprocess.ts';

const random = seeded(7);
const picture = (height: number, width: number) =>
  Uint8Array.from({ length: height * width * 3 }, () => Math.floor(random.next() * 256));

async function preprocess(pixels: Uint8Array, height: number, width: number, size: number, resize?: number) {
  const model = preprocessModel(resize === undefined ? { size } : { size, resize });
  checkGraph(model);
  const session = await ort.InferenceSession.create(writeModel(model));
  const { pixels: out } = await session.run({ image: new ort.Tensor('uint8', pixels, [height, width, 3]) });
  await session.release();
  return out!;
}

describe('preprocessModel', () => {
  it.each<[number, number, number, number?]>([
    [50, 71, 32],
    [71, 50, 32],
    [64, 64, 32],
    [63, 64, 32],
    [33, 32, 32],
    [20, 31, 32],
    [1, 1, 32],
    [1, 40, 32],
    [300, 225, 64],
    [64, 700, 64],
    [120, 100, 48, 56],
    [30, 40, 48, 56],
    [480, 360, 224, 256],
  ])('resizes %i x %i to %i by a triangle filter', async (height, width, size, resize) => {
    const pixels = picture(height, width);
    const out = await preprocess(pixels, height, width, size, resize);
    expect(out.type).toBe('uint8');
    expect(out.dims).toEqual([1, size, size, 3]);
    const reference = referencePreprocess(pixels, height, width, size, resize);
    const data = out.data as Uint8Array;
    const apart = reference.reduce((largest, value, i) => Math.max(largest, Math.abs(value - data[i]!)), 0);
    // ONNX Runtime rounds once after each of the two axes.
    expect(apart).toBeLessThanOrEqual(1);
  });

  it('leaves a picture of that size as it is, and only crops one with the right short side', async () => {
    const square = picture(32, 32);
    expect((await preprocess(square, 32, 32, 32)).data).toEqual(square);
    const wide = picture(32, 36);
    const rows = Array.from({ length: 32 }, (_, y) => [...wide.subarray((y * 36 + 2) * 3, (y * 36 + 34) * 3)]);
    expect((await preprocess(wide, 32, 36, 32)).data).toEqual(Uint8Array.from(rows.flat()));
  });

  it('keeps an even colour, whatever the size', async () => {
    const { data } = await preprocess(new Uint8Array(37 * 53 * 3).fill(201), 37, 53, 32);
    expect(new Set(data as Uint8Array)).toEqual(new Set([201]));
  });

  it.each([{ size: 0 }, { size: 1.5 }, { size: 32, resize: 31 }, { size: 5000 }])('refuses %o', (options) => {
    expect(() => preprocessModel(options)).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
  });

  it('passes the official checker, where one knows operator set 18', ({ skip }) => {
    const answers = officialCheck([preprocessModel({ size: 64, resize: 72, metadata: { a: 'b' } })]);
    if (!answers) return skip();
    expect(answers).toEqual(['ok']);
  });
});
