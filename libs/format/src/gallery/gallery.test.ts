import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ByteSource, bytesSource } from '../source.ts';
import { sampleGallery } from '../testing/samples.ts';
import type { GalleryContent } from './content.ts';
import type { GalleryItem } from './meta.ts';
import { openGallery } from './read.ts';
import { galleryChunks, writeGallery } from './write.ts';

/** A source that notes the ranges it was asked for. */
function noting(bytes: Uint8Array): ByteSource & { ranges: [number, number][]; closed: boolean } {
  const inner = bytesSource(bytes);
  return {
    size: inner.size,
    ranges: [],
    closed: false,
    async read(offset, length, signal) {
      this.ranges.push([offset, length]);
      return inner.read(offset, length, signal);
    },
    async close() {
      this.closed = true;
    },
  };
}

const galleries: fc.Arbitrary<GalleryContent & { items: GalleryItem[] }> = fc
  .record({
    M: fc.constantFrom(1, 2, 4, 32),
    K: fc.constantFrom(2, 16, 256),
    classes: fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 3 }),
    ids: fc.uniqueArray(fc.string({ unit: 'grapheme', minLength: 1 }), { maxLength: 8 }),
  })
  .chain(({ M, K, classes, ids }) =>
    fc.record({
      codebookSha256: fc.constant('0123456789abcdef'.repeat(4)),
      M: fc.constant(M),
      K: fc.constant(K),
      classes: fc.constant(classes),
      codes: fc.uint8Array({ max: K - 1, minLength: M * ids.length, maxLength: M * ids.length }),
      items: fc.tuple(
        ...ids.map((id) =>
          fc.record({
            id: fc.constant(id),
            labels: classes.length === 0 ? fc.constant([]) : fc.array(fc.nat(classes.length - 1), { maxLength: 3 }),
            thumbnail: fc.option(fc.uint8Array({ minLength: 1, maxLength: 200 }), { nil: undefined }),
          }),
        ),
      ),
      thumbnailType: fc.constant('image/png'),
      weights: fc.constantFrom('', 'f32', 'i8'),
    }),
  );

describe('a gallery', () => {
  it('comes back as it was written', async () => {
    await fc.assert(
      fc.asyncProperty(galleries, async (content) => {
        await using gallery = await openGallery(bytesSource(writeGallery(content)));
        expect(gallery.meta).toEqual({
          schemaVersion: 2,
          generation: 1,
          codebookSha256: content.codebookSha256,
          M: content.M,
          K: content.K,
          rows: content.items.length,
          count: content.items.length,
          tail: 0,
          idKind: 'string',
          classes: content.classes,
          thumbnailType: content.thumbnailType,
          weights: content.weights,
          index: {
            kind: 'flat',
            version: 1,
            M: content.M,
            K: content.K,
            count: content.items.length,
            facts: {},
            parts: [{ name: 'codes', bytes: content.codes?.length }],
          },
        });
        expect(await gallery.codes()).toEqual(content.codes);
        expect(await gallery.ids()).toEqual(content.items.map((item) => item.id));
        expect(await gallery.labels()).toEqual(content.items.map((item) => item.labels));
        expect(await gallery.items()).toEqual(content.items);
        await gallery.verify();
      }),
    );
  });

  it('may be empty, and may have no thumbnails', async () => {
    const content = { ...sampleGallery(), codes: new Uint8Array(0), items: [] };
    const empty = await openGallery(bytesSource(writeGallery(content)));
    expect([empty.meta.count, await empty.ids(), await empty.thumbnails([])]).toEqual([0, [], []]);
    await empty.verify();
    const { thumbnailType: _, ...rest } = sampleGallery();
    const items = rest.items.map(({ id, labels }) => ({ id, labels }));
    const bare = await openGallery(bytesSource(writeGallery({ ...rest, items })));
    expect(bare.meta.thumbnailType).toBe('');
    expect(await bare.thumbnails([0, 1])).toEqual([null, null]);
  });

  it('keeps ids that plain text formats would spoil', async () => {
    const items = ['\ufeffmark', 'new\nline', 'a,b', 'null\0', ' ', '☕'].map((id) => ({ id, labels: [] }));
    const gallery = await openGallery(
      bytesSource(writeGallery({ ...sampleGallery(), codes: new Uint8Array(12), items })),
    );
    expect(await gallery.ids()).toEqual(items.map((item) => item.id));
  });

  it('begins every section at a multiple of 64 bytes', async () => {
    const source = noting(writeGallery(sampleGallery()));
    const gallery = await openGallery(source);
    await gallery.verify();
    expect(source.ranges.length).toBeGreaterThan(5);
    expect(source.size % 64).toBe(0);
    for (const [offset] of source.ranges.slice(0, 6)) expect(offset % 64).toBe(0);
  });

  it('is written in pieces that hand thumbnails through without copies', () => {
    const content = sampleGallery();
    const pieces = [...galleryChunks(content)];
    expect(pieces).toContain(content.items[0].thumbnail);
    expect(pieces).toContain(content.codes);
    expect(Uint8Array.from(pieces.flatMap((piece) => [...piece]))).toEqual(writeGallery(content));
  });

  it('is written to the same bytes each time', () => {
    expect(writeGallery(sampleGallery())).toEqual(writeGallery(sampleGallery()));
  });
});

describe('reading by ranges', () => {
  it('reads the header when opened, and then one range for each part', async () => {
    const many = Array.from({ length: 5000 }, (_, i) => ({ id: `item ${i}`, labels: [] }));
    const source = noting(writeGallery({ ...sampleGallery(), codes: new Uint8Array(10_000), items: many }));
    const gallery = await openGallery(source);
    expect(source.ranges).toEqual([[0, 16_384]]);
    source.ranges.length = 0;
    await gallery.codes();
    await gallery.ids();
    await gallery.labels();
    expect(source.ranges).toHaveLength(3);
  });

  it('reads a long header by a second range', async () => {
    const classes = Array.from({ length: 5000 }, (_, i) => `class ${i}`);
    const source = noting(writeGallery({ ...sampleGallery(), classes }));
    const gallery = await openGallery(source);
    expect(source.ranges).toHaveLength(2);
    expect(gallery.meta.classes).toEqual(classes);
  });

  it('reads the index of thumbnails once, then neighbours together and far ones apart', async () => {
    const items = Array.from({ length: 100 }, (_, i) => ({
      id: `${i}`,
      labels: [],
      thumbnail: new Uint8Array(10_000).fill(i),
    }));
    const source = noting(writeGallery({ ...sampleGallery(), codes: new Uint8Array(200), items }));
    const gallery = await openGallery(source);
    source.ranges.length = 0;
    const [first, second] = await Promise.all([gallery.thumbnails([3, 5, 90, 4, 3]), gallery.thumbnail(7)]);
    expect(first.map((thumbnail) => thumbnail?.[0])).toEqual([3, 5, 90, 4, 3]);
    expect(second).toEqual(items[7].thumbnail);
    // The index, rows 3 to 5, row 90, row 7.
    expect(source.ranges.map(([, length]) => length).sort((a, b) => a - b)).toEqual([1600, 10_000, 10_000, 30_000]);
  });

  it('reads the index again after a failure', async () => {
    const source = noting(writeGallery(sampleGallery()));
    const gallery = await openGallery(source);
    const read = source.read;
    source.read = () => Promise.reject(new Error('no network'));
    await expect(gallery.thumbnail(0)).rejects.toThrow('no network');
    source.read = read;
    expect(await gallery.thumbnail(0)).toEqual(Uint8Array.of(1, 2, 3));
  });

  it('says which rows there are', async () => {
    const gallery = await openGallery(bytesSource(writeGallery(sampleGallery())));
    for (const row of [-1, 4, 0.5, Number.NaN]) {
      await expect(gallery.thumbnail(row)).rejects.toMatchObject({ code: 'NO_SUCH_ROW' });
    }
  });

  it('stops when aborted', async () => {
    const source = bytesSource(writeGallery(sampleGallery()));
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(openGallery(source, { signal })).rejects.toThrow('enough');
    const gallery = await openGallery(source);
    await expect(gallery.codes(signal)).rejects.toThrow('enough');
    await expect(gallery.thumbnail(0, signal)).rejects.toThrow('enough');
  });

  it('closes its source, once, and is closed then', async () => {
    const source = noting(writeGallery(sampleGallery()));
    const gallery = await openGallery(source);
    await gallery.close();
    await gallery.close();
    expect(source.closed).toBe(true);
    await expect(gallery.codes()).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(gallery.thumbnail(0)).rejects.toMatchObject({ code: 'CLOSED' });
  });
});

describe('what cannot be written', () => {
  const good = sampleGallery();
  const [first, ...others] = good.items;

  it('is refused before the first byte', () => {
    for (const wrong of [
      { codebookSha256: 'abc' },
      { M: 3 },
      { M: 0 },
      { K: 3 },
      { K: 2 },
      { codes: good.codes.subarray(1) },
      { classes: ['\udc00'] },
      { thumbnailType: '' },
      { thumbnailType: undefined },
      { items: [{ ...first, id: '' }, ...others] },
      { items: [{ ...first, id: 'half a pair \ud83d' }, ...others] },
      { items: [{ ...first, labels: [3] }, ...others] },
      { items: [{ ...first, labels: [-1] }, ...others] },
      { items: [{ ...first, labels: [0.5] }, ...others] },
      { items: [{ ...first, thumbnail: new Uint8Array(0) }, ...others] },
    ]) {
      expect(() => galleryChunks({ ...good, ...wrong })).toThrow(expect.objectContaining({ code: 'BAD_INPUT' }));
    }
  });

  it('such as an id that occurs twice is named with its rows', () => {
    const items = [first, ...others.slice(0, 2), { ...first }];
    expect(() => galleryChunks({ ...good, items })).toThrow(
      expect.objectContaining({ code: 'DUPLICATE_ID', message: expect.stringContaining('Rows 0 and 3') }),
    );
  });
});
