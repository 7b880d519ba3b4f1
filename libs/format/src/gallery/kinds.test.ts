/** @file Index images, ids of each kind, labels, metadata and rows that are gone. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ByteSource, bytesSource } from '../source.ts';
import { fullGallery, sampleGallery } from '../testing/samples.ts';
import type { GalleryContent } from './content.ts';
import type { ItemId } from './meta.ts';
import { openGallery } from './read.ts';
import { writeGallery } from './write.ts';

function open(content: GalleryContent) {
  return openGallery(bytesSource(writeGallery(content)));
}

/** As a file gives its bytes: into memory that is there. */
function fillingSource(bytes: Uint8Array): ByteSource {
  return {
    ...bytesSource(bytes),
    async readInto(offset, target) {
      target.set(bytes.subarray(offset, offset + target.length));
      return target.length;
    },
  };
}

describe('an index image', () => {
  const content = fullGallery();

  it('comes back with its facts, its parts and their order', async () => {
    const gallery = await open(content);
    expect(await gallery.image()).toEqual(content.image);
    expect(gallery.meta).toMatchObject({
      rows: 4,
      count: 3,
      tail: 0,
      index: {
        ...content.image,
        parts: [
          { name: 'cells', bytes: 100 },
          { name: 'ids', bytes: 12 },
        ],
      },
    });
    await gallery.verify();
  });

  it('is read straight into memory that threads share, and tells how far it is', async () => {
    const large = {
      ...content,
      image: { ...content.image, parts: [{ name: 'codes', bytes: new Uint8Array(5_000_001).map((_, i) => i * 7) }] },
    };
    const bytes = writeGallery(large);
    for (const source of [bytesSource(bytes), fillingSource(bytes)]) {
      const memory = new Uint8Array(new SharedArrayBuffer(6_000_000));
      const steps: number[] = [];
      const gallery = await openGallery(source);
      const image = await gallery.image({
        allocate: (parts) => parts.map((part) => memory.subarray(1000, 1000 + part.bytes)),
        onProgress: (done, total) => steps.push(done / total),
      });
      expect(image.parts[0].bytes.buffer).toBe(memory.buffer);
      expect(Buffer.compare(image.parts[0].bytes, large.image.parts[0].bytes)).toBe(0);
      expect(steps.at(-1)).toBe(1);
      expect(steps).toEqual([...steps].sort((a, b) => a - b));
    }
  });

  it('shows a flipped bit anywhere in a large part, and does not write into the memory after that', async () => {
    const part = { name: 'codes', bytes: new Uint8Array(5_000_001).map((_, i) => i * 7) };
    const bytes = writeGallery({ ...content, image: { ...content.image, parts: [part] } });
    const at = bytes.length - 4_000_000;
    bytes[at] ^= 1;
    const gallery = await openGallery(fillingSource(bytes));
    let target = new Uint8Array(0);
    const allocate = () => {
      target = new Uint8Array(part.bytes.length);
      return [target];
    };
    await expect(gallery.image({ allocate })).rejects.toMatchObject({
      code: 'DAMAGED',
      message: expect.stringMatching(/codes.*CRC-32 [0-9a-f]+ at byte \d+, but has [0-9a-f]+/),
    });
    const copy = target.slice();
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(Buffer.compare(copy, target)).toBe(0);
  });

  it('wants memory of the right size', async () => {
    const gallery = await open(content);
    const allocate = () => [new Uint8Array(99), new Uint8Array(12)];
    await expect(gallery.image({ allocate })).rejects.toMatchObject({ code: 'BAD_INPUT' });
  });

  it('stops when aborted', async () => {
    const gallery = await open(content);
    await expect(gallery.image({ signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
  });

  it('that is flat gives the codes in the order of rows, any other says where they are', async () => {
    const image = {
      ...{ kind: 'flat', version: 1, M: 1, K: 4, count: 3, facts: {} },
      parts: [
        { name: 'codes', bytes: Uint8Array.of(3, 1, 2) },
        { name: 'ids', bytes: new Uint8Array(Uint32Array.of(2, 0, 1).buffer) },
      ],
    };
    const flat = await open({ ...content, M: 1, image, items: content.items.slice(0, 3), removed: undefined });
    expect(await flat.codes()).toEqual(Uint8Array.of(1, 2, 3));
    await flat.verify();
    await expect((await open(content)).codes()).rejects.toMatchObject({
      code: 'CODES_IN_INDEX',
      message: expect.stringContaining('openIndex'),
    });
  });

  it('that cannot be is not written', () => {
    const { image } = content;
    for (const wrong of [
      { image: { ...image, count: 4 } },
      { image: { ...image, M: 3 } },
      { image: { ...image, K: 8 } },
      { image: { ...image, kind: '' } },
      { image: { ...image, version: 0 } },
      { image: { ...image, facts: { a: Number.NaN } } },
      { image: { ...image, parts: [image.parts[0], image.parts[0]] } },
      { image: { ...image, kind: 'flat' } },
      { codes: new Uint8Array(8) },
      { image: undefined },
      { image: undefined, codes: new Uint8Array(8) },
      { removed: Uint32Array.of(4) },
      { removed: Uint32Array.of(2, 2) },
    ]) {
      expect(() => writeGallery({ ...content, ...wrong }), JSON.stringify(wrong)).toThrow(
        expect.objectContaining({ code: 'BAD_INPUT' }),
      );
    }
  });
});

describe('ids', () => {
  const frame = { ...sampleGallery(), M: 1 };

  it('are strings, or numbers of 32 or 64 bits, whole and by rows', async () => {
    const kinds: [string, fc.Arbitrary<ItemId[]>][] = [
      ['string', fc.uniqueArray(fc.string({ unit: 'grapheme', minLength: 1 }), { minLength: 1, maxLength: 9 })],
      ['u32', fc.uniqueArray(fc.integer({ min: 0, max: 2 ** 32 - 1 }), { minLength: 1, maxLength: 9 })],
      ['u64', fc.uniqueArray(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { minLength: 1, maxLength: 9 })],
    ];
    for (const [idKind, arbitrary] of kinds) {
      await fc.assert(
        fc.asyncProperty(arbitrary, async (ids) => {
          const items = ids.map((id) => ({ id, labels: [] }));
          const gallery = await open({ ...frame, codes: new Uint8Array(ids.length), items });
          expect(gallery.meta.idKind).toBe(idKind);
          expect(Array.from((await gallery.ids()) as ArrayLike<ItemId>)).toEqual(ids);
          expect(await gallery.idTexts()).toEqual(ids.map(String));
          const rows = [...ids.keys()].reverse();
          expect(await gallery.idsOf([...rows, 0])).toEqual([...ids.toReversed(), ids[0]]);
          await gallery.verify();
        }),
        { numRuns: 30 },
      );
    }
  });

  it('that are the rows take no room', async () => {
    const count = 100_000;
    const codes = new Uint8Array(count);
    const bytes = writeGallery({ ...frame, codes, items: { count } });
    expect(bytes.length).toBeLessThan(count + 3000);
    const named = writeGallery({ ...frame, codes, items: { count, ids: Uint32Array.from(codes, (_, i) => i) } });
    expect(Buffer.compare(named, bytes)).toBe(0);
    const gallery = await openGallery(bytesSource(bytes));
    expect(gallery.meta).toMatchObject({ idKind: 'u32', count });
    expect([await gallery.id(99_999), (await gallery.ids())[777]]).toEqual([99_999, 777]);
  });

  it('of mixed kinds, out of range or twice the same are refused', () => {
    const write = (...ids: ItemId[]) =>
      writeGallery({ ...frame, codes: new Uint8Array(ids.length), items: ids.map((id) => ({ id, labels: [] })) });
    for (const ids of [['a', 1], [1, 2n], [2 ** 32], [-1], [0.5], [-1n], [2n ** 64n], [Number.NaN]] as ItemId[][]) {
      expect(() => write(...ids), String(ids)).toThrow(expect.objectContaining({ code: 'BAD_INPUT' }));
    }
    for (const id of ['a', 1, 1n] as ItemId[]) {
      const other = typeof id === 'string' ? 'b' : typeof id === 'number' ? 2 : 2n;
      expect(() => write(other, id, id)).toThrow(
        expect.objectContaining({ code: 'DUPLICATE_ID', message: expect.stringContaining('Rows 1 and 2') }),
      );
    }
  });

  it('are read by small ranges where few rows are wanted', async () => {
    const count = 200_000;
    const ids = Array.from({ length: count }, (_, i) => `item ${i}`);
    const bytes = writeGallery({ ...frame, codes: new Uint8Array(count), items: { count, ids } });
    let read = 0;
    const inner = bytesSource(bytes);
    const source: ByteSource = {
      ...inner,
      async read(at, length) {
        read += length;
        return inner.read(at, length);
      },
    };
    const gallery = await openGallery(source);
    expect(await gallery.idsOf([5, 199_999, 100_000])).toEqual(['item 5', 'item 199999', 'item 100000']);
    expect(read).toBeLessThan(16_384 + 2 * 3 * 16_384 + 1);
  });
});

describe('labels and metadata', () => {
  it('come back in two arrays, too', async () => {
    const gallery = await open(sampleGallery());
    expect(await gallery.labelTable()).toEqual({
      offsets: Uint32Array.of(0, 1, 3, 3, 4),
      values: Uint32Array.of(0, 1, 2, 2),
    });
    const { items, ...rest } = sampleGallery();
    const labels = { offsets: Uint32Array.of(0, 1, 3, 3, 4), values: Uint32Array.of(0, 1, 2, 2) };
    const columns = { count: 4, ids: items.map((item) => item.id as string), labels };
    const same = await open({ ...rest, items: { ...columns, thumbnails: (row: number) => items[row].thumbnail } });
    expect(await same.items()).toEqual(await gallery.items());
  });

  it('are JSON objects of any sort', async () => {
    const json = fc.option(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue()), { nil: undefined });
    await fc.assert(
      fc.asyncProperty(fc.array(json, { maxLength: 5 }), async (values) => {
        const items = values.map((metadata, i) => ({ id: `${i}`, labels: [], metadata }));
        const gallery = await open({ ...sampleGallery(), codes: new Uint8Array(2 * items.length), items });
        const rows = [...items.keys()];
        const expected = values.map((value) => value && JSON.parse(JSON.stringify(value)));
        expect(await gallery.metadata(rows)).toEqual(expected);
        await gallery.verify();
      }),
      { numRuns: 50 },
    );
    const [first] = sampleGallery().items;
    for (const metadata of [null, 5, 'text', [1]]) {
      const items = [{ ...first, metadata: metadata as never }];
      expect(() => writeGallery({ ...sampleGallery(), codes: new Uint8Array(2), items })).toThrow(
        expect.objectContaining({ code: 'BAD_INPUT' }),
      );
    }
  });
});

describe('rows that are gone', () => {
  it('keep their numbers and nothing else', async () => {
    const gallery = await open(fullGallery());
    expect(await gallery.removed()).toEqual(Uint32Array.of(2));
    expect((await gallery.tail()).removed).toEqual(new Uint32Array(0));
    expect(await gallery.items({ rows: [2, 3] })).toEqual([
      { id: '', labels: [], thumbnail: undefined },
      { id: 'd', labels: [2], thumbnail: undefined },
    ]);
  });
});
