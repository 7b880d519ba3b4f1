/** @file What is handed in to be written: items one by one or in columns, checked before a byte is written. */
import { FormatError } from '../errors.ts';
import { checkTexts } from '../text.ts';
import type { Ids } from './columns.ts';
import { MOST_ROWS } from './layout.ts';
import type { GalleryItem, IdKind, ImageFacts, IndexImage, ItemMetadata, LabelTable } from './meta.ts';

/** Items by what is known of them: for galleries of millions, where an object an item is too many. */
export interface GalleryColumns {
  /** Items. */
  readonly count: number;
  /** Unique; each item's row unless told. */
  readonly ids?: Ids | undefined;
  /** Indices into `classes`; none unless told. */
  readonly labels?: LabelTable | undefined;
  /** The same objects each time it is called. */
  readonly metadata?: ((row: number) => ItemMetadata | undefined) | undefined;
  /** The same bytes each time it is called. */
  readonly thumbnails?: ((row: number) => Uint8Array | undefined) | undefined;
}

/** What goes into a gallery. */
export interface GalleryContent {
  /** `sha256Hex` of the bytes of the codebook.pb that made the codes. */
  readonly codebookSha256: string;
  /** Subspaces: bytes a code. */
  readonly M: number;
  /** Codewords a subspace. */
  readonly K: number;
  /** Names of the classes that labels index. */
  readonly classes: readonly string[];
  /** [N, M] row-major: kept as they are, as a `flat` image. Either these or `image`. */
  readonly codes?: Uint8Array | undefined;
  /** The codes as an index of `@dqn/pq` has them, called by their rows: its `image()`. */
  readonly image?: IndexImage | undefined;
  /** N of them, in the order of rows. */
  readonly items: readonly GalleryItem[] | GalleryColumns;
  /** Rows that are to be kept free, ascending: of items that were removed. The image doesn't have them. */
  readonly removed?: Uint32Array | undefined;
  /** Media type of the thumbnails; wanted where an item has one. */
  readonly thumbnailType?: string | undefined;
  /** How the weights of the network that made the codes are stored, such as `i8`; for whoever asks. */
  readonly weights?: string | undefined;
}

/** Columns that have been looked at: undefined where no item has any. */
export interface Columns {
  readonly count: number;
  readonly kind: IdKind;
  /** Undefined where each id is its row. */
  readonly ids: Ids | undefined;
  readonly labels: ((row: number) => ArrayLike<number>) | undefined;
  readonly metadata: ((row: number) => ItemMetadata | undefined) | undefined;
  readonly thumbnail: ((row: number) => Uint8Array | undefined) | undefined;
}

/** What items must fit. */
export interface Frame {
  readonly classes: readonly string[];
  readonly thumbnailType: string;
  /** Rows of which nothing is kept. */
  readonly gone: ReadonlySet<number>;
}

/**
 * Items as columns. Nothing is copied but ids.
 *
 * @param kind for no items at all
 * @throws FormatError `BAD_INPUT` for ids of several kinds, or numbers that the kind can't hold
 */
export function toColumns(items: readonly GalleryItem[] | GalleryColumns, kind: IdKind = 'string'): Columns {
  if (isColumns(items)) {
    const { count, ids, labels, metadata, thumbnails } = items;
    if (!Number.isInteger(count) || count < 0 || count > MOST_ROWS) {
      throw bad(`There are ${count} items; expected 0 to ${MOST_ROWS}.`);
    }
    if (ids !== undefined && ids.length !== count) throw bad(`There are ${ids.length} ids for ${count} items.`);
    if (labels !== undefined && labels.offsets.length !== count + 1) {
      throw bad(`There are ${labels.offsets.length} offsets of labels; expected items + 1 = ${count + 1}.`);
    }
    return {
      count,
      kind: ids instanceof BigUint64Array ? 'u64' : ids === undefined || ids instanceof Uint32Array ? 'u32' : 'string',
      ids,
      labels: labels && ((row) => labels.values.subarray(labels.offsets[row], labels.offsets[row + 1])),
      metadata,
      thumbnail: thumbnails,
    };
  }
  const ids = idsOf(items, kind);
  return {
    count: items.length,
    kind: ids instanceof Uint32Array ? 'u32' : ids instanceof BigUint64Array ? 'u64' : 'string',
    ids,
    labels: (row) => items[row].labels,
    metadata: items.some((item) => item.metadata !== undefined) ? (row) => items[row].metadata : undefined,
    thumbnail: items.some((item) => item.thumbnail !== undefined) ? (row) => items[row].thumbnail : undefined,
  };
}

function isColumns(items: readonly GalleryItem[] | GalleryColumns): items is GalleryColumns {
  return !Array.isArray(items);
}

function idsOf(items: readonly GalleryItem[], kind: IdKind): Ids {
  const type = items.length === 0 ? { string: 'string', u32: 'number', u64: 'bigint' }[kind] : typeof items[0].id;
  for (const [row, { id }] of items.entries()) {
    const isIn = typeof id === 'string' || (id >= 0 && id < (typeof id === 'number' ? 2 ** 32 : 2n ** 64n));
    const isWhole = typeof id !== 'number' || Number.isInteger(id);
    if (typeof id === type && isIn && isWhole) continue;
    throw bad(
      `The id of row ${row} is ${String(id)} (${typeof id}); expected a ${type}, as the first is: strings, numbers up ` +
        'to 2^32 − 1, or bigints up to 2^64 − 1.',
    );
  }
  if (type === 'number') return Uint32Array.from(items, (item) => item.id as number);
  if (type === 'bigint') return BigUint64Array.from(items, (item) => item.id as bigint);
  return items.map((item) => item.id as string);
}

/**
 * Everything that can be wrong with items.
 *
 * @throws FormatError `BAD_INPUT`, `DUPLICATE_ID`
 */
export function checkColumns(columns: Columns, { classes, thumbnailType, gone }: Frame): void {
  checkTexts(classes, 'Class name');
  checkTexts([thumbnailType], 'thumbnailType');
  checkIds(columns, gone);
  const name = (row: number) => `Item ${JSON.stringify(String(columns.ids?.[row] ?? row))}`;
  const { labels: labelsOf, metadata: metadataOf, thumbnail: thumbnailOf } = columns;
  if (labelsOf === undefined && metadataOf === undefined && thumbnailOf === undefined) return;
  for (let row = 0; row < columns.count; row++) {
    if (gone.has(row)) continue;
    const labels = labelsOf?.(row) ?? [];
    for (let i = 0; i < labels.length; i++) {
      if (Number.isInteger(labels[i]) && labels[i] >= 0 && labels[i] < classes.length) continue;
      throw bad(`${name(row)} has label ${labels[i]}; expected an index into ${classes.length} classes.`);
    }
    const metadata: unknown = metadataOf?.(row);
    if (metadata !== undefined && (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata))) {
      throw bad(`${name(row)} has metadata ${JSON.stringify(metadata)}; expected an object.`);
    }
    const thumbnail = thumbnailOf?.(row);
    if (thumbnail === undefined) continue;
    if (thumbnail.length === 0) throw bad(`${name(row)} has an empty thumbnail; leave it out.`);
    if (thumbnailType === '') throw bad('Items have thumbnails, but thumbnailType is missing (such as image/webp).');
  }
}

function checkIds({ ids, count }: Columns, gone: ReadonlySet<number>): void {
  if (ids === undefined) return;
  const twice = (a: number, b: number, id: unknown) =>
    new FormatError(
      'DUPLICATE_ID',
      `Rows ${a} and ${b} have the same id ${JSON.stringify(String(id))}; ids must be unique in a gallery.`,
    );
  if (ids instanceof Uint32Array || ids instanceof BigUint64Array) {
    const sorted = (gone.size === 0 ? ids.slice() : ids.filter((_, row) => !gone.has(row))).sort();
    for (let i = 1; i < sorted.length; i++) {
      if (sorted[i - 1] !== sorted[i]) continue;
      const rows = Array.from({ length: count }, (_, row) => row).filter((row) => ids[row] === sorted[i]);
      const [a, b] = rows.filter((row) => !gone.has(row));
      throw twice(a, b, sorted[i]);
    }
    return;
  }
  checkTexts(ids, 'The id of row');
  const rows = new Map<string, number>();
  for (const [row, id] of ids.entries()) {
    if (gone.has(row)) continue;
    if (id === '') throw bad(`The id of row ${row} is empty.`);
    const before = rows.get(id);
    if (before !== undefined) throw twice(before, row, id);
    rows.set(id, row);
  }
}

/**
 * The image to be written: the one that is handed in, or a flat one around row-major codes.
 *
 * @param rows items, with those that are gone
 * @throws FormatError `BAD_INPUT`
 */
export function imageOf(content: GalleryContent, rows: number): IndexImage {
  const { M, K, codes, image, removed } = content;
  if (!Number.isInteger(M) || M < 1 || M > 32) throw bad(`M is ${M}; expected 1 to 32.`);
  if (!Number.isInteger(K) || K < 2 || K > 256 || (K & (K - 1)) !== 0) {
    throw bad(`K is ${K}; expected a power of two from 2 to 256.`);
  }
  const wrongRow = removed?.findIndex((row, i) => row >= rows || (i > 0 && removed[i - 1] >= row)) ?? -1;
  if (wrongRow >= 0) throw bad(`Removed row ${removed![wrongRow]} is not below ${rows} or not in ascending order.`);
  const count = rows - (removed?.length ?? 0);
  if ((codes === undefined) === (image === undefined)) throw bad('Either codes or an image of them is wanted.');
  if (image === undefined) {
    if (removed?.length) throw bad('Removed rows want an image that names its rows; there are row-major codes.');
    checkFlat(codes!, M, K, rows);
    return { kind: 'flat', version: 1, M, K, count, facts: {}, parts: [{ name: 'codes', bytes: codes! }] };
  }
  checkImage(image, { M, K, count });
  return image;
}

function checkImage(image: IndexImage, expected: Pick<ImageFacts, 'M' | 'K' | 'count'>): void {
  const { kind, version, M, K, count, facts, parts } = image;
  if (M !== expected.M || K !== expected.K || count !== expected.count) {
    throw bad(
      `The image is of ${count} codes with M = ${M}, K = ${K}; expected ${expected.count} with M = ${expected.M}, ` +
        `K = ${expected.K}.`,
    );
  }
  if (kind === '' || !Number.isInteger(version) || version < 1) throw bad(`The image is of kind '${kind}' ${version}.`);
  checkTexts([kind, ...parts.map((part) => part.name), ...Object.keys(facts)], 'A name of the image');
  const wrong = Object.entries(facts).find(([, value]) => !Number.isFinite(value));
  if (wrong !== undefined) throw bad(`Fact ${wrong[0]} of the image is ${wrong[1]}; expected a number.`);
  if (new Set(parts.map((part) => part.name)).size !== parts.length) throw bad('Two parts of the image have one name.');
  if (kind !== 'flat') return;
  const codes = parts.find((part) => part.name === 'codes')?.bytes ?? new Uint8Array(0);
  checkFlat(codes, M, K, count);
  const ids = parts.find((part) => part.name === 'ids')?.bytes.length ?? 4 * count;
  if (ids !== 4 * count) throw bad(`The flat image has ${ids} bytes of ids; expected ${4 * count}.`);
}

/** Codes [count, M] with values below K. */
export function checkFlat(codes: Uint8Array, M: number, K: number, count: number): void {
  if (codes.length !== count * M) {
    throw bad(`There are ${codes.length} bytes of codes; expected M × items = ${M} × ${count}.`);
  }
  const wrong = K < 256 ? codes.findIndex((code) => code >= K) : -1;
  if (wrong >= 0) throw bad(`Row ${Math.floor(wrong / M)} holds code ${codes[wrong]}; expected 0 to ${K - 1}.`);
}

/** What is wrong with what was handed in. */
export function bad(message: string): FormatError {
  return new FormatError('BAD_INPUT', `The gallery can't be written: ${message}`);
}
