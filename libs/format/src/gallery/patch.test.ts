/** @file A gallery with rows replaced, added and removed reads as one that was written so. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../source.ts';
import { MemoryFile } from '../testing/memory-file.ts';
import { Appender } from './append.ts';
import type { GalleryItem, IndexImage, ItemId } from './meta.ts';
import { readState } from './open.ts';
import type { PatchItem } from './patch.ts';
import { openGallery } from './read.ts';
import { writeGallery } from './write.ts';

const frame = { codebookSha256: 'ab'.repeat(32), M: 1, K: 4, classes: ['x', 'y'], thumbnailType: 'image/webp' };

function image(rows: readonly number[]): IndexImage {
  const parts = [
    { name: 'codes', bytes: Uint8Array.from(rows, (row) => row % 4) },
    { name: 'ids', bytes: new Uint8Array(Uint32Array.from(rows).buffer) },
  ];
  return { kind: 'flat', version: 1, M: 1, K: 4, count: rows.length, facts: {}, parts };
}

async function join(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk.slice());
  return new Uint8Array(Buffer.concat(all));
}

const asPatch = ({ id, labels, metadata, thumbnail }: GalleryItem): PatchItem => ({
  id,
  labels,
  metadata: new TextEncoder().encode(metadata ? JSON.stringify(metadata) : ''),
  thumbnailLength: thumbnail?.length ?? 0,
  thumbnail: async () => thumbnail!,
});

const kinds: Record<string, (n: number) => ItemId> = {
  string: (n) => `item ${n} ☕`,
  u32: (n) => 1000 + n,
  u64: (n) => 2n ** 40n + BigInt(n),
};

describe.each(Object.keys(kinds))('a patch of a gallery whose ids are %s', (kind) => {
  let serial = 0;
  const item = fc
    .record({
      labels: fc.uniqueArray(fc.nat(2), { maxLength: 2 }),
      metadata: fc.option(fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 2 }), { nil: undefined }),
      thumbnail: fc.option(fc.uint8Array({ minLength: 1, maxLength: 9 }), { nil: undefined }),
    })
    .map((rest): GalleryItem => ({ id: kinds[kind](serial++), ...rest }));
  const known = item.map((one) => ({ ...one, labels: one.labels.filter((label) => label < 2) }));
  const change = fc.oneof(fc.constant('stay'), fc.constant('gone'), item);

  it('gives what a model says', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(known, { maxLength: 8 }),
        fc.array(known, { maxLength: 4 }),
        fc.array(change, { minLength: 12, maxLength: 12 }),
        fc.array(fc.oneof(fc.constant('gone'), item), { maxLength: 4 }),
        async (first, second, changes, added) => {
          const file = new MemoryFile(
            writeGallery({
              ...frame,
              codes: new Uint8Array(first.length),
              items:
                first.length > 0
                  ? first
                  : { count: 0, ids: kind === 'string' ? [] : new (kind === 'u32' ? Uint32Array : BigUint64Array)(0) },
            }),
          );
          if (second.length > 0) {
            const appender = new Appender(file, await readState(file));
            await appender.append({ items: second, codes: new Uint8Array(second.length) }, { upsert: false });
            await appender.commit();
          }
          const before = [...first, ...second];
          const model: (GalleryItem | undefined)[] = [...before, ...added.map(() => undefined)];
          const items = new Map<number, PatchItem>();
          for (const [row, to] of [...changes.slice(0, before.length), ...added].entries()) {
            if (to === 'stay') continue;
            model[row] = typeof to === 'string' ? undefined : to;
            if (typeof to !== 'string') items.set(row, asPatch(to));
          }
          const there = [...model.keys()].filter((row) => model[row] !== undefined);
          const removed = Uint32Array.from([...model.keys()].filter((row) => model[row] === undefined));
          await using old = await openGallery(bytesSource(file.bytes));
          const chunks = await old.patched({
            rows: model.length,
            removed,
            items,
            image: image(there),
            classes: ['x', 'y', 'z'],
            thumbnailType: 'image/webp',
          });
          await using gallery = await openGallery(bytesSource(await join(chunks)));
          await gallery.verify();
          expect(gallery.meta).toMatchObject({ rows: model.length, count: there.length, classes: ['x', 'y', 'z'] });
          expect(await gallery.removed()).toEqual(removed);
          expect(await gallery.items({ rows: there })).toEqual(
            there.map((row) => ({ ...model[row], metadata: toJson(model[row]!.metadata) })),
          );
        },
      ),
      { numRuns: 60 },
    );
  });

  it('is refused where it forgets a row, a class, or has an image of others', async () => {
    await using gallery = await openGallery(
      bytesSource(writeGallery({ ...frame, codes: Uint8Array.of(1), items: [{ id: kinds[kind](0), labels: [] }] })),
    );
    const whole = {
      rows: 1,
      removed: new Uint32Array(0),
      items: new Map(),
      image: image([0]),
      classes: ['x', 'y'],
      thumbnailType: '',
    };
    const bads = [{ rows: 0 }, { rows: 2, image: image([0, 1]) }, { classes: ['x'] }, { image: image([]) }];
    for (const bad of bads) {
      await expect(gallery.patched({ ...whole, ...bad })).rejects.toMatchObject({ code: 'BAD_INPUT' });
    }
  });
});

function toJson<T>(value: T): T {
  return value === undefined ? value : JSON.parse(JSON.stringify(value));
}
