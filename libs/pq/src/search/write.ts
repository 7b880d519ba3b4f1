/** @file Sorted items as the arrays of a structure; assembly/layout.ts says how they lie in the memory. */
import type { Arena } from '../kernels/arena.ts';
import { type Cells, type CellsParts, placeCells } from './cells.ts';
import { LANES } from './layout.ts';
import type { Rows } from './order.ts';
import type { Plan } from './plan.ts';
import { storedBytes } from './tree.ts';

/** Everything sorted: to be written. */
export interface Sorted {
  M: number;
  K: number;
  plan: Plan;
  ranks: Uint8Array;
  rows: Rows;
  ids: Uint32Array | undefined;
  offsets: Uint32Array;
  /** Where each distinct code's items begin; undefined where every item has its code. */
  runs: Uint32Array | undefined;
}

/** Writes the arrays of a structure into a memory. @throws PqError `OUT_OF_MEMORY` */
export function write(arena: Arena, { M, K, plan, ranks, rows, ids, offsets, runs }: Sorted): Cells {
  const { axis1, lowBits1, planes } = plan;
  const { codes, items } = rows;
  const n = items.length;
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
    if (ids) for (let i = 0; i < n; i++) outIds[i] = ids[items[i]];
    else outIds.set(items);
  }
  const P = planes.length;
  const stored = new Uint8Array(P * 256);
  planes.forEach((m, p) => {
    const low = m === axis1 ? (1 << lowBits1) - 1 : 255;
    for (let k = 0; k < 256; k++) stored[p * 256 + k] = bytes[m * 256 + k] & low;
  });
  const subspaces = Uint8Array.from(planes);
  const out = arena.u8();
  for (let i = 0; i < count; i++) {
    const from = (runs ? runs[i] : i) * M;
    const to = at.codes + (i >> 4) * P * LANES + (i & 15);
    for (let p = 0; p < P; p++) out[to + p * LANES] = stored[(p << 8) | codes[from + subspaces[p]]];
  }
  cells.ready();
  return cells;
}
