/** @file An index whose threads can't be loaded, as in a page that is offline. */
import { afterEach, expect, it, vi } from 'vitest';
import { openPool } from '../threads/pool.ts';
import { createIndexWith } from './create.ts';

vi.mock('../threads/pool.ts', () => ({ openPool: vi.fn() }));
afterEach(() => vi.resetAllMocks());

const M = 2;
const codebook = { M, K: 2, D: 2, codewords: Float32Array.of(0, 1, 0, 1) };
const codes = Uint8Array.from({ length: 40 * M }, (_, i) => i % 2);
const queries = new Float32Array(16 * 2);
const open = async () => {
  vi.mocked(openPool).mockResolvedValue(undefined);
  return createIndexWith({ codebook, codes, threads: 1, autoMerge: false }, { threadsFrom: 0 });
};
const offline = () => vi.mocked(openPool).mockRejectedValueOnce(new Error('offline'));

it('tries again for the next batch and the next merge', async () => {
  using index = await open();
  offline();
  await expect(index.searchMany(queries, { k: 1 })).rejects.toThrow('offline');
  expect(await index.searchMany(queries, { k: 1 })).toHaveLength(16);
  index.remove([3]);
  offline();
  await expect(index.merge()).rejects.toThrow('offline');
  await index.merge();
  expect(index.explain()).toMatchObject({ dead: 0 });
});

it('is closed without an error that nobody hears', async () => {
  const index = await open();
  offline();
  const batch = expect(index.searchMany(queries, { k: 1 })).rejects.toThrow('offline');
  index.close();
  await batch;
  const unheard = vi.fn();
  process.on('unhandledRejection', unheard);
  await new Promise((resolve) => setTimeout(resolve, 20));
  process.off('unhandledRejection', unheard);
  expect(unheard).not.toHaveBeenCalled();
});
