import { describe, expect, it } from 'vitest';
import { createRandom } from '../random.ts';
import { scan } from '../scan.ts';
import { createIndex } from './create.ts';

const random = createRandom(5);
const M = 4;
const K = 16;
const N = 5000;
const codebook = { M, K, D: 8, codewords: Float32Array.from({ length: K * 8 }, () => random.normal()) };
const codes = Uint8Array.from({ length: N * M }, () => random.integer(K));
const table = Float32Array.from({ length: M * K }, () => random.normal());

describe('an index', () => {
  it('finds what a scan finds', async () => {
    using index = await createIndex({ codebook, codes });
    const { rows, distances } = scan(codes, table, { M, K, k: 10 });
    expect(index.search({ table }, { k: 10 })).toEqual({ ids: rows, distances });
  });
  it('lives', async () => {
    using index = await createIndex({ codebook, codes: codes.subarray(0, 40) });
    index.add([100, 101], codes.subarray(40, 48));
    expect(index.remove([3, 100, 7])).toBe(3);
    index.upsert([5, 3], codes.subarray(48, 56));
    expect(index.count).toBe(10);
    const { ids, codes: left } = index.items();
    const { rows, distances } = scan(left, table, { M, K, k: 10 });
    expect(index.search({ table }, { k: 10 })).toEqual({ ids: rows.map((row) => ids[row]), distances });
    await index.merge();
    expect(index.items()).toEqual({ ids, codes: left });
    expect(index.search({ table }, { k: 10 })).toEqual({ ids: rows.map((row) => ids[row]), distances });
  });
});
