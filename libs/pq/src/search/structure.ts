/**
 * @file What every structure is: a fixed set of items (id, code) in a memory, arranged so that the nearest are found
 * without looking at all.
 *
 * A search of a structure offers to the heap of the nearest (assembly/nearby.ts) every item that can belong to them,
 * with its exact distance. The caller began the heap and finishes it, so that several structures (a base and its tail)
 * share one.
 */
import type { Arena } from '../kernels/arena.ts';
import type { SearchKernels } from '../kernels/load.ts';

/** How a structure is arranged; see the docs of each. */
export type StructureKind = 'flat' | 'multi-index' | 'coarse cells';

/** What one query works with. Each thread has its own, over the same memory. */
export interface Worker {
  readonly arena: Arena;
  readonly kernels: SearchKernels;
  /** Place of the query's table, f64 [M, 256] (rows of K, the rest unused). */
  readonly table: number;
  /** Place of `scratchBytes` of the structure. */
  readonly scratch: number;
}

/** What a place of storage that only fills up holds in place of an id: the one u32 that can't be an item's. */
export const NO_ITEM = 0xffff_ffff;

/** What a query looked at. */
export interface Visited {
  /** Cells looked into. */
  cells: number;
  /** How many there are; 0 where there are none. */
  of: number;
  /** Codes whose bound or distance was computed. */
  items: number;
  /** Codes whose exact distance was computed. */
  exact: number;
}

/** A fixed set of items. */
export interface Structure {
  readonly kind: StructureKind;
  /** Whether equal codes are kept once, with the ids that share them. */
  readonly distinct: boolean;
  readonly M: number;
  readonly K: number;
  /** Items. */
  readonly count: number;
  /** The largest id; −1 without items. */
  readonly maxId: number;
  /** Bytes of memory that its arrays take, ids included. */
  readonly bytes: number;
  /** Bytes that a query needs for itself, beside its table and its heap. */
  readonly scratchBytes: number;
  /**
   * Offers all items that can be among the nearest.
   *
   * @param worker its heap has been begun, its table holds the query's
   */
  search(worker: Worker): Visited;
  /** All items in the order of storage: ids [N] and codes [N, M] row-major. Copies. */
  items(): { ids: Uint32Array; codes: Uint8Array };
  /**
   * The id at each place of storage, `NO_ITEM` where it holds none; undefined where places are ids. A view of the
   * memory.
   */
  placeIds(): Uint32Array<ArrayBufferLike> | undefined;
  /** Writes the codes at some places of storage to `into`, [places, M]. */
  codesAt(places: Uint32Array, into: Uint8Array): void;
  /** What a file keeps; `openCells` or `openFlat` reads it back. Parts are views of the memory. */
  image(): IndexImage;
  /** Where it lies in its memory: what another thread over the same memory attaches to (`attachStructure`). */
  layout(): StructureLayout;
}

/** Where a structure's arrays are: numbers only, so that it can be sent to another thread. */
export interface StructureLayout {
  readonly kind: StructureKind;
  readonly distinct: boolean;
  readonly M: number;
  readonly K: number;
  readonly count: number;
  readonly maxId: number;
  /** Byte offsets in the memory, lengths, and what else the structure needs, by its own names. */
  readonly facts: Readonly<Record<string, number>>;
}

/** A structure as bytes: what a gallery file stores, so that opening is reading. */
export interface IndexImage {
  /** The structure's kind; 'flat' has one part `codes`, [N, M] row-major, and ids 0 … N − 1 unless there is a part `ids`. */
  readonly kind: string;
  /** Of this kind's layout, from 1. */
  readonly version: number;
  readonly M: number;
  readonly K: number;
  /** Items. */
  readonly count: number;
  /** Small numbers that the layout needs. */
  readonly facts: Readonly<Record<string, number>>;
  /** Little-endian arrays. */
  readonly parts: readonly { readonly name: string; readonly bytes: Uint8Array }[];
}
