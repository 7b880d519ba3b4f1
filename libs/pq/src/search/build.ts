/**
 * @file Builds a structure: plans its cells, sorts the items into them, writes the arrays into the memory.
 *
 * assembly/layout.ts says how it lies there, assembly/cells.ts how it is searched.
 */
import type { Codebook } from '../codebook.ts';
import type { AbortSignalLike } from '../errors.ts';
import type { Arena } from '../kernels/arena.ts';
import { type Cells, type CellsParts, placeCells } from './cells.ts';
import { LANES } from './layout.ts';
import { orderOfIds, sortInCells, sortIntoCells } from './order.ts';
import { cellPlan, FEWEST_FOR_CELLS, flatPlan, type Plan } from './plan.ts';
import type { StructureKind } from './structure.ts';
import { codewordRanks, storedBytes } from './tree.ts';

/** What to build a structure of. */
export interface BuildOptions {
  /** With codewords the cells and bounds are tight; with M and K alone they are as good as the order of the codes. */
  readonly codebook: { readonly M: number; readonly K: number } | Codebook;
  /** [N, M] row-major, checked. */
  readonly codes: Uint8Array;
  /** [N], unique; 0 … N − 1 unless given. */
  readonly ids?: Uint32Array | undefined;
  /** 'auto' unless told. */
  readonly structure?: 'auto' | StructureKind | undefined;
  /** Whether equal codes are kept once; 'auto' unless told: where that takes less memory and less time. */
  readonly distinct?: 'auto' | boolean | undefined;
  readonly signal?: AbortSignalLike | undefined;
}

/**
 * Builds the structure that fits the items.
 *
 * @throws PqError `OUT_OF_MEMORY`; the signal's reason when aborted
 */
export function buildStructure(arena: Arena, options: BuildOptions): Cells {
  const { codebook, signal } = options;
  const { M, K } = codebook;
  const sorted = options.ids && orderOfIds(options.ids);
  const ids = sorted ? sorted.map((i) => options.ids![i]) : options.ids;
  const codes = sorted ? gather(options.codes, M, sorted) : options.codes;
  const n = codes.length / M;
  const flat = options.structure === 'flat' || ((options.structure ?? 'auto') === 'auto' && n < FEWEST_FOR_CELLS);
  const plan = flat ? flatPlan(M) : cellPlan(codebook, codes);
  const ranks = codewordRanks(codebook);
  const { axis0, axis1, lowBits1 } = plan;
  const cells1 = axis1 < 0 ? 1 : K >> lowBits1;
  const { offsets, order } = sortIntoCells({
    codes,
    M,
    cells: (axis0 < 0 ? 1 : K) * cells1,
    cellOf: (i) =>
      (axis0 < 0 ? 0 : ranks[axis0 * 256 + codes[i * M + axis0]] * cells1) +
      (axis1 < 0 ? 0 : ranks[axis1 * 256 + codes[i * M + axis1]] >> lowBits1),
    signal,
  });
  const wanted = options.distinct ?? 'auto';
  const P = plan.planes.length;
  const maybe = !flat && (wanted === 'auto' ? worthDistinct(...countInSample(codes, M, offsets, order), P) : wanted);
  // What the bound looks at first, first; whole codes where equal ones are to stand side by side.
  const planes = lowBits1 > 0 ? [...plan.planes.slice(1), axis1] : plan.planes;
  sortInCells({ codes, M, ranks, offsets, order, by: flat ? [] : maybe ? planes : planes.slice(0, 1), signal });
  const runs = maybe ? equalRuns(codes, M, order) : undefined;
  const distinct = runs !== undefined && (wanted === true || worthDistinct(runs.length - 1, n, P));
  return write(arena, { M, K, plan, ranks, codes, ids, offsets, order, runs: distinct ? runs : undefined });
}

function gather(codes: Uint8Array, M: number, order: Uint32Array): Uint8Array {
  const out = new Uint8Array(codes.length);
  for (let i = 0; i < order.length; i++) for (let m = 0; m < M; m++) out[i * M + m] = codes[order[i] * M + m];
  return out;
}

/** Where equal codes that stand side by side begin, and the end; runs don't cross cells, whose codes differ. */
function equalRuns(codes: Uint8Array, M: number, order: Uint32Array): Uint32Array {
  const n = order.length;
  let runs = n > 0 ? 1 : 0;
  const starts = new Uint8Array(n);
  if (n > 0) starts[0] = 1;
  for (let i = 1; i < n; i++) {
    const a = order[i - 1] * M;
    const b = order[i] * M;
    for (let m = 0; m < M; m++) {
      if (codes[a + m] !== codes[b + m]) {
        starts[i] = 1;
        runs++;
        break;
      }
    }
  }
  const out = new Uint32Array(runs + 1);
  for (let i = 0, run = 0; i < n; i++) if (starts[i] === 1) out[run++] = i;
  out[runs] = n;
  return out;
}

/** Items of whole cells that are looked at. */
const SAMPLE = 30_000;

/** Distinct codes and items of some cells, spread over all. */
function countInSample(codes: Uint8Array, M: number, offsets: Uint32Array, order: Uint32Array): [number, number] {
  const n = order.length;
  const parts = 64;
  let items = 0;
  let distinct = 0;
  for (let part = 0; part < parts && items < n; part++) {
    let cell = cellAt(offsets, Math.floor((part * n) / parts));
    for (const until = items + SAMPLE / parts; items < until && cell < offsets.length - 1; cell++) {
      const seen = new Set<string>();
      for (let i = offsets[cell]; i < offsets[cell + 1]; i++) {
        seen.add(String.fromCharCode(...codes.subarray(order[i] * M, order[i] * M + M)));
      }
      items += offsets[cell + 1] - offsets[cell];
      distinct += seen.size;
    }
  }
  return [distinct, items];
}

/** The cell that holds a place. */
function cellAt(offsets: Uint32Array, place: number): number {
  let low = 0;
  let high = offsets.length - 2;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (offsets[middle] <= place) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Kept once, a code costs its bytes and an offset, an item its id: worth it from two items a code on. */
function worthDistinct(codes: number, items: number, planes: number): boolean {
  return 2 * codes <= items && codes * (planes + 4) <= items * planes;
}

/** Everything sorted: to be written. */
interface Sorted {
  M: number;
  K: number;
  plan: Plan;
  ranks: Uint8Array;
  codes: Uint8Array;
  ids: Uint32Array | undefined;
  offsets: Uint32Array;
  order: Uint32Array;
  /** Where each distinct code's items begin; undefined where every item has its code. */
  runs: Uint32Array | undefined;
}

function write(arena: Arena, { M, K, plan, ranks, codes, ids, offsets, order, runs }: Sorted): Cells {
  const { axis1, lowBits1, planes } = plan;
  const n = order.length;
  const count = runs ? runs.length - 1 : n;
  const parts: CellsParts = {
    M,
    K,
    count,
    items: n,
    plan,
    // Where cells are one and every item has its own code, storage is in the order of ids.
    positional: ids === undefined && plan.axis0 < 0 && runs === undefined,
    distinct: runs !== undefined,
  };
  const { cells, at } = placeCells(arena, parts);
  const bytes = storedBytes(ranks, plan, M, K);
  arena.u8().set(bytes, at.bytesOfCodes);
  const outOffsets = arena.u32(at.offsets, offsets.length);
  if (runs) {
    arena.u32(at.postings, count + 1).set(runs);
    for (let cell = 0, run = 0; cell < offsets.length; cell++) {
      while (runs[run] < offsets[cell]) run++;
      outOffsets[cell] = run;
    }
  } else {
    outOffsets.set(offsets);
  }
  if (!parts.positional) {
    const outIds = arena.u32(at.ids, n);
    if (ids) for (let i = 0; i < n; i++) outIds[i] = ids[order[i]];
    else outIds.set(order);
  }
  const out = arena.u8();
  const P = planes.length;
  const lowMask = (1 << lowBits1) - 1;
  for (let p = 0; p < P; p++) {
    const m = planes[p];
    const row = bytes.slice(m * 256, m * 256 + 256);
    if (m === axis1) for (let k = 0; k < 256; k++) row[k] &= lowMask;
    for (let i = 0; i < count; i++) {
      const item = order[runs ? runs[i] : i];
      out[at.codes + ((i >> 4) * P + p) * LANES + (i & 15)] = row[codes[item * M + m]];
    }
  }
  cells.ready();
  return cells;
}
