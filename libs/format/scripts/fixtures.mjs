/**
 * @file Made the fixtures of the current schema version: `npm run build && node scripts/fixtures.mjs`.
 *
 * A fixture is what a released version wrote, and stays as it is for ever; so this refuses to write over one. For a new
 * schema version change the folder's name, and keep the old folder.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { galleryChunks, sha256Hex, writeCodebook } from '../dist/index.js';
import { writeFileAtomic } from '../dist/node.js';

const folder = join(dirname(fileURLToPath(import.meta.url)), '../fixtures/v1');
if (existsSync(folder)) throw new Error(`${folder} is there already: fixtures aren't made twice.`);

const codebook = writeCodebook({
  schemaVersion: 1,
  M: 3,
  K: 4,
  D: 6,
  // 24 numbers with few bits: −3, −2.75 … 2.75.
  codewords: Float32Array.from({ length: 24 }, (_, i) => (i - 12) / 4),
  distance: 'ip',
  modelSha256: sha256Hex(new TextEncoder().encode('model.onnx')),
  preprocessSha256: sha256Hex(new TextEncoder().encode('preprocess.onnx')),
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
const gallery = galleryChunks({
  codebookSha256: sha256Hex(codebook),
  M: 3,
  K: 4,
  classes: ['aeroplane', 'automobile', 'Vögel'],
  codes: Uint8Array.of(0, 1, 2, 3, 2, 1, 0, 0, 0, 3, 3, 3),
  items: [
    { id: 'aeroplane/0001.png', labels: [0], thumbnail: Uint8Array.from({ length: 70 }, (_, i) => i) },
    { id: 'Vögel/☕.png', labels: [2, 1], thumbnail: Uint8Array.of(255) },
    { id: 'no label', labels: [] },
    { id: 'automobile/0001.png', labels: [1], thumbnail: Uint8Array.of(0, 0, 7) },
  ],
  thumbnailType: 'image/webp',
});
mkdirSync(folder, { recursive: true });
await writeFileAtomic(join(folder, 'codebook.pb'), codebook);
await writeFileAtomic(join(folder, 'items.gallery'), gallery);
