/** @file Reads a structure with cells from its image: bytes are copied and checked, nothing is sorted. */
import type { Arena } from '../kernels/arena.ts';
import { Cells, placeCells } from './cells.ts';
import { check, checkBytes, checkIds, checkImage, part, type Shape } from './image.ts';
import { LANES } from './layout.ts';
import type { Plan } from './plan.ts';
import type { IndexImage, StructureLayout } from './structure.ts';

/**
 * Puts an image with cells into a memory.
 *
 * @throws PqError `BAD_FILE` if the image isn't one that this program writes, `OUT_OF_MEMORY`
 */
export function openCells(arena: Arena, image: IndexImage, codebook: Shape): Cells {
  checkImage(image, codebook);
  const { M, K, count } = image;
  check(image.kind === 'multi-index' || image.kind === 'coarse cells', `the kind '${image.kind}'`);
  const plan = planOf(image);
  const codes = fact(image, 'codes', 0, count);
  const distinct = image.parts.some(({ name }) => name === 'postings');
  check(distinct || codes === count, `${codes} codes for ${count} items without postings`);
  const parts = { M, K, count: codes, items: count, plan, positional: false, distinct };
  const cellCount = K * (plan.axis1 < 0 ? 1 : K >> plan.lowBits1);
  // Their lengths first, before memory is taken for them.
  const bytes = {
    ranks: part(image, 'ranks', 256 * M),
    offsets: part(image, 'offsets', 4 * (cellCount + 1)),
    codes: part(image, 'codes', Math.ceil(codes / LANES) * LANES * plan.planes.length),
    ids: part(image, 'ids', 4 * count),
    postings: distinct ? part(image, 'postings', 4 * (codes + 1)) : undefined,
  };
  checkRanks(bytes.ranks, M, K);
  const { cells, at } = placeCells(arena, parts);
  const u8 = arena.u8();
  u8.set(bytes.ranks, at.bytesOfCodes);
  u8.set(bytes.offsets, at.offsets);
  u8.set(bytes.codes, at.codes);
  u8.set(bytes.ids, at.ids);
  if (bytes.postings) u8.set(bytes.postings, at.postings);
  checkAscending(arena.u32(at.offsets, cellCount + 1), codes, 'cells');
  if (distinct) checkAscending(arena.u32(at.postings, codes + 1), count, 'postings');
  if (K < 256) checkBytes(bytes.codes, K);
  if (plan.lowBits1 > 0) checkLowBits(bytes.codes, plan);
  const ids = arena.u32(at.ids, count);
  cells.ready();
  checkIds(ids, cells.maxId);
  if (distinct) checkPostings(arena.u32(at.postings, codes + 1), ids);
  return cells;
}

/** The structure that another thread put into the same memory. */
export function attachStructure(arena: Arena, layout: StructureLayout): Cells {
  const cells = new Cells(arena, layout.facts.layout);
  cells.maxId = layout.maxId;
  return cells;
}

/** The axes and planes, each subspace in its place once. */
function planOf(image: IndexImage): Plan {
  const { M, K } = image;
  const axis0 = fact(image, 'axis0', 0, M - 1);
  const axis1 = 'axis1' in image.facts ? fact(image, 'axis1', 0, M - 1) : -1;
  const lowBits1 = fact(image, 'lowBits1', 0, Math.min(4, Math.log2(K)));
  const inPlanes = M - (axis1 < 0 ? 1 : lowBits1 > 0 ? 1 : 2);
  const planes = Array.from({ length: inPlanes }, (_, p) => fact(image, `plane${p}`, 0, M - 1));
  const all = new Set([axis0, ...(axis1 < 0 ? [] : [axis1]), ...planes]);
  check(all.size === M && axis0 !== axis1 && !planes.includes(axis0), 'planes that are not each subspace once');
  check(lowBits1 === 0 || planes[0] === axis1, 'planes whose first is not the low bits of axis 1');
  return { axis0, axis1, lowBits1, planes };
}

function fact(image: IndexImage, name: string, low: number, high: number): number {
  const value = image.facts[name];
  check(Number.isInteger(value) && value >= low && value <= high, `${name} = ${value}; expected ${low} to ${high}`);
  return value;
}

function checkRanks(ranks: Uint8Array, M: number, K: number): void {
  for (let m = 0; m < M; m++) {
    const all = new Set(ranks.subarray(m * 256, m * 256 + K));
    check(all.size === K && Math.max(...all) === K - 1, `ranks of subspace ${m} that are not 0 to ${K - 1}, each once`);
  }
}

function checkAscending(offsets: Uint32Array<ArrayBufferLike>, end: number, what: string): void {
  let ascending = offsets[0] === 0 && offsets[offsets.length - 1] === end;
  for (let i = 1; i < offsets.length && ascending; i++) ascending = offsets[i - 1] <= offsets[i];
  check(ascending, `offsets of ${what} that don't ascend from 0 to ${end}`);
}

/** What the cell says of a rank isn't said again: a search that passes the cell by would pass by what isn't in it. */
function checkLowBits(codes: Uint8Array, { lowBits1, planes }: Plan): void {
  const stride = planes.length * LANES;
  let bits = 0;
  for (let group = 0; group < codes.length; group += stride) {
    for (let lane = 0; lane < LANES; lane++) bits |= codes[group + lane];
  }
  check(bits >> lowBits1 === 0, `codes beside their cells, of more than ${lowBits1} low bits`);
}

/** Equally near items are found in the order in which they lie here. */
function checkPostings(postings: Uint32Array<ArrayBufferLike>, ids: Uint32Array<ArrayBufferLike>): void {
  let ascending = true;
  for (let code = 0; code + 1 < postings.length && ascending; code++) {
    for (let i = postings[code] + 1; i < postings[code + 1]; i++) ascending &&= ids[i - 1] < ids[i];
  }
  check(ascending, 'ids of one code that do not ascend');
}
