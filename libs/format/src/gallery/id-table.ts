/**
 * @file Which row has an id: what a writer asks for every item that it adds.
 *
 * Hashed, with open addressing, over the ids as they stand in the file: beside them it takes 8 to 16 bytes a row, where a
 * Map of ten million strings would take a gigabyte.
 */
import { readIds, shapeOf } from './columns.ts';
import type { GalleryMeta, ItemId } from './meta.ts';
import { readRagged } from './ragged.ts';
import { type GalleryState, isNumbers, type Segment } from './state.ts';
import type { SectionReader } from './stored.ts';

/** Ids in the order of rows, hashed and compared in place. */
interface Keys {
  /** Of a row's id, uint32. */
  hash(row: number): number;
  /** Of an id that is looked for. */
  hashOf(id: ItemId): number;
  matches(row: number, id: ItemId): boolean;
}

/** The rows of ids. An id that is set again belongs to the later row. */
export class IdTable {
  /** Undefined where each id is its row's number. */
  readonly #keys: Keys | undefined;
  readonly #rows: number;
  /** row + 1 in the place of its id's hash, or the next free one; 0 is free. */
  readonly #slots: Uint32Array;
  readonly #added = new Map<ItemId, number>();

  /** @param gone rows of which the ids are free */
  constructor(keys: Keys | undefined, rows: number, gone: ReadonlySet<number>) {
    this.#keys = keys;
    this.#rows = rows;
    const slots = new Uint32Array(keys === undefined ? 0 : 2 ** Math.ceil(Math.log2(Math.max(8, 2 * rows))));
    this.#slots = slots;
    if (keys === undefined) return;
    const mask = slots.length - 1;
    for (let row = 0; row < rows; row++) {
      if (gone.size > 0 && gone.has(row)) continue;
      let place = keys.hash(row) & mask;
      while (slots[place] !== 0) place = (place + 1) & mask;
      slots[place] = row + 1;
    }
  }

  /** The row of an id; undefined where there is none. It may be gone since the table was made. */
  find(id: ItemId): number | undefined {
    const added = this.#added.get(id);
    if (added !== undefined) return added;
    if (this.#keys === undefined) {
      return typeof id === 'number' && Number.isInteger(id) && id >= 0 && id < this.#rows ? id : undefined;
    }
    const mask = this.#slots.length - 1;
    for (let place = this.#keys.hashOf(id) & mask; this.#slots[place] !== 0; place = (place + 1) & mask) {
      const row = this.#slots[place] - 1;
      if (this.#keys.matches(row, id)) return row;
    }
    return undefined;
  }

  /** Gives an id to a row. */
  set(id: ItemId, row: number): void {
    this.#added.set(id, row);
  }
}

/**
 * The table of all ids but those of rows that are gone.
 *
 * @throws FormatError `TRUNCATED`, `DAMAGED`, `BAD_CONTENT`
 */
export async function readIdTable(
  reader: SectionReader,
  { meta, segments }: GalleryState,
  gone: ReadonlySet<number>,
  signal?: AbortSignal,
): Promise<IdTable> {
  const areRows = segments.every(({ ids }) => ids === undefined);
  const read = meta.idKind === 'string' ? texts : numbers;
  return new IdTable(areRows ? undefined : await read(reader, segments, meta, signal), meta.rows, gone);
}

async function numbers(
  reader: SectionReader,
  segments: readonly Segment[],
  { idKind, rows }: GalleryMeta,
  signal?: AbortSignal,
): Promise<Keys> {
  const all = idKind === 'u32' ? new Uint32Array(rows) : new BigUint64Array(rows);
  for (const segment of segments) all.set((await readIds(reader, segment, idKind, signal)) as never, segment.first);
  const hashOf = (id: ItemId) =>
    typeof id === 'bigint'
      ? mix(Number(id & 0xffffffffn) ^ Math.imul(Number(id >> 32n), 0x9e3779b1))
      : mix(id as number);
  return { hash: (row) => hashOf(all[row]), hashOf, matches: (row, id) => all[row] === id };
}

async function texts(
  reader: SectionReader,
  segments: readonly Segment[],
  _meta: GalleryMeta,
  signal?: AbortSignal,
): Promise<Keys> {
  const encoder = new TextEncoder();
  const columns = await Promise.all(
    segments.map(({ ids, rows }) => {
      if (ids === undefined || isNumbers(ids)) throw new Error('numbers are no texts');
      return readRagged(reader, ids, shapeOf('ids', rows), signal);
    }),
  );
  const bytesOf = (row: number): Uint8Array => {
    const i = segments.findLastIndex(({ first }) => first <= row);
    const { offsets, bytes } = columns[i];
    const local = row - segments[i].first;
    return bytes.subarray(offsets[local], offsets[local + 1]);
  };
  let last: { id: ItemId; bytes: Uint8Array } = { id: '', bytes: new Uint8Array(0) };
  const encode = (id: ItemId): Uint8Array => {
    if (last.id !== id) last = { id, bytes: encoder.encode(id as string) };
    return last.bytes;
  };
  return {
    hash: (row) => hashBytes(bytesOf(row)),
    hashOf: (id) => hashBytes(encode(id)),
    matches(row, id) {
      const [found, wanted] = [bytesOf(row), encode(id)];
      return found.length === wanted.length && found.every((byte, i) => byte === wanted[i]);
    },
  };
}

/** FNV-1a, mixed. */
function hashBytes(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193);
  return mix(hash);
}

/** Spreads neighbours apart (the finalizer of MurmurHash3). */
function mix(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
