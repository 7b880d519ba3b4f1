/** @file Writes a gallery, piece by piece: thumbnails are never copied together. */
import { FormatError } from '../errors.ts';
import { fromHex, sha256 } from '../sha256.ts';
import { checkTexts } from '../text.ts';
import { checkColumns, type GalleryContent, imageOf, toColumns } from './content.ts';
import { encodeDirectory } from './directory.ts';
import { aligned, padding } from './layout.ts';
import { addImage, addSegment, type Planned, SectionList } from './sections.ts';
import type { Stored } from './state.ts';
import { firstSuperblock, SUPERBLOCK_BYTES } from './superblock.ts';

/**
 * The bytes of a gallery file. Holds the whole file in memory: for large ones hand `galleryChunks` to `writeFileAtomic`.
 *
 * @throws FormatError `BAD_INPUT`, `DUPLICATE_ID`
 */
export function writeGallery(content: GalleryContent): Uint8Array {
  const chunks = [...galleryChunks(content)];
  const file = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    file.set(chunk, at);
    at += chunk.length;
  }
  return file;
}

/**
 * The bytes of a gallery file, piece by piece and in order; the image and thumbnails are handed through as they are.
 * Everything is checked before this returns, so that nothing fails half-way.
 *
 * @throws FormatError `BAD_INPUT`, `DUPLICATE_ID`
 */
export function galleryChunks(content: GalleryContent): Iterable<Uint8Array> {
  const { codebookSha256, M, K, classes, thumbnailType = '', weights = '', removed = new Uint32Array(0) } = content;
  fromHex(codebookSha256, 'codebookSha256');
  checkTexts([weights], 'weights');
  const columns = toColumns(content.items);
  const image = imageOf(content, columns.count);
  const gone = new Set(removed);
  checkColumns(columns, { classes, thumbnailType, gone });
  const list = new SectionList<Iterable<Uint8Array>>(SUPERBLOCK_BYTES);
  const parts = addImage(list, image);
  const segments = [addSegment(list, 0, columns, { removed, gone })];
  const meta = { codebookSha256, M, K, classes, thumbnailType, weights, idKind: columns.kind };
  const encode = () => encodeDirectory({ meta, image, parts, segments });
  list.shift(aligned(encode().length));
  return chunks(encode(), list.end, list.planned);
}

function* chunks(
  directory: Uint8Array,
  fileLength: number,
  planned: readonly Planned<Iterable<Uint8Array>>[],
): Generator<Uint8Array> {
  yield* frontOf(directory, fileLength, 1);
  for (const { stored, pieces } of planned) {
    let length = 0;
    for (const piece of pieces()) {
      length += piece.length;
      yield piece;
    }
    checkLength(stored, length);
    yield padding(length);
  }
}

/** What stands in front of the sections of a new file: superblock, directory, zeros. */
export function frontOf(directory: Uint8Array, fileLength: number, generation: number): Uint8Array[] {
  const superblock = firstSuperblock({
    generation,
    fileLength,
    directoryOffset: SUPERBLOCK_BYTES,
    directoryLength: directory.length,
    directorySha256: sha256(directory),
  });
  return [superblock, directory, padding(SUPERBLOCK_BYTES + directory.length)];
}

/**
 * Sections with their padding, where some have to be fetched.
 *
 * @throws FormatError `BAD_INPUT` if a section has got another length since it was planned
 */
export async function* sectionChunks(planned: readonly Planned[]): AsyncGenerator<Uint8Array> {
  for (const { stored, pieces } of planned) {
    let length = 0;
    for await (const piece of pieces()) {
      length += piece.length;
      yield piece;
    }
    checkLength(stored, length);
    yield padding(length);
  }
}

function checkLength(stored: Stored, length: number): void {
  if (length === stored.length) return;
  throw new FormatError(
    'BAD_INPUT',
    `Section ${stored.name} had ${stored.length} bytes and now has ${length}: it changed while it was written.`,
  );
}
