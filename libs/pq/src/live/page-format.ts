/**
 * @file How a page of unsorted items lies in the memory: as a structure of one cell does, sixteen items side by side,
 * every subspace a plane. The kernels search a page as they search a base.
 */
import type { Codebook } from '../codebook.ts';
import type { Arena } from '../kernels/arena.ts';
import { LANES, LAYOUT_WORDS, NONE, SCRATCH_BYTES, WORD } from '../search/layout.ts';
import { flatPlan } from '../search/plan.ts';
import type { Visited, Worker } from '../search/structure.ts';
import { codewordRanks, storedBytes } from '../search/tree.ts';

/** What a query sees of a page: numbers only, so that it can be sent to another thread. */
export interface PageView {
  /** Places in the memory: planes of codes, u32 ids. */
  readonly codes: number;
  readonly ids: number;
  /** Items. */
  readonly count: number;
}

/** What all pages of a memory share: numbers only, too. */
export interface PageFormatPlaces {
  readonly M: number;
  readonly K: number;
  /** u8 [M, 256]: the stored byte of each code. */
  readonly bytesOfCodes: number;
}

/** Where in a query's scratch a page's layout stands, which holds for one search, and the bytes that scratch needs. */
const LAYOUT = Math.ceil(SCRATCH_BYTES / 64) * 64;
const OFFSETS = LAYOUT + 4 * LAYOUT_WORDS;
export const PAGE_SCRATCH_BYTES = OFFSETS + 8;

/** Made once for a codebook: it takes some 50 ms, and every merge begins a memory with pages of its own. */
const made = new WeakMap<object, Uint8Array>();

/** The stored byte of each code. Whichever way codes are numbered is right; one that knows the codewords is fast. */
function bytesOf(codebook: Codebook | { readonly M: number; readonly K: number }): Uint8Array {
  let bytes = made.get(codebook);
  if (bytes === undefined) {
    bytes = storedBytes(codewordRanks(codebook), flatPlan(codebook.M), codebook.M, codebook.K);
    made.set(codebook, bytes);
  }
  return bytes;
}

/** Reads, writes and searches pages. */
export class PageFormat {
  readonly places: PageFormatPlaces;
  readonly #arena: Arena;
  /** [M, 256]: from code to byte and back. */
  readonly #bytes: Uint8Array;
  readonly #codes: Uint8Array;
  /** What is the same in every page's layout. */
  readonly #words: Uint32Array;

  /** @param places of the same memory, made by `make` */
  constructor(arena: Arena, places: PageFormatPlaces) {
    const { M, K, bytesOfCodes } = places;
    this.#arena = arena;
    this.places = places;
    this.#bytes = arena.u8().slice(bytesOfCodes, bytesOfCodes + 256 * M) as Uint8Array;
    this.#codes = new Uint8Array(256 * M);
    for (let m = 0; m < M; m++) for (let k = 0; k < K; k++) this.#codes[256 * m + this.#bytes[256 * m + k]] = k;
    const words = new Uint32Array(LAYOUT_WORDS);
    words[WORD.M] = M;
    words[WORD.K] = K;
    words[WORD.cells0] = 1;
    words[WORD.cells1] = 1;
    words[WORD.planes] = M;
    words[WORD.axis0] = NONE;
    words[WORD.axis1] = NONE;
    words[WORD.bytesOfCodes] = bytesOfCodes;
    for (let m = 0; m < M; m++) {
      words[WORD.subspaceOf + m] = m;
      words[WORD.planeOf + m] = m;
    }
    this.#words = words;
  }

  /** Of a memory that has no pages yet. @throws PqError `OUT_OF_MEMORY` */
  static make(arena: Arena, codebook: Codebook | { readonly M: number; readonly K: number }): PageFormat {
    const { M, K } = codebook;
    const bytesOfCodes = arena.allocate(256 * M);
    arena.u8().set(bytesOf(codebook), bytesOfCodes);
    return new PageFormat(arena, { M, K, bytesOfCodes });
  }

  /** Bytes of codes in a page for so many items, whole groups. */
  bytes(capacity: number): number {
    return capacity * this.places.M;
  }

  /** @param from where the code begins in `codes` */
  write(page: PageView, index: number, codes: Uint8Array, from: number): void {
    const { M } = this.places;
    const u8 = this.#arena.u8();
    const to = this.#at(page, index);
    for (let m = 0; m < M; m++) u8[to + m * LANES] = this.#bytes[256 * m + codes[from + m]];
  }

  /** Several items side by side. @param from the first one's row in `codes` [N, M] */
  writeAll(page: PageView, index: number, codes: Uint8Array, from: number, count: number): void {
    const { M } = this.places;
    const u8 = this.#arena.u8();
    const bytes = this.#bytes;
    for (let i = 0; i < count; i++) {
      const to = this.#at(page, index + i);
      const code = (from + i) * M;
      for (let m = 0; m < M; m++) u8[to + m * LANES] = bytes[256 * m + codes[code + m]];
    }
  }

  read(page: PageView, index: number, into: Uint8Array, at: number): void {
    const { M } = this.places;
    const u8 = this.#arena.u8();
    const from = this.#at(page, index);
    for (let m = 0; m < M; m++) into[at + m] = this.#codes[256 * m + u8[from + m * LANES]];
  }

  /** Offers all items that can be among the nearest. @param worker with `PAGE_SCRATCH_BYTES` of scratch */
  search({ kernels, table, scratch }: Worker, { codes, ids, count }: PageView): Visited {
    const words = this.#arena.u32(scratch + LAYOUT, LAYOUT_WORDS);
    words.set(this.#words);
    words[WORD.count] = count;
    words[WORD.offsets] = scratch + OFFSETS;
    words[WORD.codes] = codes;
    words[WORD.ids] = ids;
    this.#arena.u32(scratch + OFFSETS, 2).set([0, count]);
    kernels.searchCells(scratch + LAYOUT, table, scratch);
    return { cells: 0, of: 0, items: kernels.itemsSeen(), exact: kernels.itemsExact() };
  }

  #at(page: PageView, index: number): number {
    return page.codes + (index >> 4) * LANES * this.places.M + (index & 15);
  }
}
