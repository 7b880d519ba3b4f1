import { type GalleryItem, openGallery, writeGallery } from '@dqn/format';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { madePut, Origin, SHA256 } from '../testing/tabs.ts';
import { type ExchangeModel, fromGallery, toGallery } from './exchange.ts';

const origin = new Origin();
const model = { codebook: { ...origin.codebook, distance: 'aqd' }, codebookSha256: SHA256 } as unknown as ExchangeModel;

async function open(file: Blob) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  return openGallery({ size: bytes.length, read: async (at, length) => bytes.subarray(at, at + length) });
}

function galleryOf(items: readonly GalleryItem[], codebookSha256 = SHA256): Uint8Array<ArrayBuffer> {
  const { M, K } = origin.codebook;
  const codes = Uint8Array.from({ length: items.length * M }, (_, i) => i % K);
  const thumbnailType = 'image/png';
  return writeGallery({ codebookSha256, M, K, classes: ['cat', 'dog'], codes, items, thumbnailType }) as never;
}

describe('own pictures', () => {
  it('go into a gallery and come back with all that is known of them', async () => {
    const tab = await new Origin().open();
    const puts = Array.from({ length: 40 }, (_, n) => ({ ...madePut(`own ${n}`, n, origin.codebook) }));
    await tab.put(puts);
    await tab.remove(['own 3', 'own 17']);
    const file = await toGallery(tab, model);
    const gallery = await open(file);
    await gallery.verify();
    expect(gallery.meta).toMatchObject({ count: 38, thumbnailType: 'image/webp', codebookSha256: SHA256 });
    const other = await new Origin().open();
    await other.put([madePut('own 5', 99, origin.codebook), madePut('stays', 1, origin.codebook)]);
    const steps: number[] = [];
    const ids = await fromGallery(other, model, file, { onStep: ({ done }) => steps.push(done) });
    expect(ids).toEqual(puts.map(({ id }) => id).filter((id) => id !== 'own 3' && id !== 'own 17'));
    expect(steps.at(-1)).toBe(38);
    expect(other.items.count).toBe(39);
    for (const { id, code, labels, metadata, thumbnail } of puts) {
      const slot = other.items.find(id);
      if (id === 'own 3' || id === 'own 17') expect(slot).toBeUndefined();
      else {
        expect(other.items.code(slot!)).toEqual(code);
        expect(other.items.at(slot!).labels).toEqual(labels);
        expect((await other.metadata([slot!]))[0]).toEqual(metadata);
        expect((await other.thumbnails([slot!]))[0]?.bytes ?? new Uint8Array(0)).toEqual(thumbnail);
      }
    }
    await Promise.all([tab.close(), other.close()]);
  });

  it('that are none make a gallery of none', async () => {
    const tab = await new Origin().open();
    const gallery = await open(await toGallery(tab, model));
    expect(gallery.meta.count).toBe(0);
    expect(await fromGallery(tab, model, await toGallery(tab, model))).toEqual([]);
    await tab.close();
  });

  it('come from a gallery whose ids are numbers', async () => {
    const tab = await new Origin().open();
    const bytes = galleryOf([
      { id: 7, labels: [1], metadata: { taken: 'at dusk' } },
      { id: 4_000_000_000, labels: [0, 1], thumbnail: Uint8Array.of(1, 2, 3) },
    ]);
    expect(await fromGallery(tab, model, new Blob([bytes]))).toEqual(['7', '4000000000']);
    expect(tab.items.labels.sort()).toEqual(['cat', 'dog']);
    const again = await open(await toGallery(tab, model));
    expect(await again.items()).toMatchObject([
      { id: '7', metadata: { taken: 'at dusk' } },
      { id: '4000000000', thumbnail: Uint8Array.of(1, 2, 3) },
    ]);
    await tab.close();
  });

  it("don't come from a gallery of another model, or from one that is damaged: then nothing has changed", async () => {
    const tab = await new Origin().open();
    const foreign = new Blob([galleryOf([{ id: 'a', labels: [] }], '0'.repeat(64))]);
    await expect(fromGallery(tab, model, foreign)).rejects.toMatchObject({ code: 'CODEBOOK_MISMATCH' });
    const bytes = galleryOf(
      Array.from({ length: 20 }, (_, i) => ({ id: `item ${i}`, labels: [0], thumbnail: new Uint8Array(50).fill(i) })),
    );
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.nat(7), fc.boolean(), async (at, bit, isCut) => {
        const other = isCut ? bytes.slice(0, at) : bytes.slice();
        if (!isCut) other[at] ^= 1 << bit;
        const failed = await fromGallery(tab, model, new Blob([other])).then(
          () => undefined,
          (error) => error,
        );
        // A bit of what only fills up changes nothing.
        if (failed === undefined) expect(tab.items.count).toBe(20);
        else expect([failed.name, tab.items.count]).toEqual(['FormatError', 0]);
        await tab.clear();
      }),
      { numRuns: 60 },
    );
    await tab.close();
  });

  it('come in the parts that were told of, when it is stopped', async () => {
    const tab = await new Origin().open();
    const items = Array.from({ length: 3000 }, (_, i) => ({ id: `item ${i}`, labels: [] }));
    const stop = new AbortController();
    let told = 0;
    const onStep = ({ done }: { done: number }) => {
      told = done;
      stop.abort();
    };
    const file = new Blob([galleryOf(items)]);
    await expect(fromGallery(tab, model, file, { signal: stop.signal, onStep })).rejects.toMatchObject({
      name: 'AbortError',
    });
    expect(tab.items.count).toBe(told);
    expect(told).toBeLessThan(3000);
    await tab.close();
  });
});
