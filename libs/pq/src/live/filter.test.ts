import { describe, expect, it } from 'vitest';
import { createRandom } from '../random.ts';
import { Reference } from '../testing/reference.ts';
import { createIndex } from './create.ts';
import { createLabels } from './labels.ts';

const random = createRandom(8);
const M = 5;
const K = 8;
const N = 20_000;
const codes = Uint8Array.from({ length: N * M }, () => random.integer(K));
const table = Float32Array.from({ length: M * K }, () => random.normal());
const reference = new Reference(M, K);
reference.put(Array(N).keys(), codes);
const create = () => createIndex({ codebook: { M, K }, codes, threads: 0 });

/** Every step-th id, and a bitmap of them. */
function every(step: number): { ids: Uint32Array; bitmap: Uint32Array; keep: (id: number) => boolean } {
  const ids = Uint32Array.from({ length: Math.ceil(N / step) }, (_, i) => i * step);
  const bitmap = new Uint32Array(Math.ceil(N / 32));
  for (const id of ids) bitmap[id >>> 5] |= 1 << (id & 31);
  return { ids, bitmap, keep: (id) => id % step === 0 };
}

describe('a filter', () => {
  it.each([1, 2, 10, 150, 5000, N])('of every %d. id leaves what it names, however often it comes', async (step) => {
    using index = await create();
    const { ids, bitmap, keep } = every(step);
    const label = createLabels(
      Array.from(ids, () => [3]),
      ids,
    ).filter(3);
    const expected = reference.search(table, 20, keep);
    for (const filter of [{ ids }, { ids: [...ids].reverse() }, { ids: new Set(ids) }, { bitmap }, label]) {
      for (let times = 0; times < 8; times++) {
        expect(index.search({ table }, { k: 20, filter })).toEqual(expected);
      }
      expect(await index.searchMany({ tables: table }, { k: 20, filter })).toEqual([expected]);
    }
    expect(index.search({ table }, { k: 20 })).toEqual(reference.search(table, 20));
  });

  it('is gathered when it has come often enough: then little is visited', async () => {
    using index = await create();
    const { bitmap, ids } = every(30);
    const visited = Array.from({ length: 40 }, () => {
      index.search({ table }, { k: 20, filter: { bitmap } });
      return index.explain().last!.items;
    });
    expect(visited[0]).toBeGreaterThan(ids.length);
    expect(visited[39]).toBe(ids.length);
  });

  it('may change in the same array', async () => {
    using index = await create();
    const { bitmap } = every(40);
    const { ids } = every(2000);
    for (let times = 0; times < 6; times++) {
      index.search({ table }, { k: 20, filter: { bitmap } });
      index.search({ table }, { k: 20, filter: { ids } });
    }
    bitmap[0] |= 2;
    ids[1] = 1;
    const changedBitmap = reference.within(table, Infinity, (id) => id % 40 === 0 || id === 1);
    const changedIds = reference.within(table, Infinity, (id) => (id % 2000 === 0 && id !== 2000) || id === 1);
    for (let times = 0; times < 6; times++) {
      const byBitmap = index.within({ table }, { radius: Infinity, filter: { bitmap } });
      expect(byBitmap).toEqual(changedBitmap);
      const byIds = index.within({ table }, { radius: Infinity, filter: { ids } });
      expect(byIds).toEqual(changedIds);
    }
  });

  it('follows what is added and removed', async () => {
    using index = await create();
    const { bitmap } = every(1000);
    const ids = [4, 8, 4];
    const label = createLabels([[1], [1, 2], [1]], Uint32Array.of(4, 8, 10 * N)).filter(1);
    const found = (filter: { ids: number[] } | { bitmap: Uint32Array } | typeof label) =>
      [...index.within({ table }, { radius: Infinity, filter }).ids].sort((a, b) => a - b);
    expect(found({ ids })).toEqual([4, 8]);
    expect(found(label)).toEqual([4, 8]);
    index.add([10 * N], codes.subarray(0, M));
    expect(found(label)).toEqual([4, 8, 10 * N]);
    expect(found({ ids: [10 * N, 8] })).toEqual([8, 10 * N]);
    index.remove([0, 1000, 8]);
    expect(found({ bitmap })).toEqual([...every(1000).ids].slice(2));
    expect(found(label)).toEqual([4, 10 * N]);
    expect(() => found({ ids })).toThrow(
      expect.objectContaining({
        code: 'UNKNOWN_ID',
        message: expect.stringContaining('names 1 ids that no item has: 8.'),
      }),
    );
    index.upsert([8], codes.subarray(0, M));
    expect(found({ ids })).toEqual([4, 8]);
    await index.merge();
    expect(found(label)).toEqual([4, 8, 10 * N]);
  });

  it('that leaves nothing finds nothing', async () => {
    using index = await create();
    const nothing = { ids: new Uint32Array(), distances: new Float64Array() };
    for (const filter of [{ ids: [] }, { bitmap: new Uint32Array() }, createLabels([]).filter(1)]) {
      expect(index.search({ table }, { k: 3, filter })).toEqual(nothing);
      expect(index.within({ table }, { radius: 1e9, filter })).toEqual(nothing);
    }
  });

  it('is refused where it is none, or names what is not there', async () => {
    using index = await create();
    const search = (filter: unknown) => () => index.search({ table }, { k: 1, filter: filter as { ids: number[] } });
    for (const times of [1, 2]) {
      const unknown = expect.objectContaining({
        code: 'UNKNOWN_ID',
        message: expect.stringContaining(`${N}, ${N + 1}, ${N + 2}, ${N + 3}, ${N + 4}, …`),
      });
      const ids = Array.from({ length: 7 }, (_, i) => N + i);
      expect(search({ ids: [1, ...ids] }), `${times}`).toThrow(unknown);
    }
    for (const bad of [{}, { bitmap: [1] }, { ids: [-1] }, { ids: [0.5] }, { ids: [2 ** 32 - 1] }]) {
      expect(search(bad)).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
    }
  });
});

describe('labels', () => {
  const lists = [[1, 2], [2], [], [3, 3, 1], [2, 1]];

  it('name the items that have one, any or all of them', () => {
    const flat = { offsets: [0, 2, 3, 3, 6, 8], values: [1, 2, 2, 3, 3, 1, 2, 1] };
    for (const labels of [createLabels(lists), createLabels(flat)]) {
      expect([...labels.filter(1).ids]).toEqual([0, 3, 4]);
      expect([...labels.filter(9).ids]).toEqual([]);
      expect([...labels.any([1, 2]).ids]).toEqual([0, 1, 3, 4]);
      expect([...labels.any([]).ids]).toEqual([]);
      expect([...labels.all([1, 2]).ids]).toEqual([0, 4]);
      expect([...labels.all([2, 9]).ids]).toEqual([]);
      expect([...labels.all([]).ids]).toEqual([]);
      expect(labels.all([2, 1])).toBe(labels.all([1, 2, 1]));
      expect(labels.any([2])).toBe(labels.filter(2));
    }
    const others = createLabels(lists, Uint32Array.of(9, 7, 5, 3, 1));
    expect([...others.filter(1).ids]).toEqual([1, 3, 9]);
  });

  it('are the items of all labels, for any lists', () => {
    for (let times = 0; times < 30; times++) {
      const many = Array.from({ length: 300 }, () =>
        Array.from({ length: random.integer(4) }, () => random.integer(6)),
      );
      const labels = createLabels(many);
      const wanted = Array.from({ length: 2 + random.integer(2) }, () => random.integer(6));
      const rows = (test: (own: number[]) => boolean) => [...many.keys()].filter((row) => test(many[row]));
      expect([...labels.all(wanted).ids]).toEqual(rows((own) => wanted.every((label) => own.includes(label))));
      expect([...labels.any(wanted).ids]).toEqual(rows((own) => wanted.some((label) => own.includes(label))));
    }
  });

  it('are refused where they fit no items', () => {
    const refused = (code: string, run: () => unknown) => expect(run).toThrow(expect.objectContaining({ code }));
    refused('BAD_SHAPE', () => createLabels(lists, Uint32Array.of(1)));
    refused('DUPLICATE_ID', () => createLabels(lists, Uint32Array.of(9, 7, 5, 7, 1)));
    refused('BAD_OPTION', () => createLabels([[1], [-1]]));
    refused('BAD_OPTION', () => createLabels([[0.5]]));
  });
});
