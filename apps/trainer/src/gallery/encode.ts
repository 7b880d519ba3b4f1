/** @file Rows of a data set to codes and thumbnails: decoding beside the network, thumbnails beside both. */
import { type Dataset, encodeThumbnail, pixelBatches, type Skipped } from '@dqn/data';
import type { GalleryItem } from '@dqn/format';
import { encode } from '@dqn/pq';
import type { Model } from '@dqn/runtime';

/** Longest side of a thumbnail in pixels. */
const THUMBNAIL_EDGE = 64;

/** How rows are encoded. */
export interface EncodeOptions {
  /** Pictures a run of the network. */
  batch: number;
  thumbnails: boolean;
  /** Stop at the first unreadable picture. */
  strict: boolean;
  signal?: AbortSignal;
  onProgress?: (done: number, total: number, perSecond: number) => void;
}

/** Encoded pictures: `codes` is [items.length, M]. */
export interface Encoded {
  codes: Uint8Array;
  items: GalleryItem[];
  classes: string[];
  skipped: Skipped[];
}

/**
 * Encodes rows in their order.
 *
 * @throws {DataError} UNREADABLE_PICTURE with `strict`
 */
export async function encodeRows(
  model: Model,
  dataset: Dataset,
  rows: readonly number[],
  options: EncodeOptions,
): Promise<Encoded> {
  const { batch, thumbnails, strict, signal, onProgress } = options;
  const { M } = model.codebook;
  const codes = new Uint8Array(rows.length * M);
  const items: GalleryItem[] = [];
  const skipped: Skipped[] = [];
  const started = performance.now();
  const batches = pixelBatches(dataset, rows, (picture) => model.preprocess(picture), {
    size: model.size,
    batch,
    keepPictures: thumbnails,
    strict,
    concurrency: 8,
    signal,
  });
  for await (const part of batches) {
    skipped.push(...part.skipped);
    const count = part.rows.length;
    if (count > 0) {
      const [embeddings, images] = await Promise.all([
        model.embedPixels(part.pixels, count),
        Promise.all(part.pictures.map((picture) => encodeThumbnail(picture, THUMBNAIL_EDGE))),
      ]);
      codes.set(encode(model.codebook, embeddings), items.length * M);
      for (const [i, row] of part.rows.entries()) {
        items.push({
          id: dataset.id(row),
          labels: [...dataset.labels(row)],
          ...(images[i] && { thumbnail: images[i] }),
        });
      }
    }
    const done = items.length + skipped.length;
    onProgress?.(done, rows.length, (done / (performance.now() - started)) * 1000);
  }
  return { codes: codes.slice(0, items.length * M), items, classes: dataset.classes, skipped };
}
