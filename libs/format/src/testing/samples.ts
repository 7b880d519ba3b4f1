/** @file Small files for tests. */
import type { CodebookFile } from '../codebook.ts';
import type { GalleryContent } from '../gallery/write.ts';

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
export function sampleGallery(): GalleryContent {
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
