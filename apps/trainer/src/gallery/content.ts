/** @file Galleries as the command writes them: new, or an old one with more pictures. */
import { stat } from 'node:fs/promises';
import { THUMBNAIL_TYPE } from '@dqn/data';
import { type GalleryItem, galleryChunks, openGallery, verifyTogether } from '@dqn/format';
import { fileSource, writeFileAtomic } from '@dqn/format/node';
import type { Model } from '@dqn/runtime';
import { TrainerError } from '../errors.ts';

/** What a gallery holds: `codes` is [items.length, M]. */
export interface Content {
  codes: Uint8Array;
  items: readonly GalleryItem[];
  classes: readonly string[];
}

/** An old gallery's content. */
export interface OldContent extends Content {
  /** The old content followed by the new one; classes are joined by name. */
  with(more: Content): Content;
}

/**
 * Reads a gallery to add to; one that isn't there is an empty one.
 *
 * @throws FormatError CODEBOOK_MISMATCH for a gallery of another model; TrainerError WRONG_USAGE for thumbnails of
 * another type
 */
export async function appendTo(path: string, model: Model): Promise<OldContent | undefined> {
  if (!(await stat(path).catch(() => undefined))) return undefined;
  await using gallery = await openGallery(await fileSource(path));
  const { codebook, codebookSha256 } = model;
  verifyTogether({ codebook, codebookSha256, gallery: gallery.meta });
  const { thumbnailType, classes } = gallery.meta;
  if (thumbnailType !== '' && thumbnailType !== THUMBNAIL_TYPE) {
    throw new TrainerError(
      'WRONG_USAGE',
      `${path} has thumbnails of type ${thumbnailType}, this command makes ${THUMBNAIL_TYPE}: index it anew`,
    );
  }
  const codes = await gallery.codes();
  const items = await gallery.items();
  return {
    codes,
    items,
    classes,
    with: (more) => joinContent({ codes, items, classes }, more),
  };
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
  return { codes, items: [...first.items, ...moved], classes };
}

/** Writes a gallery, whole or not at all; gives its size in bytes. */
export async function writeContent(
  path: string,
  content: Content,
  model: Model,
  signal?: AbortSignal,
): Promise<number> {
  const { M, K } = model.codebook;
  const hasThumbnails = content.items.some((item) => item.thumbnail !== undefined);
  const chunks = galleryChunks({
    codebookSha256: model.codebookSha256,
    M,
    K,
    ...content,
    ...(hasThumbnails && { thumbnailType: THUMBNAIL_TYPE }),
  });
  await writeFileAtomic(path, chunks, { signal });
  return (await stat(path)).size;
}
