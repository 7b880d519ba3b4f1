/**
 * @file Which row has an id: what a writer asks for every item that it adds.
 *
 * Hashed, with open addressing, over the ids as they stand in the file: beside them it takes 8 to 16 bytes a row, where a
 * Map of ten million strings would take a gigabyte.
 */
import { readIds, shapeOf } from './columns.ts';
import type { ItemId } from './meta.ts';
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
  readonly #keys: Keys | undefined;
  /** row + 1 in the place of its id's hash, or the next free one; 0 is free. */
  readonly #slots: Uint32Array;
  readonly #added = new Map<ItemId, number>();

  /** @param rows the rows to hash, of `keys` */
  constructor(keys: Keys | undefined, rows: Iterable<number>, count: number) {
    this.#keys = keys;
    this.#slots = new Uint32Array(2 ** Math.ceil(Math.log2(Math.max(8, 2 * count))));
    if (keys === undefined) return;
    const mask = this.#slots.length - 1;
    for (const row of rows) {
      let place = keys.hash(row) & mask;
      while (this.#slots[place] !== 0) place = (place + 1) & mask;
      this.#slots[place] = row + 1;
    }
  }

  /** The row of an id; undefined where there is none. It may have been removed since the table was made. */
  find(id: ItemId): number | undefined {
    const added = this.#added.get(id);
    if (added !== undefined || this.#keys === undefined) return added;
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
  function* rows() {
    for (let row = 0; row < meta.rows; row++) if (!gone.has(row)) yield row;
  }
  const keys = meta.idKind === 'string' ? await texts(reader, segments, signal) : await numbers(reader, segments, meta);
  return new IdTable(keys, rows(), meta.count);
}

async function numbers(
  reader: SectionReader,
  segments: readonly Segment[],
  { idKind, rows }: GalleryState['meta'],
): Promise<Keys> {
  const all = idKind === 'u32' ? new Uint32Array(rows) : new BigUint64Array(rows);
  for (const segment of segments) all.set((await readIds(reader, segment, idKind)) as never, segment.first);
  const hashOf = (id: ItemId) =>
    typeof id === 'bigint'
      ? mix(Number(id & 0xffffffffn) ^ Math.imul(Number(id >> 32n), 0x9e3779b1))
      : mix(id as number);
  return { hash: (row) => hashOf(all[row]), hashOf, matches: (row, id) => all[row] === id };
}

async function texts(reader: SectionReader, segments: readonly Segment[], signal?: AbortSignal): Promise<Keys> {
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
