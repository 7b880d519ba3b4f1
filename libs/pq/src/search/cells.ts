/**
 * @file A structure of cells in a memory: searched by the kernels, read back item by item, kept as an image.
 *
 * One arrangement serves all kinds. 'flat' is one cell whose planes are all subspaces; 'multi-index' (M ≤ 4) and
 * 'coarse cells' have two subspaces as axes and the others as planes. See assembly/layout.ts.
 */
import type { Arena } from '../kernels/arena.ts';
import { LANES, LAYOUT_WORDS, NONE, ON_AXIS_0, ON_AXIS_1, SCRATCH_BYTES, WORD } from './layout.ts';
import type { Plan } from './plan.ts';
import { CodeReader } from './read-back.ts';
import type { IndexImage, Structure, StructureKind, StructureLayout, Visited, Worker } from './structure.ts';

/** What a structure of cells consists of, before its arrays are filled. */
export interface CellsParts {
  readonly M: number;
  readonly K: number;
  /** Codes that are stored: items, or distinct codes. */
  readonly count: number;
  readonly items: number;
  readonly plan: Plan;
  /** Whether an item's id is its place. */
  readonly positional: boolean;
  readonly distinct: boolean;
}

/** Byte offsets of the arrays. */
export interface CellsPlaces {
  readonly offsets: number;
  readonly codes: number;
  /** 0: none. */
  readonly ids: number;
  /** 0: none. */
  readonly postings: number;
  readonly bytesOfCodes: number;
}

/**
 * Makes room for a structure and writes its layout; the caller fills the arrays and says `ready()`.
 *
 * @throws PqError `OUT_OF_MEMORY`
 */
export function placeCells(arena: Arena, parts: CellsParts): { cells: Cells; at: CellsPlaces } {
  const { M, K, count, items, plan, positional, distinct } = parts;
  const { axis0, axis1, lowBits1, planes } = plan;
  const start = arena.bytes;
  const cells0 = axis0 < 0 ? 1 : K;
  const cells1 = axis1 < 0 ? 1 : K >> lowBits1;
  const layout = arena.allocate(4 * LAYOUT_WORDS);
  const at = {
    offsets: arena.allocate(4 * (cells0 * cells1 + 1)),
    codes: arena.allocate(Math.ceil(count / LANES) * LANES * planes.length),
    ids: positional ? 0 : arena.allocate(4 * items),
    postings: distinct ? arena.allocate(4 * (count + 1)) : 0,
    bytesOfCodes: arena.allocate(256 * M),
  };
  const words = arena.u32(layout, LAYOUT_WORDS);
  words[WORD.M] = M;
  words[WORD.K] = K;
  words[WORD.count] = count;
  words[WORD.cells0] = cells0;
  words[WORD.cells1] = cells1;
  words[WORD.lowBits1] = lowBits1;
  words[WORD.planes] = planes.length;
  words[WORD.axis0] = axis0 < 0 ? NONE : axis0;
  words[WORD.axis1] = axis1 < 0 ? NONE : axis1;
  words[WORD.offsets] = at.offsets;
  words[WORD.codes] = at.codes;
  words[WORD.ids] = at.ids;
  words[WORD.postings] = at.postings;
  words[WORD.bytesOfCodes] = at.bytesOfCodes;
  words[WORD.items] = items;
  words.set(planes, WORD.subspaceOf);
  for (let m = 0; m < M; m++) {
    const plane = planes.indexOf(m);
    words[WORD.planeOf + m] = plane >= 0 ? plane : m === axis0 ? ON_AXIS_0 : ON_AXIS_1;
  }
  words[WORD.bytes] = arena.bytes - start;
  return { cells: new Cells(arena, layout), at };
}

/** The largest id; −1 without ids. */
export function largestOf(ids: Uint32Array<ArrayBufferLike>): number {
  let largest = -1;
  for (let i = 0; i < ids.length; i++) if (ids[i] > largest) largest = ids[i];
  return largest;
}

/** A structure of cells. */
export class Cells implements Structure {
  readonly scratchBytes = SCRATCH_BYTES;
  readonly M: number;
  readonly K: number;
  readonly count: number;
  readonly kind: StructureKind;
  readonly distinct: boolean;
  readonly bytes: number;
  maxId = -1;
  readonly #arena: Arena;
  readonly #layout: number;
  readonly #words: Uint32Array;
  /** Made when codes are first read back. */
  #reader: CodeReader | undefined;

  /** @param layout the place of its layout in the memory, written by `placeCells` (of this thread or another) */
  constructor(arena: Arena, layout: number) {
    this.#arena = arena;
    this.#layout = layout;
    this.#words = arena.u32(layout, LAYOUT_WORDS).slice();
    this.M = this.#words[WORD.M];
    this.K = this.#words[WORD.K];
    this.count = this.#words[WORD.items];
    this.distinct = this.#words[WORD.postings] !== 0;
    this.bytes = this.#words[WORD.bytes];
    this.kind = this.#words[WORD.axis0] === NONE ? 'flat' : this.M <= 4 ? 'multi-index' : 'coarse cells';
  }

  /** What can be known when the arrays are filled. */
  ready(): void {
    const ids = this.#ids();
    this.maxId = ids === undefined ? this.count - 1 : largestOf(ids);
  }

  search({ kernels, table, scratch }: Worker): Visited {
    kernels.searchCells(this.#layout, table, scratch);
    const of = this.#words[WORD.cells0] * this.#words[WORD.cells1];
    return {
      cells: kernels.cellsSeen(),
      of: of > 1 ? of : 0,
      items: kernels.itemsSeen(),
      exact: kernels.itemsExact(),
    };
  }

  items(): { ids: Uint32Array; codes: Uint8Array } {
    const ids = this.#ids()?.slice() ?? Uint32Array.from({ length: this.count }, (_, i) => i);
    return { ids, codes: this.#codes().all() };
  }

  placeIds(): Uint32Array<ArrayBufferLike> | undefined {
    return this.#ids();
  }

  codesAt(items: Uint32Array, into: Uint8Array): void {
    this.#codes().at(items, into);
  }

  image(): IndexImage {
    const { M, K, count } = this;
    if (this.kind === 'flat') {
      const { ids, codes } = this.items();
      const parts = [{ name: 'codes', bytes: codes }];
      if (this.#ids() !== undefined) parts.push({ name: 'ids', bytes: new Uint8Array(ids.buffer) });
      return { kind: 'flat', version: 1, M, K, count, facts: {}, parts };
    }
    const words = this.#words;
    const u8 = this.#arena.u8();
    const bytes = (at: number, length: number) => u8.subarray(at, at + length);
    const codes = words[WORD.count];
    const P = words[WORD.planes];
    const parts = [
      { name: 'ranks', bytes: bytes(words[WORD.bytesOfCodes], 256 * M) },
      { name: 'offsets', bytes: bytes(words[WORD.offsets], 4 * (words[WORD.cells0] * words[WORD.cells1] + 1)) },
      { name: 'codes', bytes: bytes(words[WORD.codes], Math.ceil(codes / LANES) * LANES * P) },
      { name: 'ids', bytes: bytes(words[WORD.ids], 4 * count) },
    ];
    if (this.distinct) parts.push({ name: 'postings', bytes: bytes(words[WORD.postings], 4 * (codes + 1)) });
    const facts: Record<string, number> = {
      codes,
      axis0: words[WORD.axis0],
      lowBits1: words[WORD.lowBits1],
    };
    if (words[WORD.axis1] !== NONE) facts.axis1 = words[WORD.axis1];
    for (let p = 0; p < P; p++) facts[`plane${p}`] = words[WORD.subspaceOf + p];
    return { kind: this.kind, version: 1, M, K, count, facts, parts };
  }

  layout(): StructureLayout {
    const { kind, distinct, M, K, count, maxId } = this;
    return { kind, distinct, M, K, count, maxId, facts: { layout: this.#layout } };
  }

  #ids(): Uint32Array<ArrayBufferLike> | undefined {
    const at = this.#words[WORD.ids];
    return at === 0 ? undefined : this.#arena.u32(at, this.count);
  }

  #codes(): CodeReader {
    this.#reader ??= new CodeReader(this.#arena, this.#words);
    return this.#reader;
  }
}
