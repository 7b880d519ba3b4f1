/**
 * @file Builds a structure: plans its cells and sorts the items into them, for ./write.ts.
 *
 * assembly/layout.ts says how it lies there, assembly/cells.ts how it is searched.
 */
import type { Codebook } from '../codebook.ts';
import type { AbortSignalLike } from '../errors.ts';
import type { Arena } from '../kernels/arena.ts';
import type { Cells } from './cells.ts';
import { orderOfIds, type Rows, sortInCells, sortIntoCells } from './order.ts';
import { cellPlan, flatPlan, isFlat, type Plan } from './plan.ts';
import type { StructureKind } from './structure.ts';
import { codewordRanks } from './tree.ts';
import { write } from './write.ts';

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
  const flat = isFlat(options.structure, n);
  const ranks = codewordRanks(codebook);
  const sort = (plan: Plan) => ({ plan, ...sortByCell(codes, M, K, plan, ranks, signal) });
  const first = sort(flat ? flatPlan(M) : cellPlan(codebook, codes, n));
  let { plan, offsets, rows } = first;
  const wanted = options.distinct ?? 'auto';
  const P = plan.planes.length;
  let maybe = wanted === true && !flat;
  if (!flat && wanted !== false) {
    const [distinct, items] = countInSample(rows.codes, M, offsets);
    maybe ||= worthDistinct(distinct, items, P);
    // Cells hold what is stored: where codes are fewer than items they may have to be larger.
    const other = cellPlan(codebook, codes, maybe ? (n * distinct) / Math.max(1, items) : n);
    if (other.lowBits1 !== plan.lowBits1) ({ plan, offsets, rows } = sort(other));
  }
  // What the bound looks at first, first; whole codes where equal ones are to stand side by side.
  const sortCells = (whole: boolean) => {
    const planes = plan.lowBits1 > 0 ? [...plan.planes.slice(1), plan.axis1] : plan.planes;
    sortInCells({ rows, M, ranks, offsets, by: flat ? [] : whole ? planes : planes.slice(0, 1), signal });
  };
  sortCells(maybe);
  const runs = maybe ? equalRuns(rows.codes, M) : undefined;
  if (runs !== undefined && (wanted === true || worthDistinct(runs.length - 1, n, P))) {
    return write(arena, { M, K, plan, ranks, rows, ids, offsets, runs });
  }
  if (plan !== first.plan) {
    // The sample was wrong: as if nobody had thought of it.
    ({ plan, offsets, rows } = sort(first.plan));
    sortCells(false);
  }
  return write(arena, { M, K, plan, ranks, rows, ids, offsets, runs: undefined });
}

/** Items in the order of a plan's cells. */
function sortByCell(
  codes: Uint8Array,
  M: number,
  K: number,
  { axis0, axis1, lowBits1 }: Plan,
  ranks: Uint8Array,
  signal: AbortSignalLike | undefined,
): { offsets: Uint32Array; rows: Rows } {
  const cells1 = axis1 < 0 ? 1 : K >> lowBits1;
  return sortIntoCells({
    codes,
    M,
    cells: (axis0 < 0 ? 1 : K) * cells1,
    cellOf: (i) =>
      (axis0 < 0 ? 0 : ranks[axis0 * 256 + codes[i * M + axis0]] * cells1) +
      (axis1 < 0 ? 0 : ranks[axis1 * 256 + codes[i * M + axis1]] >> lowBits1),
    signal,
  });
}

function gather(codes: Uint8Array, M: number, order: Uint32Array): Uint8Array {
  const out = new Uint8Array(codes.length);
  for (let i = 0; i < order.length; i++) for (let m = 0; m < M; m++) out[i * M + m] = codes[order[i] * M + m];
  return out;
}

/** Where equal codes that stand side by side begin, and the end; runs don't cross cells, whose codes differ. */
function equalRuns(codes: Uint8Array, M: number): Uint32Array {
  const n = codes.length / M;
  const starts = new Uint32Array(n + 1);
  let runs = 0;
  for (let i = 0; i < n; i++) {
    let m = i === 0 ? M : 0;
    while (m < M && codes[i * M + m] === codes[i * M - M + m]) m++;
    if (i === 0 || m < M) starts[runs++] = i;
  }
  starts[runs] = n;
  return starts.slice(0, runs + 1);
}

/** Items of whole cells that are looked at. */
const SAMPLE = 30_000;

/**
 * Distinct codes and items of some cells, spread over the items: so large cells, where most codes repeat, are among
 * them. It leans towards repeating; what is found when all are sorted decides.
 */
function countInSample(codes: Uint8Array, M: number, offsets: Uint32Array): [number, number] {
  const cells = offsets.length - 1;
  const n = codes.length / M;
  const parts = 64;
  let items = 0;
  let distinct = 0;
  for (let part = 0; part < parts && items < SAMPLE; part++) {
    // In an order that jumps about: large cells use the sample up early.
    let cell = cellAt(offsets, Math.floor((((part * 29) % parts) * n) / parts));
    for (const until = items + SAMPLE / parts; items < until && cell < cells; cell++) {
      const seen = new Set<string>();
      for (let i = offsets[cell]; i < offsets[cell + 1]; i++) {
        seen.add(String.fromCharCode(...codes.subarray(i * M, i * M + M)));
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
