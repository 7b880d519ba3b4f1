/**
 * @file Where indexed pictures go: a new gallery, or one that is there.
 *
 * One that is there is added to without being rewritten, until what was added is so much that whoever opens the gallery
 * would have to merge it into the index: then that is done once, here.
 */
import { open, stat } from 'node:fs/promises';
import { THUMBNAIL_TYPE } from '@dqn/data';
import { GALLERY_MAGIC, type GalleryMeta, openGallery, verifyTogether } from '@dqn/format';
import { fileSource, type GalleryWriter, openGalleryWriter } from '@dqn/format/node';
import { openGalleryIndex, type SearchCodebook } from '@dqn/runtime';
import { TrainerError } from '../errors.ts';
import { type Content, joinContent, thumbnailTypeOf, writeContent } from './content.ts';

/** What was done to the file. */
export interface Written {
  /**
   * `new`: written whole; `appended`: added to; `merged`: added to, and written anew around an index of everything;
   * `converted`: written anew, as its schema version can't be added to; `unchanged`: there was nothing to add.
   */
  how: 'new' | 'appended' | 'merged' | 'converted' | 'unchanged';
  /** Items in it. */
  count: number;
  bytes: number;
  /** How its index is arranged. */
  structure: string;
  /** Items that stand behind the index. */
  tail: number;
  /** Why what should have been merged was not; everything is in the file all the same. */
  notMerged?: unknown;
}

/** A place to write to. While it is open nobody else adds to the gallery. */
export interface Destination extends AsyncDisposable {
  /** Whether a gallery is there that is added to. */
  readonly isThere: boolean;
  /** Ids of the items that are there. */
  readonly known: ReadonlySet<string>;
  /** Writes the pictures, all of them or none. */
  write(more: Content, signal: AbortSignal): Promise<Written>;
}

/**
 * From so many items behind the index on, and from this share of those in it, they are merged, and as many that are gone
 * from it are left out: where an open index would do it for itself.
 */
const MERGE_FROM = 16_384;
const TAIL_SHARE = 0.1;
const REMOVED_SHARE = 0.25;

/** Only a gallery is written over: a slip of the hand shouldn't cost a model or a picture. @throws TrainerError WRONG_USAGE */
export async function checkReplaceable(path: string): Promise<void> {
  const file = await open(path).catch(() => undefined);
  if (!file) return;
  try {
    const { bytesRead, buffer } = await file.read(new Uint8Array(GALLERY_MAGIC.length), 0, GALLERY_MAGIC.length, 0);
    if (Buffer.compare(buffer.subarray(0, bytesRead), GALLERY_MAGIC.subarray(0, bytesRead)) === 0) return;
  } finally {
    await file.close();
  }
  throw new TrainerError('WRONG_USAGE', `${path} is there and is no gallery: give another --out, or move it away`);
}

/** A gallery that is written whole; a gallery that was at its path is replaced. */
export function newGallery(path: string, model: SearchCodebook): Destination {
  return {
    isThere: false,
    known: new Set(),
    write: (more, signal) => writeWhole(path, more, model, 'new', signal),
    [Symbol.asyncDispose]: async () => {},
  };
}

/**
 * A gallery to add to; a new one where there is none.
 *
 * @throws FormatError CODEBOOK_MISMATCH for a gallery of another model, LOCKED while someone else adds to it;
 * TrainerError WRONG_USAGE for thumbnails of another type, or numbers for ids
 */
export async function galleryToAddTo(path: string, model: SearchCodebook, signal: AbortSignal): Promise<Destination> {
  if (!(await stat(path).catch(() => undefined))) return newGallery(path, model);
  await using gallery = await openGallery(await fileSource(path), { signal });
  const { meta } = gallery;
  checkMeta(path, meta, model);
  if (meta.schemaVersion === 1) {
    const old = {
      codes: await gallery.codes(signal),
      items: await gallery.items({ signal }),
      classes: meta.classes,
      weights: meta.weights,
    };
    return {
      isThere: true,
      known: new Set(old.items.map((item) => String(item.id))),
      write: (more, signal) => writeWhole(path, joinContent(old, more), model, 'converted', signal),
      [Symbol.asyncDispose]: async () => {},
    };
  }
  const writer = await openGalleryWriter(path, { signal });
  try {
    if (writer.meta.generation !== meta.generation) checkMeta(path, writer.meta, model);
    return {
      isThere: true,
      known: await knownIds(path, signal),
      write: (more, signal) => add(path, writer, more, model, signal),
      [Symbol.asyncDispose]: () => writer.close(),
    };
  } catch (error) {
    await writer.close();
    throw error;
  }
}

function checkMeta(path: string, meta: GalleryMeta, { codebook, codebookSha256 }: SearchCodebook): void {
  verifyTogether({ codebook, codebookSha256, gallery: meta });
  const { thumbnailType, idKind } = meta;
  if (thumbnailType !== '' && thumbnailType !== THUMBNAIL_TYPE) {
    throw new TrainerError(
      'WRONG_USAGE',
      `${path} has thumbnails of type ${thumbnailType}, this command makes ${THUMBNAIL_TYPE}: index it anew`,
    );
  }
  if (idKind !== 'string') {
    throw new TrainerError(
      'WRONG_USAGE',
      `${path} has numbers for ids (${idKind}), this command names pictures by their paths: add to it by a program, or index it anew`,
    );
  }
}

/** The ids that are taken, read while nobody else can add any. */
async function knownIds(path: string, signal: AbortSignal): Promise<Set<string>> {
  await using gallery = await openGallery(await fileSource(path), { signal });
  const [ids, removed] = await Promise.all([gallery.idTexts(signal), gallery.removed(signal)]);
  const gone = new Set(removed);
  return new Set(ids.filter((_, row) => !gone.has(row)));
}

async function writeWhole(
  path: string,
  content: Content,
  model: SearchCodebook,
  how: Written['how'],
  signal: AbortSignal,
): Promise<Written> {
  const written = await writeContent(path, content, model, signal);
  return { how, count: content.items.length, ...written, tail: 0 };
}

async function add(
  path: string,
  writer: GalleryWriter,
  { items, codes, classes }: Content,
  model: SearchCodebook,
  signal: AbortSignal,
): Promise<Written> {
  if (items.length > 0) {
    await writer.append({ items, codes, classes, ...thumbnailTypeOf(items) }, { signal });
    await writer.commit({ signal });
  }
  let how: Written['how'] = items.length > 0 ? 'appended' : 'unchanged';
  let notMerged: unknown;
  if (isMergeDue(writer.meta)) {
    try {
      await merge(path, writer, model, signal);
      how = 'merged';
    } catch (error) {
      notMerged = error;
    }
  }
  const { count, index, tail } = writer.meta;
  const { size } = await stat(path);
  return { how, count, bytes: size, structure: index.kind, tail, ...(notMerged !== undefined && { notMerged }) };
}

/** Whether much was added and removed since the index was made. */
function isMergeDue({ index, tail, count }: GalleryMeta): boolean {
  const removed = index.count + tail - count;
  return (
    tail > Math.max(MERGE_FROM, TAIL_SHARE * index.count) || removed > Math.max(MERGE_FROM, REMOVED_SHARE * index.count)
  );
}

async function merge(
  path: string,
  writer: GalleryWriter,
  { codebook }: SearchCodebook,
  signal: AbortSignal,
): Promise<void> {
  await using gallery = await openGallery(await fileSource(path), { signal });
  using index = await openGalleryIndex(gallery, codebook, { threads: 1, signal });
  await index.merge({ signal });
  await writer.compact(await index.image(), { signal });
}
