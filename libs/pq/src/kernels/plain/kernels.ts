/**
 * @file The kernels of a search in plain TypeScript: over the same memory and layout as assembly/, with the same
 * answers, for places without WebAssembly SIMD.
 *
 * They bound by sums of float64 that are left early, where the others bound sixteen items at a time in bytes; so they
 * visit about the same cells and compute fewer distances.
 */
import type { SearchKernels } from '../load.ts';
import type { Memory } from '../wasm.ts';
import { CellSearch } from './cells.ts';
import { Nearby } from './nearby.ts';
import { Query } from './query.ts';
import { Scan } from './scan.ts';
import { Views } from './views.ts';

/** Kernels over a memory; their state is their own, the bytes are everybody's. They need no scratch. */
export function createPlainKernels(memory: Memory): SearchKernels {
  const views = new Views(memory);
  const nearby = new Nearby(views);
  const query = new Query();
  const scan = new Scan(views, query, nearby);
  const search = new CellSearch(views, query, nearby, scan);
  return {
    begin(heap, k, allowed, dead) {
      views.refresh();
      nearby.begin(heap, k, allowed, dead);
    },
    beginWithin(heap, radius, room, allowed, dead) {
      views.refresh();
      nearby.beginWithin(heap, radius, room, allowed, dead);
    },
    exclude(dead) {
      nearby.exclude(dead);
    },
    offer(distance, id) {
      views.refresh();
      return Number(nearby.offer(distance, id));
    },
    found: () => nearby.found(),
    currentLimit: () => nearby.limit,
    finish() {
      views.refresh();
      return nearby.finish();
    },
    searchCells(index, table) {
      views.refresh();
      query.load(views, index, table);
      search.run();
    },
    cellsSeen: () => search.cells,
    itemsSeen: () => search.items,
    itemsExact: () => scan.exact,
  };
}
