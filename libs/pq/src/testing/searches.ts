/**
 * @file Searches a structure in every way there is, and holds each against the scan: kernels in SIMD and plain, over
 * memory shared, not shared, and of no WebAssembly at all; built, and read back from its image.
 */
import { expect } from 'vitest';
import { Arena } from '../kernels/arena.ts';
import { createKernels, type SearchKernels } from '../kernels/load.ts';
import { createPlainKernels } from '../kernels/plain/kernels.ts';
import { PlainMemory } from '../kernels/plain/memory.ts';
import { platform } from '../kernels/wasm.ts';
import { distances, scan } from '../scan.ts';
import { type BuildOptions, buildStructure } from '../search/build.ts';
import type { Cells } from '../search/cells.ts';
import { openFlat } from '../search/flat.ts';
import { openCells } from '../search/open.ts';
import type { IndexImage } from '../search/structure.ts';

/** Items by id, ascending. */
export interface Answer {
  readonly ids: Uint32Array;
  readonly distances: Float64Array;
}

/** What is asked for. */
export type Asked = ({ readonly k: number } | { readonly radius: number; readonly room?: number }) & {
  /** Only these ids, unless `dead` has them. */
  readonly allowed?: ((id: number) => boolean) | undefined;
  readonly dead?: ((id: number) => boolean) | undefined;
};

/** A memory of each kind. */
export const memories: Record<string, () => Arena> = {
  shared: () => new Arena(new platform.WebAssembly.Memory({ initial: 1, maximum: 65_536, shared: true })),
  'not shared': () => new Arena(new platform.WebAssembly.Memory({ initial: 1, maximum: 65_536, shared: false })),
  'an ArrayBuffer': () => new Arena(new PlainMemory(1)),
};

/** A structure in a memory, and the kernels that can search it. */
export class Searched {
  readonly structure: Cells;
  readonly arena: Arena;
  readonly kernels: Record<string, SearchKernels>;
  readonly #table: number;
  readonly #scratch: number;
  readonly #bitmaps: number[] = [];
  #heap = 0;
  #room = 0;

  constructor(arena: Arena, structure: Cells) {
    this.arena = arena;
    this.structure = structure;
    this.kernels = { plain: createPlainKernels(arena.memory) };
    if (!(arena.memory instanceof PlainMemory)) this.kernels.simd = createKernels(arena.memory)!;
    this.#table = arena.allocate(structure.M * 2048);
    this.#scratch = arena.allocate(structure.scratchBytes);
    // What an earlier query left behind must not matter.
    arena.u8().fill(0xa5, this.#table, arena.bytes);
  }

  /** Asks one kind of kernels. @param then what to do before the heap is read: to search another structure, too */
  ask(kind: string, table: Float32Array, asked: Asked, then?: (kernels: SearchKernels, table: number) => void) {
    const { arena, structure } = this;
    const { M, K } = structure;
    const kernels = this.kernels[kind];
    const room = 'k' in asked ? asked.k : (asked.room ?? structure.count);
    if (room > this.#room) {
      this.#heap = arena.allocate(16 * room);
      this.#room = room;
    }
    const allowed = this.#bitmap(0, asked.allowed);
    const dead = this.#bitmap(1, asked.dead);
    const rows = arena.f64(this.#table, M * 256);
    for (let i = 0; i < M * K; i++) rows[Math.floor(i / K) * 256 + (i % K)] = table[i];
    if ('k' in asked) kernels.begin(this.#heap, asked.k, allowed, dead);
    else kernels.beginWithin(this.#heap, asked.radius, room, allowed, dead);
    const visited = structure.search({ arena, kernels, table: this.#table, scratch: this.#scratch });
    then?.(kernels, this.#table);
    const found = kernels.found();
    const count = kernels.finish();
    const words = arena.u32(this.#heap, 4 * count);
    const numbers = arena.f64(this.#heap, 2 * count);
    const ids = Uint32Array.from({ length: count }, (_, i) => words[4 * i + 2]);
    const distances = Float64Array.from({ length: count }, (_, i) => numbers[2 * i]);
    return { ids, distances, found, visited };
  }

  /** A bitmap of ids in the memory; 0 for none. */
  #bitmap(which: number, has: ((id: number) => boolean) | undefined): number {
    if (has === undefined) return 0;
    const words = Math.floor(this.structure.maxId / 32) + 1;
    this.#bitmaps[which] ??= this.arena.allocate(4 * words);
    const place = this.#bitmaps[which];
    const ids = this.structure.placeIds() ?? Uint32Array.from({ length: this.structure.count }, (_, id) => id);
    const bits = this.arena.u32(place, words).fill(0);
    for (let i = 0; i < ids.length; i++) if (has(ids[i])) bits[ids[i] >>> 5] |= 1 << (ids[i] & 31);
    return place;
  }
}

/** Reads an image. @throws PqError `BAD_FILE` */
export function openStructure(arena: Arena, image: IndexImage, codebook: BuildOptions['codebook']): Cells {
  return image.kind === 'flat' ? openFlat(arena, image, codebook) : openCells(arena, image, codebook);
}

/** Builds a structure, and reads its image back in memories of the other kinds. */
export function everywhere(options: BuildOptions): Searched[] {
  let image: IndexImage | undefined;
  return Object.values(memories).map((make) => {
    const arena = make();
    const structure = image ? openStructure(arena, image, options.codebook) : buildStructure(arena, options);
    image ??= structure.image();
    return new Searched(arena, structure);
  });
}

/** What the scan finds. */
export function scanned(options: BuildOptions, table: Float32Array, asked: Asked): Answer {
  const { codebook, codes, ids } = options;
  const { M, K } = codebook;
  const n = codes.length / M;
  const idOf = (row: number) => (ids ? ids[row] : row);
  const wanted = (row: number) => (asked.allowed?.(idOf(row)) ?? true) && !(asked.dead?.(idOf(row)) ?? false);
  if ('k' in asked && ids === undefined && n > 0) {
    const { rows, distances } = scan(codes, table, { M, K, k: asked.k, filter: wanted });
    return { ids: rows, distances };
  }
  const all = distances(codes, table, { M, K });
  const rows = Array.from({ length: n }, (_, row) => row).filter(
    (row) => wanted(row) && ('k' in asked || all[row] <= asked.radius),
  );
  rows.sort((a, b) => all[a] - all[b] || idOf(a) - idOf(b));
  if ('k' in asked) rows.length = Math.min(rows.length, asked.k);
  return { ids: Uint32Array.from(rows, idOf), distances: Float64Array.from(rows, (row) => all[row]) };
}

/** Asserts that every way to search finds what the scan finds. */
export function expectScan(
  options: BuildOptions,
  tables: readonly Float32Array[],
  questions: readonly (number | Asked)[],
  places = everywhere(options),
): Cells {
  const [built, ...opened] = places.map(({ structure }) => structure.items());
  for (const { ids, codes } of opened) {
    expectSame(codes, built.codes, 'codes read back');
    expectSame(ids, built.ids, 'ids read back');
  }
  for (const table of tables) {
    for (const question of questions) {
      const asked = typeof question === 'number' ? { k: question } : question;
      const expected = scanned(options, table, asked);
      for (const place of places) {
        for (const kind of Object.keys(place.kernels)) {
          const how = `${kind} kernels, ${place.arena.memory.constructor.name}, ${JSON.stringify(asked)}`;
          const got = place.ask(kind, table, asked);
          expectSame(got.distances, expected.distances, how);
          expectSame(got.ids, expected.ids, how);
        }
      }
    }
  }
  return places[0].structure;
}

/** Compares arrays: vitest takes seconds for large ones. */
export function expectSame(a: Uint8Array | Uint32Array | Float64Array, b: typeof a, what: string): void {
  if (!Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(Buffer.from(b.buffer, b.byteOffset, b.byteLength))) {
    expect([...a], what).toEqual([...b]);
    throw new Error(`${what}: the bytes differ, of −0 or of lengths`);
  }
}
