/** @file The items that are left of a base and its tail, read back. */

import type { Arena } from '../kernels/arena.ts';
import type { Structure } from '../search/structure.ts';
import { IdSet, wordsFor } from './id-set.ts';
import type { PageFormat, PageView } from './page-format.ts';

/** Ids, ascending, and their codes [N, M]. */
export interface Items {
  ids: Uint32Array;
  codes: Uint8Array;
}

/**
 * All items but the dead of the base, and those of the pages.
 *
 * @param dead the place of the bitmap of dead ids; 0: none
 */
export function liveItems(
  arena: Arena,
  structure: Structure,
  format: PageFormat | undefined,
  seen: { readonly dead: number; readonly pages: readonly PageView[] },
): Items {
  const { M } = structure;
  const stored = structure.items();
  const u8 = arena.u8();
  const { dead } = seen;
  const gone = (id: number) => dead !== 0 && ((u8[dead + (id >>> 3)] >>> (id & 7)) & 1) !== 0;
  let maxId = structure.maxId;
  for (const page of seen.pages) for (const id of arena.u32(page.ids, page.count)) maxId = Math.max(maxId, id);
  const bits = new Uint32Array(wordsFor(maxId));
  for (const id of stored.ids) if (!gone(id)) bits[id >>> 5] |= 1 << (id & 31);
  for (const page of seen.pages) for (const id of arena.u32(page.ids, page.count)) bits[id >>> 5] |= 1 << (id & 31);
  const set = new IdSet(bits);
  const ids = new Uint32Array(set.size);
  const codes = new Uint8Array(set.size * M);
  for (let i = 0; i < stored.ids.length; i++) {
    const id = stored.ids[i];
    if (gone(id)) continue;
    const rank = set.rank(id);
    ids[rank] = id;
    for (let m = 0; m < M; m++) codes[rank * M + m] = stored.codes[i * M + m];
  }
  for (const page of seen.pages) {
    const pageIds = arena.u32(page.ids, page.count);
    for (let i = 0; i < page.count; i++) {
      const rank = set.rank(pageIds[i]);
      ids[rank] = pageIds[i];
      format!.read(page, i, codes, rank * M);
    }
  }
  return { ids, codes };
}
