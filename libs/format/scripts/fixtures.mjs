/**
 * @file Made the fixtures of the current schema version: `npm run build && node scripts/fixtures.mjs`.
 *
 * A fixture is what a released version wrote, and stays as it is for ever; so this refuses to write over one. For a new
 * schema version change the folder's name, and keep the old folder. Version 1 wrote a codebook.pb, too, whose schema has
 * not changed since, and which these galleries name.
 */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { galleryChunks, sha256Hex } from '../dist/index.js';
import { openGalleryWriter, writeFileAtomic } from '../dist/node.js';

const fixtures = join(dirname(fileURLToPath(import.meta.url)), '../fixtures');
const folder = join(fixtures, 'v2');
if (existsSync(folder)) throw new Error(`${folder} is there already: fixtures aren't made twice.`);
mkdirSync(folder);

const head = {
  codebookSha256: sha256Hex(readFileSync(join(fixtures, 'v1/codebook.pb'))),
  M: 3,
  K: 4,
  classes: ['aeroplane', 'automobile', 'Vögel'],
};

// Strings, everything that an item can have, an index image that is not flat, and two appends.
const items = join(folder, 'items.gallery');
await writeFileAtomic(
  items,
  galleryChunks({
    ...head,
    image: {
      kind: 'multi-index',
      version: 1,
      M: 3,
      K: 4,
      count: 4,
      facts: { tables: 2, 'a third': 1 / 3 },
      parts: [
        { name: 'cells', bytes: Uint8Array.from({ length: 300 }, (_, i) => i) },
        { name: 'nothing', bytes: new Uint8Array(0) },
      ],
    },
    items: [
      { id: 'aeroplane/0001.png', labels: [0], thumbnail: Uint8Array.from({ length: 70 }, (_, i) => i) },
      {
        id: 'Vögel/☕.png',
        labels: [2, 1],
        thumbnail: Uint8Array.of(255),
        metadata: { title: 'Möwe', at: [52.5, 13.4] },
      },
      { id: 'no label', labels: [] },
      { id: 'automobile/0001.png', labels: [1], thumbnail: Uint8Array.of(0, 0, 7), metadata: {} },
    ],
    thumbnailType: 'image/webp',
  }),
);
const writer = await openGalleryWriter(items);
await writer.append({
  items: [{ id: 'owl', labels: [0], thumbnail: Uint8Array.of(1, 2), metadata: { night: true } }],
  codes: Uint8Array.of(3, 2, 1),
  classes: ['Eulen'],
});
await writer.commit();
await writer.upsert({ items: [{ id: 'no label', labels: [3] }], codes: Uint8Array.of(1, 1, 1) });
await writer.remove({ ids: ['aeroplane/0001.png'] });
await writer.commit();
await writer.close();

// Numbers, and row-major codes.
const codes = Uint8Array.of(0, 1, 2, 3, 2, 1, 0, 0, 0);
const named = (ids) => galleryChunks({ ...head, codes, items: ids.map((id) => ({ id, labels: [] })) });
await writeFileAtomic(join(folder, 'u64.gallery'), named([2n ** 64n - 1n, 0n, 5n]));
await writeFileAtomic(join(folder, 'u32.gallery'), named([7, 2 ** 32 - 1, 0]));
await writeFileAtomic(join(folder, 'rows.gallery'), galleryChunks({ ...head, codes, items: { count: 3 } }));
