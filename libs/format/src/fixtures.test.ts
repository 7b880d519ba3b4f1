/** @file Readers of today read files of yesterday: a file of every released schema version. */
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readCodebook, writeCodebook } from './codebook.ts';
import { openGallery } from './gallery/read.ts';
import { writeGallery } from './gallery/write.ts';
import { fileSource, readFileChecked } from './node.ts';
import { sha256Hex } from './sha256.ts';
import { bytesSource } from './source.ts';
import { verifyTogether } from './together.ts';

const fixture = (path: string) => fileURLToPath(new URL(`../fixtures/${path}`, import.meta.url));
const text = (value: string) => new TextEncoder().encode(value);

describe('schema version 1', () => {
  it('codebook.pb is read', async () => {
    const bytes = await readFileChecked(fixture('v1/codebook.pb'));
    const codebook = readCodebook(bytes);
    expect(codebook).toEqual({
      schemaVersion: 1,
      M: 3,
      K: 4,
      D: 6,
      codewords: Float32Array.from({ length: 24 }, (_, i) => (i - 12) / 4),
      distance: 'ip',
      modelSha256: sha256Hex(text('model.onnx')),
      preprocessSha256: sha256Hex(text('preprocess.onnx')),
      classes: ['aeroplane', 'automobile', 'Vögel'],
      training: {
        data: 'cifar10',
        protocol: 'cifar10-54000',
        recipe: 'best',
        seed: 2 ** 53 - 1,
        engine: 'onnxruntime',
        epochs: 57,
        trainImages: 5000,
        metric: 'aqd',
        map: 0.5625,
      },
    });
    // As long as version 1 is what is written, the same content gives the same bytes.
    expect(writeCodebook(codebook)).toEqual(bytes);
  });

  it('a gallery is read', async () => {
    await using gallery = await openGallery(await fileSource(fixture('v1/items.gallery')));
    expect(gallery.meta).toEqual({
      schemaVersion: 1,
      generation: 1,
      codebookSha256: sha256Hex(await readFileChecked(fixture('v1/codebook.pb'))),
      M: 3,
      K: 4,
      rows: 4,
      count: 4,
      tail: 0,
      idKind: 'string',
      index: { kind: 'flat', version: 1, M: 3, K: 4, count: 4, facts: {}, parts: [{ name: 'codes', bytes: 12 }] },
      classes: ['aeroplane', 'automobile', 'Vögel'],
      thumbnailType: 'image/webp',
      weights: '',
    });
    expect(await gallery.codes()).toEqual(Uint8Array.of(0, 1, 2, 3, 2, 1, 0, 0, 0, 3, 3, 3));
    expect(await gallery.ids()).toEqual(['aeroplane/0001.png', 'Vögel/☕.png', 'no label', 'automobile/0001.png']);
    expect(await gallery.labels()).toEqual([[0], [2, 1], [], [1]]);
    expect(await gallery.thumbnail(2)).toBeNull();
    expect(await gallery.thumbnails([0, 1, 3])).toEqual([
      Uint8Array.from({ length: 70 }, (_, i) => i),
      Uint8Array.of(255),
      Uint8Array.of(0, 0, 7),
    ]);
    await gallery.verify();
    expect(await gallery.image()).toEqual({
      ...gallery.meta.index,
      parts: [{ name: 'codes', bytes: await gallery.codes() }],
    });
    expect(await gallery.tail()).toEqual({ first: 4, codes: new Uint8Array(0), removed: new Uint32Array(0) });
    expect(await gallery.idsOf([3, 1])).toEqual(['automobile/0001.png', 'Vögel/☕.png']);
    expect(await gallery.labelsOf([1, 2])).toEqual([[2, 1], []]);
    expect(await gallery.metadata([0])).toEqual([undefined]);
    // What it holds can be written as the present version.
    const content = { ...gallery.meta, codes: await gallery.codes(), items: await gallery.items() };
    const copy = await openGallery(bytesSource(writeGallery(content)));
    expect(copy.meta).toEqual({ ...gallery.meta, schemaVersion: 2 });
    expect(await copy.items()).toEqual(await gallery.items());
  });

  it('both belong together', async () => {
    const bytes = await readFileChecked(fixture('v1/codebook.pb'));
    await using gallery = await openGallery(await fileSource(fixture('v1/items.gallery')));
    verifyTogether({
      modelSha256: sha256Hex(text('model.onnx')),
      preprocessSha256: sha256Hex(text('preprocess.onnx')),
      codebook: readCodebook(bytes),
      codebookSha256: sha256Hex(bytes),
      gallery: gallery.meta,
    });
  });
});

describe('schema version 2', () => {
  it('a gallery that was added to is read', async () => {
    await using gallery = await openGallery(await fileSource(fixture('v2/items.gallery')));
    await gallery.verify();
    expect(gallery.meta).toEqual({
      schemaVersion: 2,
      generation: 3,
      codebookSha256: sha256Hex(await readFileChecked(fixture('v1/codebook.pb'))),
      M: 3,
      K: 4,
      rows: 6,
      count: 4,
      tail: 2,
      idKind: 'string',
      classes: ['aeroplane', 'automobile', 'Vögel', 'Eulen'],
      thumbnailType: 'image/webp',
      weights: '',
      index: {
        ...{ kind: 'multi-index', version: 1, M: 3, K: 4, count: 4, facts: { tables: 2, 'a third': 1 / 3 } },
        parts: [
          { name: 'cells', bytes: 300 },
          { name: 'nothing', bytes: 0 },
        ],
      },
    });
    const { parts } = await gallery.image();
    expect(parts[0].bytes).toEqual(Uint8Array.from({ length: 300 }, (_, i) => i));
    expect(await gallery.tail()).toEqual({
      first: 4,
      codes: Uint8Array.of(3, 2, 1, 1, 1, 1),
      removed: Uint32Array.of(0, 2),
    });
    expect(await gallery.items()).toEqual([
      { id: 'aeroplane/0001.png', labels: [0], thumbnail: Uint8Array.from({ length: 70 }, (_, i) => i) },
      {
        id: 'Vögel/☕.png',
        labels: [2, 1],
        thumbnail: Uint8Array.of(255),
        metadata: { title: 'Möwe', at: [52.5, 13.4] },
      },
      { id: 'no label', labels: [], thumbnail: undefined },
      { id: 'automobile/0001.png', labels: [1], thumbnail: Uint8Array.of(0, 0, 7), metadata: {} },
      { id: 'owl', labels: [3], thumbnail: Uint8Array.of(1, 2), metadata: { night: true } },
      { id: 'no label', labels: [3], thumbnail: undefined },
    ]);
  });

  it('galleries with numbers for ids are read', async () => {
    const ids = { u64: [2n ** 64n - 1n, 0n, 5n], u32: [7, 2 ** 32 - 1, 0], rows: [0, 1, 2] };
    for (const [name, expected] of Object.entries(ids)) {
      await using gallery = await openGallery(await fileSource(fixture(`v2/${name}.gallery`)));
      await gallery.verify();
      expect(gallery.meta.idKind).toBe(name === 'u64' ? 'u64' : 'u32');
      expect(Array.from((await gallery.ids()) as ArrayLike<unknown>)).toEqual(expected);
      expect(await gallery.codes()).toEqual(Uint8Array.of(0, 1, 2, 3, 2, 1, 0, 0, 0));
      // As long as version 2 is what is written, the same content gives the same bytes.
      const content = { ...gallery.meta, codes: await gallery.codes(), items: await gallery.items() };
      expect(writeGallery(content)).toEqual(await readFileChecked(fixture(`v2/${name}.gallery`)));
    }
  });
});
