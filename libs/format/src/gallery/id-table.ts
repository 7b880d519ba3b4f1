/**
 * @file Which row has an id, and which id a row: what a writer asks for every item that it adds, and a search for every
 * hit.
 *
 * Hashed, with open addressing, over the ids as they stand in the file: beside them it takes 8 to 16 bytes a row, where a
 * Map of ten million strings would take a gigabyte.
 */
import { FormatError } from '../errors.ts';
import { decode, readIds, shapeOf } from './columns.ts';
import type { GalleryMeta, ItemId } from './meta.ts';
import { readRagged } from './ragged.ts';
import { type GalleryState, isNumbers, type Segment } from './state.ts';
import type { SectionReader } from './stored.ts';

/** Ids in the order of rows, hashed and compared in place. */
interface Keys {
  at(row: number): ItemId;
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
 * The ids of a gallery, held as they stand in the file: a string is made when it is asked for, and what looks them up
 * when one is first looked for (one pass over all of them).
 */
export class GalleryIds {
  readonly #keys: Keys | undefined;
  readonly #rows: number;
  #gone: ReadonlySet<number> | undefined;
  #table: IdTable | undefined;

  /** By `openIds` of a gallery. */
  constructor(keys: Keys | undefined, rows: number, gone: ReadonlySet<number>) {
    this.#keys = keys;
    this.#rows = rows;
    this.#gone = gone;
  }

  /**
   * The id of a row; anything for one that was removed.
   *
   * @throws FormatError `NO_SUCH_ROW`; `BAD_CONTENT` for an id that isn't UTF-8
   */
  at(row: number): ItemId {
    if (!Number.isInteger(row) || row < 0 || row >= this.#rows) {
      throw new FormatError('NO_SUCH_ROW', `Row ${row} was asked for; the gallery has rows 0 to ${this.#rows - 1}.`);
    }
    return this.#keys === undefined ? row : this.#keys.at(row);
  }

  /**
   * A number from 0 to 2^32 − 1 that is the same for the same id, in every gallery with ids of this kind: for tables of
   * who else looks ids up.
   */
  hash(row: number): number {
    return this.#keys === undefined ? mix(row) : this.#keys.hash(row);
  }

  /** Whether a row, which has to be there, has an id. */
  matches(row: number, id: ItemId): boolean {
    return this.#keys === undefined ? row === id : this.#keys.matches(row, id);
  }

  /** Whether each id is its row's number. */
  get areRows(): boolean {
    return this.#keys === undefined;
  }

  /** The row of an id, of the gallery's kind; undefined where there is none or it was removed. */
  find(id: ItemId): number | undefined {
    if (this.#table === undefined) {
      const gone = this.#gone ?? new Set();
      this.#table = new IdTable(this.#keys, this.#rows, gone);
      if (this.#keys !== undefined) this.#gone = undefined;
    }
    const row = this.#table.find(id);
    return row === undefined || this.#gone?.has(row) ? undefined : row;
  }
}

/**
 * The ids of all rows, to be looked at and looked up.
 *
 * @param gone rows of which the ids are free
 * @throws FormatError `TRUNCATED`, `DAMAGED`, `BAD_CONTENT`
 */
export async function openIds(
  reader: SectionReader,
  state: GalleryState,
  gone: ReadonlySet<number>,
  signal?: AbortSignal,
): Promise<GalleryIds> {
  return new GalleryIds(await readKeys(reader, state, signal), state.meta.rows, gone);
}

/**
 * The table of all ids but those of rows that are gone.
 *
 * @throws FormatError `TRUNCATED`, `DAMAGED`, `BAD_CONTENT`
 */
export async function readIdTable(
  reader: SectionReader,
  state: GalleryState,
  gone: ReadonlySet<number>,
  signal?: AbortSignal,
): Promise<IdTable> {
  return new IdTable(await readKeys(reader, state, signal), state.meta.rows, gone);
}

/** Undefined where each id is its row's number. */
async function readKeys(
  reader: SectionReader,
  { meta, segments }: GalleryState,
  signal?: AbortSignal,
): Promise<Keys | undefined> {
  if (segments.every(({ ids }) => ids === undefined)) return undefined;
  return meta.idKind === 'string' ? texts(reader, segments, signal) : numbers(reader, segments, meta, signal);
}

async function numbers(
  reader: SectionReader,
  segments: readonly Segment[],
  { idKind, rows }: GalleryMeta,
  signal?: AbortSignal,
): Promise<Keys> {
  const all = idKind === 'u32' ? new Uint32Array(rows) : new BigUint64Array(rows);
  for (const segment of segments) all.set((await readIds(reader, segment, idKind, signal)) as never, segment.first);
  return {
    at: (row) => all[row],
    hash: (row) => hashId(all[row]),
    hashOf: hashId,
    matches: (row, id) => all[row] === id,
  };
}

async function texts(reader: SectionReader, segments: readonly Segment[], signal?: AbortSignal): Promise<Keys> {
  const columns = await Promise.all(
    segments.map(({ ids, rows }) => {
      if (ids === undefined || isNumbers(ids)) throw new Error('numbers are no texts');
      return readRagged(reader, ids, shapeOf('ids', rows), signal);
    }),
  );
  const segmentOf = (row: number): number => {
    let i = segments.length - 1;
    while (segments[i].first > row) i--;
    return i;
  };
  let last: { id: ItemId; bytes: Uint8Array } = { id: '', bytes: new Uint8Array(0) };
  const encode = (id: ItemId): Uint8Array => {
    if (last.id !== id) last = { id, bytes: encoder.encode(String(id)) };
    return last.bytes;
  };
  return {
    at(row) {
      const i = segmentOf(row);
      const { offsets, bytes } = columns[i];
      const local = row - segments[i].first;
      return decode(bytes.subarray(offsets[local], offsets[local + 1]), row);
    },
    hash(row) {
      const i = segmentOf(row);
      const { offsets, bytes } = columns[i];
      const local = row - segments[i].first;
      return hashBytes(bytes, offsets[local], offsets[local + 1]);
    },
    hashOf(id) {
      const bytes = encode(id);
      return hashBytes(bytes, 0, bytes.length);
    },
    matches(row, id) {
      if (typeof id !== 'string') return false;
      const i = segmentOf(row);
      const { offsets, bytes } = columns[i];
      const wanted = encode(id);
      const from = offsets[row - segments[i].first];
      if (offsets[row - segments[i].first + 1] - from !== wanted.length) return false;
      return wanted.every((byte, at) => byte === bytes[from + at]);
    },
  };
}

/** What `hash` gives for a row with this id. */
export function hashId(id: ItemId): number {
  if (typeof id === 'string') {
    const bytes = encoder.encode(id);
    return hashBytes(bytes, 0, bytes.length);
  }
  return typeof id === 'bigint' ? mix(Number(id & 0xffffffffn) ^ Math.imul(Number(id >> 32n), 0x9e3779b1)) : mix(id);
}

const encoder = new TextEncoder();

/** FNV-1a, mixed. */
function hashBytes(bytes: Uint8Array, from: number, to: number): number {
  let hash = 0x811c9dc5;
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193);
  return mix(hash);
}

/** Spreads neighbours apart (the finalizer of MurmurHash3). */
function mix(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
