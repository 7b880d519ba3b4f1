/** @file Own pictures as a gallery file, and the other way round. */
import {
  type ByteSource,
  type CodebookFile,
  type GalleryItem,
  galleryChunks,
  openGallery,
  verifyTogether,
} from '@dqn/format';
import { createIndex } from '@dqn/pq';
import { openGalleryIndex } from '@dqn/runtime';
import type { CallOptions } from './add.ts';
import type { OwnCollection } from './collection.ts';
import { checkNames } from './names.ts';
import type { OwnPut } from './records.ts';
import type { OwnProgress } from './state.ts';
import { asType, type Thumbnail } from './thumbnail.ts';

/** What ties both to a model. */
export interface ExchangeModel {
  readonly codebook: CodebookFile;
  readonly codebookSha256: string;
}

/** Items read at a time, and bytes written at a time, but for a single item. */
const PART = 1024;
const WRITTEN_BYTES = 2 ** 23;
const NOTHING = new Uint8Array(0);
const decoder = new TextDecoder();
const encoder = new TextEncoder();

/**
 * All own pictures as a gallery file, with an index: codes, ids, labels, metadata, thumbnails.
 *
 * @throws what reading the journal throws
 */
export async function toGallery(collection: OwnCollection, { codebook, codebookSha256 }: ExchangeModel): Promise<Blob> {
  const { items } = collection;
  const slots = [...items.all()];
  const names = slots.map((slot) => ({ id: items.at(slot).id, labels: items.at(slot).labels }));
  const { M, K } = codebook;
  const codes = new Uint8Array(slots.length * M);
  for (const [row, slot] of slots.entries()) codes.set(items.code(slot), row * M);
  const thumbnails = await collection.thumbnails(slots);
  const metadata = await collection.metadata(slots);
  const thumbnailType = commonest(thumbnails.flatMap((one) => (one === undefined ? [] : [one.type])));
  const classes = [...new Set(names.flatMap(({ labels }) => labels))];
  const classOf = new Map(classes.map((name, label) => [name, label]));
  const rows: GalleryItem[] = [];
  // One after the other: of pictures that are made another type only one is in memory.
  for (const [row, { id, labels }] of names.entries()) {
    const thumbnail = await bytesOf(thumbnails[row], thumbnailType);
    rows.push({
      id,
      labels: labels.map((label) => classOf.get(label)!),
      ...(metadata[row].length > 0 && { metadata: JSON.parse(decoder.decode(metadata[row])) }),
      ...(thumbnail && { thumbnail }),
    });
  }
  const index = await createIndex({ codebook, codes, threads: 0 });
  try {
    const image = await index.image();
    const chunks = galleryChunks({ codebookSha256, M, K, classes, image, items: rows, thumbnailType });
    return new Blob([...chunks] as Uint8Array<ArrayBuffer>[], { type: 'application/octet-stream' });
  } finally {
    index.close();
  }
}

/**
 * Adds all items of a gallery file, and replaces pictures that have their ids.
 *
 * @returns their ids
 * @throws FormatError `CODEBOOK_MISMATCH` (naming both hashes), and what damage gives; EdgeError `STORAGE_FULL`: what was
 * kept before stays, as after an abort; the signal's reason
 */
export async function fromGallery(
  collection: OwnCollection,
  { codebook, codebookSha256 }: ExchangeModel,
  file: Blob,
  { signal, onStep }: CallOptions<OwnProgress> = {},
): Promise<string[]> {
  const gallery = await openGallery(blobSource(file), { ...(signal && { signal }) });
  verifyTogether({ codebook, codebookSha256, gallery: gallery.meta });
  // Everything is looked at before anything is kept.
  await gallery.verify(signal);
  const { classes, thumbnailType } = gallery.meta;
  const index = await openGalleryIndex(gallery, codebook, { threads: 0, signal });
  try {
    const { ids: rows, codes } = index.items();
    const { M } = codebook;
    const imported: string[] = [];
    for (let from = 0; from < rows.length; from += PART) {
      signal?.throwIfAborted();
      const part = [...rows.subarray(from, from + PART)];
      const items = await gallery.items({ rows: part, ...(signal && { signal }) });
      const puts = items.map(({ id, labels, metadata, thumbnail }, i): OwnPut => {
        const names = labels.map((label) => classes[label]);
        checkNames(String(id), names);
        return {
          id: String(id),
          code: codes.subarray((from + i) * M, (from + i + 1) * M),
          labels: names,
          metadata: metadata ? encoder.encode(JSON.stringify(metadata)) : NOTHING,
          thumbnail: thumbnail ?? NOTHING,
          thumbnailType: thumbnail ? thumbnailType : '',
        };
      });
      for (const group of groupsOf(puts)) {
        signal?.throwIfAborted();
        await collection.put(group);
        for (const { id } of group) imported.push(id);
        onStep?.({ done: imported.length, total: rows.length });
      }
    }
    return imported;
  } finally {
    index.close();
    await gallery.close();
  }
}

/** A Blob, a File, as a source of ranges. */
function blobSource(blob: Blob): ByteSource {
  return {
    size: blob.size,
    async read(offset, length, signal) {
      signal?.throwIfAborted();
      return new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer());
    },
  };
}

/** Large items are written in smaller groups. */
function* groupsOf(puts: readonly OwnPut[]): Generator<OwnPut[]> {
  let group: OwnPut[] = [];
  let bytes = 0;
  for (const put of puts) {
    group.push(put);
    bytes += put.thumbnail.length + put.metadata.length;
    if (bytes < WRITTEN_BYTES) continue;
    yield group;
    group = [];
    bytes = 0;
  }
  if (group.length > 0) yield group;
}

/** A gallery has thumbnails of one type. */
function commonest(types: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const type of types) counts.set(type, (counts.get(type) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? '';
}

async function bytesOf(thumbnail: Thumbnail | undefined, type: string): Promise<Uint8Array | undefined> {
  return thumbnail === undefined || thumbnail.type === type ? thumbnail?.bytes : (await asType(thumbnail, type)).bytes;
}
