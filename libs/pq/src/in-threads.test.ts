import { describe, expect, it, vi } from 'vitest';
import { encode } from './encode.ts';
import { encodeInThreads, learnCodebookInThreads } from './in-threads.ts';
import { learnCodebook } from './learn.ts';
import { createRandom } from './random.ts';

// The threads run dist: `npm run build` first (npm test does).
const random = createRandom(21);
const D = 64;
const codebook = { M: 4, K: 16, D, codewords: Float32Array.from({ length: 16 * D }, () => random.normal()) };
/** Three slices. */
const x = Float32Array.from({ length: 40_000 * D }, () => random.integer(64) / 16 - 2);

describe('encodeInThreads', () => {
  it('gives what encode gives, with any number of threads and with none', async () => {
    const codes = encode(codebook, x);
    for (const threads of [0, 1, 2, 3]) {
      const onProgress = vi.fn();
      expect(Buffer.compare(await encodeInThreads(codebook, x, { threads, onProgress }), codes)).toBe(0);
      expect(onProgress).toHaveBeenCalledTimes(3);
      expect(onProgress).toHaveBeenLastCalledWith(40_000, 40_000);
    }
    expect(x.length).toBe(40_000 * D);
  });

  it('reads shared memory where it is', async () => {
    const shared = new Float32Array(new SharedArrayBuffer(x.byteLength));
    shared.set(x);
    expect(Buffer.compare(await encodeInThreads(codebook, shared, { threads: 1 }), encode(codebook, x))).toBe(0);
  });

  it('takes little and nothing', async () => {
    expect(await encodeInThreads(codebook, x.subarray(0, D))).toEqual(encode(codebook, x.subarray(0, D)));
    expect(await encodeInThreads(codebook, new Float32Array())).toEqual(new Uint8Array());
  });

  it('refuses what encode refuses, by the row of the whole', async () => {
    await expect(encodeInThreads(codebook, x.with(39_999 * D, Number.NaN))).rejects.toMatchObject({
      code: 'NOT_FINITE',
      message: expect.stringContaining('Vector 39999'),
    });
    await expect(encodeInThreads(codebook, x, { threads: -1 })).rejects.toMatchObject({ code: 'BAD_OPTION' });
  });

  it.each([0, 2])('stops when aborted, before and in the middle (%d threads)', async (threads) => {
    const before = encodeInThreads(codebook, x, { threads, signal: AbortSignal.abort('enough') });
    await expect(before).rejects.toBe('enough');
    const stop = new AbortController();
    const onProgress = () => stop.abort('later');
    await expect(encodeInThreads(codebook, x, { threads, signal: stop.signal, onProgress })).rejects.toBe('later');
  });
});

describe('learnCodebookInThreads', () => {
  const few = x.subarray(0, 2000 * D);
  const options = { M: 4, K: 16, D, seed: 5, iterations: 4 };

  it('gives what learnCodebook gives, with any number of threads and with none', async () => {
    const learnt = learnCodebook(few, options);
    for (const threads of [0, 1, 3]) {
      const onProgress = vi.fn();
      expect(await learnCodebookInThreads(few, { ...options, threads, onProgress })).toEqual(learnt);
      expect(onProgress).toHaveBeenCalledWith({ subspace: 3, iteration: 4, iterations: 4 });
      expect(onProgress).toHaveBeenCalledTimes(16);
    }
    const init = learnt.codebook;
    expect(await learnCodebookInThreads(few, { ...options, init })).toEqual(learnCodebook(few, { ...options, init }));
  });

  it('refuses what learnCodebook refuses', async () => {
    const none = learnCodebookInThreads(few.subarray(0, D), options);
    await expect(none).rejects.toMatchObject({ code: 'TOO_FEW_VECTORS' });
    await expect(learnCodebookInThreads(few, { ...options, seed: -1 })).rejects.toMatchObject({ code: 'BAD_OPTION' });
  });

  it.each([0, 2])('stops when aborted, before and in the middle (%d threads)', async (threads) => {
    const before = learnCodebookInThreads(few, { ...options, threads, signal: AbortSignal.abort('enough') });
    await expect(before).rejects.toBe('enough');
    const stop = new AbortController();
    const inside = { ...options, threads, signal: stop.signal, onProgress: () => stop.abort('later') };
    await expect(learnCodebookInThreads(few, inside)).rejects.toBe('later');
  });
});
