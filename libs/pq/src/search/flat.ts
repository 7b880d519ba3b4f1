/**
 * @file The flat structure: codes one behind another, every one looked at. For few items, and where nothing else runs.
 */
import { PqError } from '../errors.ts';
import type { Arena } from '../kernels/arena.ts';
import type { IndexImage, Structure, StructureLayout, Visited, Worker } from './structure.ts';

/** What a flat structure is made of. */
export interface FlatItems {
  readonly M: number;
  readonly K: number;
  /** [N, M] row-major. */
  readonly codes: Uint8Array;
  /** [N], unique; 0 … N − 1 unless given. */
  readonly ids?: Uint32Array | undefined;
}

/**
 * Puts items into a memory.
 *
 * @throws PqError `OUT_OF_MEMORY`
 */
export function buildFlat(arena: Arena, { M, K, codes, ids }: FlatItems): Structure {
  const count = codes.length / M;
  const at = arena.allocate(codes.length);
  const idsAt = ids === undefined ? 0 : arena.allocate(4 * count);
  arena.u8().set(codes, at);
  let maxId = count - 1;
  if (ids !== undefined) {
    arena.u32(idsAt, count).set(ids);
    maxId = -1;
    for (let i = 0; i < count; i++) if (ids[i] > maxId) maxId = ids[i];
  }
  return new Flat(arena, { kind: 'flat', distinct: false, M, K, count, maxId, facts: { codes: at, ids: idsAt } });
}

/** The flat structure that another thread built in the same memory. */
export function attachFlat(arena: Arena, layout: StructureLayout): Structure {
  return new Flat(arena, layout);
}

/**
 * Reads a flat image into a memory.
 *
 * @throws PqError `BAD_FILE`, `OUT_OF_MEMORY`
 */
export function openFlat(arena: Arena, image: IndexImage): Structure {
  const { M, K, count, parts } = image;
  const codes = parts.find(({ name }) => name === 'codes')?.bytes;
  const ids = parts.find(({ name }) => name === 'ids')?.bytes;
  if (image.version !== 1 || codes?.length !== count * M || (ids !== undefined && ids.length !== count * 4)) {
    throw new PqError(
      'BAD_FILE',
      `A flat index of version ${image.version} with ${codes?.length ?? 'no'} bytes of codes and ` +
        `${ids?.length ?? 'no'} bytes of ids; expected version 1, ${count} × ${M} bytes and ${count} × 4 or none.`,
    );
  }
  return buildFlat(arena, { M, K, codes, ids: ids && new Uint32Array(ids.slice().buffer) });
}

class Flat implements Structure {
  readonly kind = 'flat';
  readonly distinct = false;
  readonly scratchBytes = 0;
  readonly M: number;
  readonly K: number;
  readonly count: number;
  readonly maxId: number;
  readonly #arena: Arena;
  readonly #layout: StructureLayout;
  readonly #codes: number;
  readonly #ids: number;

  constructor(arena: Arena, layout: StructureLayout) {
    this.#arena = arena;
    this.#layout = layout;
    this.M = layout.M;
    this.K = layout.K;
    this.count = layout.count;
    this.maxId = layout.maxId;
    this.#codes = layout.facts.codes;
    this.#ids = layout.facts.ids;
  }

  get bytes(): number {
    return this.count * (this.M + (this.#ids === 0 ? 0 : 4));
  }

  search({ kernels, table }: Worker): Visited {
    const { M, count } = this;
    const codes = this.#allCodes();
    const ids = this.placeIds();
    const T = this.#arena.f64(table, M * 256);
    let limit = kernels.currentLimit();
    for (let place = 0, i = 0; place < count; place++) {
      let sum = 0;
      for (let m = 0; m < M; m++) sum += T[(m << 8) | codes[i++]];
      if (sum <= limit && kernels.offer(sum, ids === undefined ? place : ids[place])) limit = kernels.currentLimit();
    }
    return { cells: 0, of: 0, items: count, exact: count };
  }

  items(): { ids: Uint32Array; codes: Uint8Array } {
    const ids = this.placeIds() ?? Uint32Array.from({ length: this.count }, (_, place) => place);
    return { ids: Uint32Array.from(ids), codes: Uint8Array.from(this.#allCodes()) };
  }

  placeIds(): Uint32Array<ArrayBufferLike> | undefined {
    return this.#ids === 0 ? undefined : this.#arena.u32(this.#ids, this.count);
  }

  codeAt(place: number, into: Uint8Array, at: number): void {
    const codes = this.#arena.u8();
    const from = this.#codes + place * this.M;
    for (let m = 0; m < this.M; m++) into[at + m] = codes[from + m];
  }

  image(): IndexImage {
    const { kind, M, K, count } = this;
    const parts = [{ name: 'codes', bytes: this.#allCodes() as Uint8Array }];
    if (this.#ids !== 0) {
      parts.push({ name: 'ids', bytes: this.#arena.u8().subarray(this.#ids, this.#ids + 4 * count) as Uint8Array });
    }
    return { kind, version: 1, M, K, count, facts: {}, parts };
  }

  layout(): StructureLayout {
    return this.#layout;
  }

  #allCodes(): Uint8Array<ArrayBufferLike> {
    return this.#arena.u8().subarray(this.#codes, this.#codes + this.count * this.M);
  }
}
