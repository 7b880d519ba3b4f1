/** @file Writes a gallery, piece by piece: thumbnails are never copied together. */
import { crc32 } from '../crc32.ts';
import { FormatError } from '../errors.ts';
import { createSha256, fromHex, sha256 } from '../sha256.ts';
import { checkTexts } from '../text.ts';
import {
  aligned,
  CHECKSUM_AT,
  GalleryHeader,
  INDEX_BYTES,
  MAGIC,
  PREFIX_BYTES,
  padding,
  SCHEMA_VERSION,
  SECTIONS,
  type SectionName,
} from './layout.ts';
import type { GalleryItem } from './meta.ts';

/** What goes into a gallery. */
export interface GalleryContent {
  /** `sha256Hex` of the bytes of the codebook.pb that made the codes. */
  codebookSha256: string;
  /** Subspaces: bytes a code. */
  M: number;
  /** Codewords a subspace. */
  K: number;
  /** Names of the classes that labels index. */
  classes: readonly string[];
  /** [N, M] row-major. */
  codes: Uint8Array;
  /** N of them, in the order of the codes. */
  items: readonly GalleryItem[];
  /** Media type of the thumbnails; wanted where an item has one. */
  thumbnailType?: string | undefined;
}

/** One section before it is written: its pieces are gone over twice, for the checksum and for the file. */
interface Part {
  name: SectionName;
  length: number;
  pieces: () => Iterable<Uint8Array>;
}

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
 * The bytes of a gallery file, piece by piece and in order; codes and thumbnails are handed through as they are.
 * Everything is checked before this returns, so that nothing fails half-way.
 *
 * @throws FormatError `BAD_INPUT`, `DUPLICATE_ID`
 */
export function galleryChunks(content: GalleryContent): Iterable<Uint8Array> {
  const { M, K, codes, items, classes } = content;
  checkContent(content);
  const parts: Part[] = [
    single('codes', codes),
    single('ids', writeIds(items)),
    single('labels', writeLabels(items)),
    ...writeThumbnails(items),
  ];
  let offset = 0;
  const sections = parts.map((part) => {
    const hash = createSha256();
    for (const piece of part.pieces()) hash.update(piece);
    hash.update(padding(part.length));
    const section = { kind: SECTIONS[part.name], offset, length: part.length, sha256: hash.digest() };
    offset += aligned(part.length);
    return section;
  });
  const header = GalleryHeader.encode({
    codebookSha256: fromHex(content.codebookSha256, 'codebookSha256'),
    m: M,
    k: K,
    count: items.length,
    classes: [...classes],
    thumbnailType: content.thumbnailType ?? '',
    sections,
  }).finish();
  return chunks(header, parts);
}

function* chunks(header: Uint8Array, parts: readonly Part[]): Generator<Uint8Array> {
  const prefix = new Uint8Array(PREFIX_BYTES);
  prefix.set(MAGIC);
  const view = new DataView(prefix.buffer);
  view.setUint32(8, SCHEMA_VERSION, true);
  view.setUint32(12, header.length, true);
  const filling = padding(PREFIX_BYTES + header.length);
  prefix.set(sha256(prefix.subarray(0, CHECKSUM_AT), header, filling), CHECKSUM_AT);
  yield prefix;
  yield header;
  yield filling;
  for (const part of parts) {
    yield* part.pieces();
    yield padding(part.length);
  }
}

function single(name: SectionName, bytes: Uint8Array): Part {
  return { name, length: bytes.length, pieces: () => [bytes] };
}

function writeIds(items: readonly GalleryItem[]): Uint8Array {
  const encoder = new TextEncoder();
  const texts = items.map((item) => encoder.encode(item.id));
  const bytes = new Uint8Array(texts.reduce((sum, text) => sum + 4 + text.length, 0));
  const view = new DataView(bytes.buffer);
  let at = 4 * items.length;
  for (const [row, text] of texts.entries()) {
    view.setUint32(4 * row, text.length, true);
    bytes.set(text, at);
    at += text.length;
  }
  return bytes;
}

function writeLabels(items: readonly GalleryItem[]): Uint8Array {
  const bytes = new Uint8Array(items.reduce((sum, item) => sum + 4 + 4 * item.labels.length, 0));
  const view = new DataView(bytes.buffer);
  let at = 4 * items.length;
  for (const [row, { labels }] of items.entries()) {
    view.setUint32(4 * row, labels.length, true);
    for (const label of labels) {
      view.setUint32(at, label, true);
      at += 4;
    }
  }
  return bytes;
}

/** The index of thumbnails and the thumbnails; no section at all where no item has one. */
function writeThumbnails(items: readonly GalleryItem[]): Part[] {
  const index = new Uint8Array(INDEX_BYTES * items.length);
  const view = new DataView(index.buffer);
  let length = 0;
  for (const [row, { thumbnail }] of items.entries()) {
    if (thumbnail === undefined) continue;
    view.setBigUint64(INDEX_BYTES * row, BigInt(length), true);
    view.setUint32(INDEX_BYTES * row + 8, thumbnail.length, true);
    view.setUint32(INDEX_BYTES * row + 12, crc32(thumbnail), true);
    length += thumbnail.length;
  }
  if (length === 0) return [];
  function* pieces() {
    for (const { thumbnail } of items) if (thumbnail !== undefined) yield thumbnail;
  }
  return [single('thumbnail index', index), { name: 'thumbnails', length, pieces }];
}

function checkContent({ M, K, codes, items, classes, thumbnailType = '' }: GalleryContent): void {
  if (!Number.isInteger(M) || M < 1 || M > 32) throw bad(`M is ${M}; expected 1 to 32.`);
  if (!Number.isInteger(K) || K < 2 || K > 256 || (K & (K - 1)) !== 0) {
    throw bad(`K is ${K}; expected a power of two from 2 to 256.`);
  }
  if (codes.length !== items.length * M) {
    throw bad(`There are ${codes.length} bytes of codes; expected M × items = ${M} × ${items.length}.`);
  }
  const wrong = codes.findIndex((code) => code >= K);
  if (wrong >= 0) throw bad(`Row ${Math.floor(wrong / M)} holds code ${codes[wrong]}; expected 0 to ${K - 1}.`);
  checkTexts(classes, 'Class name');
  checkTexts([thumbnailType], 'thumbnailType');
  checkTexts(
    items.map((item) => item.id),
    'The id of row',
  );
  const rows = new Map<string, number>();
  for (const [row, item] of items.entries()) {
    if (item.id === '') throw bad(`The id of row ${row} is empty.`);
    const before = rows.get(item.id);
    if (before !== undefined) {
      throw new FormatError(
        'DUPLICATE_ID',
        `Rows ${before} and ${row} have the same id ${JSON.stringify(item.id)}; ids must be unique in a gallery.`,
      );
    }
    rows.set(item.id, row);
    for (const label of item.labels) {
      if (!Number.isInteger(label) || label < 0 || label >= classes.length) {
        throw bad(
          `Item ${JSON.stringify(item.id)} has label ${label}; expected an index into ${classes.length} classes.`,
        );
      }
    }
    if (item.thumbnail === undefined) continue;
    if (item.thumbnail.length === 0) throw bad(`Item ${JSON.stringify(item.id)} has an empty thumbnail; leave it out.`);
    if (thumbnailType === '') throw bad('Items have thumbnails, but thumbnailType is missing (such as image/webp).');
  }
}

function bad(message: string): FormatError {
  return new FormatError('BAD_INPUT', `The gallery can't be written: ${message}`);
}
