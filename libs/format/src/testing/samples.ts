/** @file Small files for tests. */
import type { CodebookFile } from '../codebook.ts';
import type { GalleryContent } from '../gallery/content.ts';
import type { GalleryItem, IndexImage } from '../gallery/meta.ts';

/** A codebook with every field set; M = 2, K = 4, D = 6. */
export function sampleCodebook(): CodebookFile {
  return {
    schemaVersion: 1,
    M: 2,
    K: 4,
    D: 6,
    codewords: Float32Array.from({ length: 24 }, (_, i) => Math.fround((i - 12) / 7)),
    distance: 'aqd',
    modelSha256: '1'.repeat(64),
    preprocessSha256: '2f'.repeat(32),
    classes: ['aeroplane', 'bird', 'čaj ☕'],
    training: {
      data: 'cifar10',
      protocol: 'cifar10-54000',
      recipe: 'best',
      seed: 2 ** 40 + 1,
      engine: 'onnxruntime',
      epochs: 60,
      trainImages: 5000,
      metric: 'aqd, whole ranking',
      map: 0.5625,
    },
  };
}

/** A gallery of four items, two of them with thumbnails, for codes of M = 2, K = 4. */
export function sampleGallery(): GalleryContent & { codes: Uint8Array; items: GalleryItem[] } {
  return {
    codebookSha256: 'ab'.repeat(32),
    M: 2,
    K: 4,
    classes: ['aeroplane', 'bird', 'čaj ☕'],
    codes: Uint8Array.of(0, 1, 2, 3, 3, 3, 0, 0),
    items: [
      { id: 'aeroplane/1.png', labels: [0], thumbnail: Uint8Array.of(1, 2, 3) },
      { id: '\ufeffbird with, a comma\n.png', labels: [1, 2] },
      { id: '☕', labels: [], thumbnail: Uint8Array.of(9) },
      { id: 'd', labels: [2] },
    ],
    thumbnailType: 'image/webp',
  };
}

/** A gallery with everything that one can hold: an index image of two parts, metadata, a row that is gone. */
export function fullGallery(): GalleryContent & { image: IndexImage; items: GalleryItem[] } {
  const { codes: _, items, ...rest } = sampleGallery();
  return {
    ...rest,
    image: {
      kind: 'multi-index',
      version: 3,
      M: 2,
      K: 4,
      count: 3,
      facts: { tables: 2, 'bits a cell': 3.5 },
      parts: [
        { name: 'cells', bytes: Uint8Array.from({ length: 100 }, (_, i) => i) },
        { name: 'ids', bytes: Uint8Array.of(3, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0) },
      ],
    },
    items: items.map((item, row) =>
      row === 1 ? { ...item, metadata: { title: 'Ein Vögelchen', size: [3, 4] } } : item,
    ),
    removed: Uint32Array.of(2),
  };
}
