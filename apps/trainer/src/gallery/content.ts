/** @file A gallery's content, and how it is written whole: around an index, so that opening it is reading. */
import { stat } from 'node:fs/promises';
import { THUMBNAIL_TYPE } from '@dqn/data';
import { type GalleryItem, galleryChunks } from '@dqn/format';
import { writeFileAtomic } from '@dqn/format/node';
import { createIndex } from '@dqn/pq';
import type { SearchCodebook } from '@dqn/runtime';

/** What a gallery holds: `codes` is [items.length, M]. */
export interface Content {
  codes: Uint8Array;
  items: readonly GalleryItem[];
  classes: readonly string[];
  /** How the network's weights are stored. */
  weights: string;
}

/** Two contents one behind the other; labels of the second are renumbered by the names of their classes. */
export function joinContent(first: Content, second: Content): Content {
  const classes = [...first.classes];
  const numbers = second.classes.map((name) => {
    const known = classes.indexOf(name);
    return known >= 0 ? known : classes.push(name) - 1;
  });
  const codes = new Uint8Array(first.codes.length + second.codes.length);
  codes.set(first.codes);
  codes.set(second.codes, first.codes.length);
  const moved = second.items.map((item) => ({
    ...item,
    labels: item.labels.map((label) => numbers[label]).sort((a, b) => a - b),
  }));
  return { codes, items: [...first.items, ...moved], classes, weights: second.weights };
}

/** Media type for what is written: that of thumbnails, where an item has one. */
export function thumbnailTypeOf(items: readonly GalleryItem[]): { thumbnailType?: string } {
  return items.some((item) => item.thumbnail !== undefined) ? { thumbnailType: THUMBNAIL_TYPE } : {};
}

/** Writes a gallery, whole or not at all; gives its size in bytes and how its index is arranged. */
export async function writeContent(
  path: string,
  content: Content,
  model: SearchCodebook,
  signal?: AbortSignal,
): Promise<{ bytes: number; structure: string }> {
  const { codebook, codebookSha256 } = model;
  using index = await createIndex({ codebook, codes: content.codes, threads: 1, signal });
  const image = await index.image();
  const { M, K } = codebook;
  const { items, classes, weights } = content;
  const chunks = galleryChunks({ codebookSha256, M, K, items, classes, weights, image, ...thumbnailTypeOf(items) });
  await writeFileAtomic(path, chunks, { signal });
  return { bytes: (await stat(path)).size, structure: image.kind };
}
