import { afterEach, describe, expect, it, vi } from 'vitest';
import { encode } from '../encode.ts';
import type { PqCode } from '../errors.ts';
import { createRandom } from '../random.ts';
import { lookupTable } from '../table.ts';
import { Reference } from '../testing/reference.ts';
import { sameArrays } from '../testing/same.ts';
import { type CreateOptions, createIndex, createIndexWith, openIndex } from './create.ts';
import { createLabels } from './labels.ts';

const random = createRandom(5);
const M = 4;
const K = 16;
const D = 8;
const N = 5000;
const codebook = { M, K, D, codewords: Float32Array.from({ length: K * D }, () => random.normal()) };
const vectors = Float32Array.from({ length: N * D }, () => random.normal());
const codes = encode(codebook, vectors);
const table = Float32Array.from({ length: M * K }, () => random.normal());
const reference = new Reference(M, K);
reference.put(Array(N).keys(), codes);

function refused(code: PqCode, run: () => unknown, message = ''): void {
  expect(run).toThrow(expect.objectContaining({ code, message: expect.stringContaining(message) }));
}

function expectSame<T extends object>(actual: T, expected: T): void {
  if (!sameArrays(actual, expected)) expect(actual).toEqual(expected);
}

afterEach(() => vi.restoreAllMocks());

describe('an index', () => {
  it.each(['aqd', 'ip', 'sqd'] as const)('finds what a scan finds, by %s', async (distance) => {
    using index = await createIndex({ codebook, codes });
    const queries = vectors.subarray(0, 12 * D);
    const batch = await index.searchMany(queries, { k: 10, distance });
    for (let i = 0; i < 12; i++) {
      const query = queries.subarray(i * D, (i + 1) * D);
      const expected = reference.search(lookupTable(codebook, query, distance), 10);
      expect(index.search(query, { k: 10, distance })).toEqual(expected);
      expect(batch[i]).toEqual(expected);
      const radius = expected.distances[9];
      expect(index.within(query, { radius, distance })).toEqual(
        reference.within(lookupTable(codebook, query, distance), radius),
      );
    }
  });

  it('says how it is arranged and what a query looked at', async () => {
    using index = await createIndex({ codebook, codes, structure: 'multi-index', threads: 0 });
    expect(index.explain()).toMatchObject({ structure: 'multi-index', count: N, tail: 0, dead: 0, threads: 0 });
    expect(index.explain().last).toBeUndefined();
    index.search({ table }, { k: 1 });
    const { last, bytes, kernels } = index.explain();
    expect(kernels).toBe('simd');
    expect(last!.cells).toBeGreaterThan(0);
    expect(last!.cells).toBeLessThan(last!.of);
    expect(last!.items).toBeLessThan(N / 2);
    const { total, perItem, memory, ...parts } = bytes;
    expect(total).toBe(Object.values(parts).reduce((sum, part) => sum + part, 0));
    expect(perItem).toBe((parts.base + parts.tail + parts.dead + parts.ids) / N);
    expect(memory).toBeGreaterThanOrEqual(parts.base);
  });

  it('may begin with nothing', async () => {
    using index = await createIndex({ codebook, codes: new Uint8Array() });
    expect(index.count).toBe(0);
    refused('BAD_OPTION', () => index.search({ table }, { k: 1 }), 'holds 0');
    expect(index.within({ table }, { radius: Infinity }).ids.length).toBe(0);
    expect(await index.searchMany({ tables: table }, { radius: 1e9 })).toEqual([
      index.within({ table }, { radius: 0 }),
    ]);
    index.add([7], codes.subarray(0, M));
    expect([...index.search({ table }, { k: 1 }).ids]).toEqual([7]);
    await index.merge();
    expect([...index.search({ table }, { k: 1 }).ids]).toEqual([7]);
    expect(index.remove([7])).toBe(1);
    await index.merge();
    expect(index.count).toBe(0);
  });

  it('is opened from its image, with the same answers', async () => {
    const ids = Uint32Array.from({ length: N }, (_, i) => 2 * (N - i));
    for (const [count, given] of [
      [N, undefined],
      [N, ids],
      [100, undefined],
      [100, ids.subarray(0, 100)],
    ] as const) {
      using index = await createIndex({ codebook, codes: codes.subarray(0, count * M), ids: given });
      const changed = count / 2;
      for (const times of [0, 1]) {
        const image = structuredClone(await index.image());
        expect(image).toMatchObject({ M, K, count: index.count });
        using opened = await openIndex(image, codebook);
        expectSame(opened.items(), index.items());
        expect(opened.search({ table }, { k: 50 })).toEqual(index.search({ table }, { k: 50 }));
        if (times === 0) index.remove(index.items().ids.subarray(0, changed));
        if (times === 0) index.upsert([1, 10 * N], codes.subarray(0, 2 * M));
      }
    }
  });

  it('merges by itself when the tail has grown, and needs less then', async () => {
    const count = 20_000;
    const more = Uint8Array.from({ length: count * M }, () => random.integer(K));
    using index = await createIndex({ codebook, codes: new Uint8Array(), threads: 0 });
    index.add(Array(count).keys(), more);
    expect(index.explain()).toMatchObject({ tail: count, merge: { running: true } });
    index.remove([3]);
    await index.merge();
    expect(index.explain()).toMatchObject({ tail: 0, dead: 1, merge: { running: false, failed: undefined } });
    using patient = await createIndex({ codebook, codes: new Uint8Array(), threads: 0, autoMerge: false });
    patient.add(Array(count).keys(), more);
    expect(patient.explain().merge.running).toBe(false);
    const before = patient.explain().bytes.total;
    await patient.merge();
    expect(patient.explain().bytes.total).toBeLessThan(before);
  });

  it('is closed by using', async () => {
    const index = await createIndex({ codebook, codes });
    {
      using closing = index;
      expect(closing.has(3)).toBe(true);
    }
    for (const use of [
      () => index.count,
      () => index.search({ table }, { k: 1 }),
      () => index.add([], new Uint8Array()),
      () => index.remove([1]),
      () => index.has(1),
      () => index.items(),
      () => index.explain(),
    ]) {
      refused('CLOSED', use);
    }
    await expect(index.searchMany({ tables: table }, { k: 1 })).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(index.merge()).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(index.image()).rejects.toMatchObject({ code: 'CLOSED' });
    index.close();
  });
});

describe('bad input', () => {
  it('that is missing is named', async () => {
    using index = await createIndex({ codebook, codes });
    // As JavaScript may call them.
    const any = (value?: unknown) => value as never;
    const query = vectors.subarray(0, D);
    refused('BAD_OPTION', () => index.search(query, any()), '{ k }');
    refused('BAD_OPTION', () => index.search(query, any({})), 'k is undefined');
    refused('BAD_OPTION', () => index.search(any(), { k: 1 }), 'query');
    refused('BAD_OPTION', () => index.search(query, { k: 1, filter: any(5) }), 'filter');
    refused('BAD_OPTION', () => index.search(query, { k: 1, filter: { ids: any(5) } }), 'ids are 5');
    refused('BAD_OPTION', () => index.within(query, any()), '{ radius }');
    refused('BAD_OPTION', () => index.within(query, any({})), 'radius is undefined');
    refused('BAD_OPTION', () => index.add(any(), codes), 'ids are undefined');
    refused('BAD_OPTION', () => index.add([N], any()), 'codes are undefined');
    refused('BAD_OPTION', () => index.add([N], any([0, 0, 0, 0])), 'codes are of Array; expected a Uint8Array [N, 4]');
    refused('BAD_OPTION', () => index.remove(any()), 'ids are undefined');
    refused('BAD_OPTION', () => index.remove(any(9)), 'ids are 9');
    refused('BAD_OPTION', () => index.remove(any({ ids: [9] })), 'ids are of Object');
    refused('BAD_OPTION', () => index.remove(any([9n])), 'position 0 is 9n');
    refused('BAD_OPTION', () => index.remove(any(BigUint64Array.of(9n))), 'position 0 is 9n');
    refused('BAD_OPTION', () => index.add(any([N, undefined]), codes.subarray(0, 2 * M)), 'position 1 is undefined');
    refused('BAD_OPTION', () => index.add([N], any(new Float64Array(M))), 'are these the vectors? Encode them first');
    for (const filter of [0, Number.NaN, -1, 'x', true, null, {}, () => 1, [1]]) {
      refused('BAD_OPTION', () => index.search(query, { k: 1, filter: any(filter) }), 'filter');
      const asked = { code: 'BAD_OPTION', message: expect.stringContaining('filter') };
      await expect(index.searchMany(query, { k: 1, filter: any(filter) })).rejects.toMatchObject(asked);
    }
    expect(index.search(query, { k: 1, filter: undefined })).toEqual(index.search(query, { k: 1 }));
    expect(await index.searchMany(query, any({ k: 1, radius: undefined }))).toEqual([index.search(query, { k: 1 })]);
    refused('BAD_OPTION', () => index.search(query, { k: 1, signal: any(new AbortController()) }), 'AbortSignal');
    refused('BAD_OPTION', () => createLabels(any()), 'labels are undefined');
    refused('BAD_OPTION', () => createLabels([[1]], any([1])), 'ids are of Array');
    refused('BAD_OPTION', () => createLabels(any({})), 'labels are of Object');
    refused('BAD_OPTION', () => createLabels(any(() => 1)), 'labels are a function');
    refused('BAD_OPTION', () => createLabels(any([[1], {}])), 'labels of item 1 are of Object');
    refused('BAD_OPTION', () => createLabels({ offsets: [0, 1], values: any(1) }), 'values are 1');
    refused('BAD_SHAPE', () => createLabels({ offsets: [0, 2], values: [1] }), 'from 0 to 2');
    refused('BAD_OPTION', () => createLabels([[1]]).any(any(1)), 'labels are 1');
    refused('BAD_OPTION', () => createLabels([[1]]).filter(any('1')), 'label is 1');
    const missing: [Promise<unknown>, string][] = [
      [index.searchMany(query, any()), '{ k } or { radius }'],
      [index.searchMany(any(), { k: 1 }), 'queries'],
      [index.searchMany(query, any(5)), 'options are 5'],
      [index.searchMany(query, any({ k: 1, radius: 1 })), 'Both'],
      [index.merge(any(null)), 'options are null'],
      [createIndex({ codebook, codes, onProgress: any(5) }), 'onProgress is 5'],
      [
        createIndex({ codebook, codes: any(vectors) }),
        'of Float32Array; expected a Uint8Array [N, 4]: are these the vec',
      ],
      [createIndex({ codebook, codes, ids: any(new BigUint64Array(N)) }), 'ids are of BigUint64Array'],
      [openIndex(await index.image(), codebook, any(null)), 'options are null'],
      [createIndex(any()), '{ codebook, codes }'],
      [createIndex(any({ codes })), 'codewords are undefined'],
      [createIndex(any({ codebook })), 'codes are undefined'],
      [createIndex({ codebook, codes: any([1, 2, 3, 4]) }), 'of Array; expected a Uint8Array'],
      [createIndex({ codebook, codes, ids: any([1]) }), 'ids are of Array; expected a Uint32Array'],
      [createIndex({ codebook: { ...codebook, codewords: any([1]) }, codes }), 'of Array; expected a Float32Array'],
      [openIndex(any(), codebook), 'what image() gave'],
      [openIndex(await index.image(), any()), 'codewords are undefined'],
    ];
    for (const [promise, message] of missing) {
      await expect(promise, message).rejects.toMatchObject({
        code: 'BAD_OPTION',
        message: expect.stringContaining(message),
      });
    }
  });

  it('of another codebook of the same shape is refused where an image is opened', async () => {
    using index = await createIndex({ codebook, codes });
    const image = structuredClone(await index.image());
    const other = { ...codebook, codewords: codebook.codewords.with(3, 0.5) };
    const asked = expect.objectContaining({ code: 'BAD_FILE', message: expect.stringContaining('another codebook') });
    await expect(openIndex(image, other)).rejects.toEqual(asked);
    index.upsert([7], codes.subarray(0, M));
    await expect(openIndex(await index.image(), other)).rejects.toEqual(asked);
    using opened = await openIndex(image, { ...codebook, codewords: codebook.codewords.slice() });
    await expect(openIndex(await opened.image(), other)).rejects.toEqual(asked);
    // By tables alone, and images that don't say it.
    (await openIndex(image, { M, K })).close();
    const { codewordsHash: _, ...facts } = image.facts;
    (await openIndex({ ...image, facts }, other)).close();
    using tables = await createIndex({ codebook: { M, K }, codes });
    (await openIndex(await tables.image(), other)).close();
  });

  it('makes no index', async () => {
    const bad: [PqCode, Partial<CreateOptions>][] = [
      ['BAD_SHAPE', { codebook: { M: 4, K: 17 } }],
      ['BAD_SHAPE', { codebook: { M: 33, K: 16 } }],
      ['NOT_FINITE', { codebook: { ...codebook, codewords: codebook.codewords.with(3, Number.NaN) } }],
      ['BAD_SHAPE', { codes: codes.subarray(1) }],
      ['BAD_CODE', { codes: codes.with(17, K) }],
      ['BAD_SHAPE', { ids: new Uint32Array(3) }],
      ['DUPLICATE_ID', { ids: Uint32Array.from({ length: N }, (_, i) => (i === 9 ? 4 : i)) }],
      ['DUPLICATE_ID', { ids: Uint32Array.from({ length: N }, (_, i) => (i === 9 ? 4e9 : 4e9 - i * 9)) }],
      ['BAD_OPTION', { ids: Uint32Array.from({ length: N }, (_, i) => 0xffff_ffff - i) }],
      ['BAD_OPTION', { structure: 'tree' as 'flat' }],
      ['BAD_OPTION', { distinct: 'yes' as 'auto' }],
      ['BAD_OPTION', { threads: -1 }],
    ];
    for (const [code, options] of bad) {
      await expect(createIndex({ codebook, codes, ...options }), `${code}`).rejects.toMatchObject({ code });
    }
    await expect(createIndex({ codebook, codes, signal: AbortSignal.abort('enough') })).rejects.toBe('enough');
    using index = await createIndex({ codebook, codes: codes.subarray(0, 400) });
    for (const parts of [undefined, 5, [null], [{ name: 'codes', bytes: [1] }]]) {
      const image = { ...(await index.image()), parts: parts as never };
      await expect(openIndex(image, codebook)).rejects.toMatchObject({ code: 'BAD_FILE' });
    }
    const other = { M: 4, K: 256 };
    await expect(openIndex(await index.image(), other)).rejects.toMatchObject({ code: 'BAD_FILE' });
    await expect(openIndex({ ...(await index.image()), count: 9 }, codebook)).rejects.toMatchObject({
      code: 'BAD_FILE',
    });
  });

  it('finds nothing', async () => {
    using index = await createIndex({ codebook, codes });
    const query = vectors.subarray(0, D);
    refused('BAD_OPTION', () => index.search(query, { k: 0 }));
    refused('BAD_OPTION', () => index.search(query, { k: 1.5 }));
    refused('BAD_OPTION', () => index.search(query, { k: N + 1 }), `holds ${N}`);
    refused('BAD_SHAPE', () => index.search(query.subarray(1), { k: 1 }));
    refused('NOT_FINITE', () => index.search(query.with(1, Number.NaN), { k: 1 }));
    refused('BAD_OPTION', () => index.search(query, { k: 1, distance: 'l2' as 'aqd' }));
    refused('BAD_OPTION', () => index.search([1, 2] as unknown as Float32Array, { k: 1 }));
    refused('BAD_SHAPE', () => index.search({ table: table.subarray(1) }, { k: 1 }));
    refused('NOT_FINITE', () => index.search({ table: table.with(3, -Infinity) }, { k: 1 }));
    refused('BAD_OPTION', () => index.within(query, { radius: Number.NaN }));
    expect(() => index.search(query, { k: 1, signal: AbortSignal.abort('enough') })).toThrow('enough');
    using tables = await createIndex({ codebook: { M, K }, codes });
    refused('BAD_OPTION', () => tables.search(query, { k: 1 }), 'look-up tables');
    const many = (queries: Float32Array | { tables: Float32Array }, k = 1) => index.searchMany(queries, { k });
    await expect(many(vectors.subarray(1))).rejects.toMatchObject({ code: 'BAD_SHAPE' });
    await expect(many(vectors.with(9, Number.NaN))).rejects.toMatchObject({ code: 'NOT_FINITE' });
    await expect(many({ tables: table.subarray(1) })).rejects.toMatchObject({ code: 'BAD_SHAPE' });
    await expect(many({ tables: table.with(9, Infinity) })).rejects.toMatchObject({ code: 'NOT_FINITE' });
    await expect(many(query, N + 1)).rejects.toMatchObject({ code: 'BAD_OPTION' });
  });

  it('changes nothing', async () => {
    using index = await createIndex({ codebook, codes });
    const two = codes.subarray(0, 2 * M);
    refused('DUPLICATE_ID', () => index.add([N, 3], two), 'Id 3');
    refused('DUPLICATE_ID', () => index.upsert([N, N], two), `Id ${N}`);
    refused('BAD_SHAPE', () => index.add([N], two));
    refused('BAD_SHAPE', () => index.add([N, N + 1], two.subarray(1)));
    refused('BAD_CODE', () => index.upsert([N, N + 1], two.with(1, K)));
    for (const id of [-1, 0.5, Number.NaN, 2 ** 32 - 1, 2 ** 32]) {
      refused('BAD_OPTION', () => index.add([N, id], two));
      refused('BAD_OPTION', () => index.remove([3, id]));
      expect(index.has(id)).toBe(false);
      expect(index.code(id)).toBeUndefined();
    }
    expectSame(index.items(), reference.all());
    expect(index.explain()).toMatchObject({ tail: 0, dead: 0 });
  });
});

describe('where memory ends', () => {
  it('a change is refused whole, and says how much it needs', async () => {
    using index = await createIndex({ codebook, codes, autoMerge: false });
    const count = 100_000;
    const many = new Uint8Array(count * M);
    const ids = Uint32Array.from({ length: count }, (_, i) => i);
    noMoreMemory();
    refused('OUT_OF_MEMORY', () => index.upsert(ids, many), 'bytes');
    expectSame(index.items(), reference.all());
    expect(index.explain()).toMatchObject({ tail: 0, dead: 0 });
  });

  it('a merge is given up, and the index goes on', async () => {
    const count = 20_000;
    const more = Uint8Array.from({ length: count * M }, () => random.integer(K));
    const full = new Reference(M, K);
    full.put(Array(count).keys(), more);
    using index = await createIndex({ codebook, codes: more.subarray(0, M), threads: 0 });
    index.add(
      Array.from({ length: count - 1 }, (_, i) => i + 1),
      more.subarray(M),
    );
    index.search({ table }, { k: 9 });
    noMoreMemory();
    await expect(index.merge()).rejects.toMatchObject({ code: 'OUT_OF_MEMORY' });
    await Promise.resolve();
    expect(index.explain()).toMatchObject({ tail: count - 1, merge: { running: false } });
    expect(index.explain().merge.failed).toContain('bytes');
    expect(index.search({ table }, { k: 9 })).toEqual(full.search(table, 9));
    vi.restoreAllMocks();
    await index.merge();
    expect(index.explain()).toMatchObject({ tail: 0 });
    expectSame(index.items(), full.all());
  });
});

function noMoreMemory(): void {
  const { Memory } = (globalThis as unknown as { WebAssembly: { Memory: { prototype: { grow(): void } } } })
    .WebAssembly;
  vi.spyOn(Memory.prototype, 'grow').mockImplementation(() => {
    throw new RangeError('no more');
  });
}

// The threads run dist: `npm run build` first (npm test does).
describe('with threads', () => {
  const internals = { threadsFrom: 0 };

  it('finds more than there was room for', async () => {
    using index = await createIndexWith({ codebook, codes, threads: 2 }, internals);
    const tables = new Float32Array(40 * table.length);
    for (let i = 0; i < 40; i++) tables.set(table, i * table.length);
    const all = await index.searchMany({ tables }, { radius: Infinity });
    expect(index.explain().threads).toBe(2);
    const expected = reference.within(table, Infinity);
    for (const hits of all) expectSame(hits, expected);
  });

  it('stops when aborted or closed, and nothing has changed', async () => {
    const index = await createIndexWith({ codebook, codes, threads: 1, autoMerge: false }, internals);
    const queries = vectors.subarray(0, 2000 * D);
    const stop = new AbortController();
    const batch = index.searchMany(queries, { k: 10, signal: stop.signal });
    index.remove([5]);
    const merge = index.merge({ signal: stop.signal });
    stop.abort('enough');
    for (const each of await Promise.allSettled([batch, merge])) expect(each).toMatchObject({ reason: 'enough' });
    expect(index.explain()).toMatchObject({ dead: 1, merge: { running: false } });
    await index.merge();
    expect(index.explain()).toMatchObject({ dead: 0 });
    index.remove([6]);
    // Its threads are at work, not only wanted.
    await index.searchMany(queries.subarray(0, 8 * D), { k: 1 });
    const others = Promise.allSettled([index.searchMany(queries, { k: 10 }), index.merge()]);
    await new Promise((resolve) => setTimeout(resolve, 5));
    index.close();
    const reason = { code: 'CLOSED', message: 'The index has been closed; open it again.' };
    for (const other of await others) expect(other).toMatchObject({ status: 'rejected', reason });
  });
});
