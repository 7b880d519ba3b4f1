/** @file What an index tells about itself. */
import type { KernelKind } from '../kernels/kinds.ts';
import type { StructureKind, Visited } from '../search/structure.ts';
import type { Generation } from './generation.ts';

/** How an index is arranged and what it takes. */
export interface Explanation {
  /** How the base is arranged. */
  readonly structure: StructureKind;
  /** Whether the base keeps equal codes once. */
  readonly distinct: boolean;
  /** Items that can be found. */
  readonly count: number;
  /** Of them in the tail, where searches look at all. */
  readonly tail: number;
  /** Items of the base that are deleted and still take their place. */
  readonly dead: number;
  readonly bytes: {
    /** Codes, ids and cells of the base. */
    readonly base: number;
    /** Pages of the tail and of narrow filters, and the map from ids to slots. */
    readonly tail: number;
    /** The bitmap of deleted ids. */
    readonly dead: number;
    /** Bitmaps of filters. */
    readonly filters: number;
    /** From ids to places: made when an id is first asked for. */
    readonly ids: number;
    /** Tables and heaps of queries. */
    readonly queries: number;
    /** All of it. */
    readonly total: number;
    /**
     * What grows with the items, `base`, `tail`, `dead` and `ids`, by item: not what queries and filters take. `tail`
     * holds the pages of narrow filters, too.
     */
    readonly perItem: number;
    /** What the memory has taken from the system for all but `ids` and the map of the tail. */
    readonly memory: number;
  };
  /** WebAssembly SIMD, or plain TypeScript where there is none. */
  readonly kernels: KernelKind;
  /** Threads that work on batches; 0: the caller's own, or none were needed yet. */
  readonly threads: number;
  readonly merge: {
    readonly running: boolean;
    /** Why the last one in the background didn't come to an end. */
    readonly failed: string | undefined;
  };
  /** What the last single query looked at. */
  readonly last: LastQuery | undefined;
}

/** What a query looked at, in all. */
export interface LastQuery extends Readonly<Visited> {
  /** Milliseconds, the look-up table included. */
  readonly ms: number;
}

/** The part that the items tell. */
export function explainItems(generation: Generation): Omit<Explanation, 'threads' | 'merge' | 'last'> {
  const { structure, store, tail, dead, filters, base, arena, count } = generation;
  const parts = {
    base: structure.bytes,
    tail: store.bytes + tail.bytes,
    dead: dead.bytes,
    filters: filters.bytes,
    ids: base.bytes,
    queries: generation.workplaceBytes,
  };
  const total = Object.values(parts).reduce((sum, bytes) => sum + bytes, 0);
  const grows = parts.base + parts.tail + parts.dead + parts.ids;
  return {
    structure: structure.kind,
    distinct: structure.distinct,
    count,
    tail: tail.count,
    dead: dead.count,
    bytes: { ...parts, total, perItem: count > 0 ? grows / count : 0, memory: arena.memory.buffer.byteLength },
    kernels: generation.kernels,
  };
}
