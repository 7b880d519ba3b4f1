/**
 * @file Where things stand: a structure's layout (u32 words at a place of its own) and a query's scratch.
 *
 * Items are sorted by cell, in a cell by the first plane. Sixteen items side by side are a group: for each plane (a
 * subspace that is stored) sixteen bytes, one an item. Cells begin anywhere in a group. A stored byte names a codeword
 * by its rank in the tree order of its subspace: near codewords have near ranks. Planes hold the rank rotated, its
 * group of 32 in the low five bits.
 */

// @ts-ignore: decorator
@inline
function word(index: usize, at: usize): u32 {
  return load<u32>(index + (at << 2));
}

/** Subspaces. */
// @ts-ignore: decorator
@inline
export function subspaces(index: usize): u32 {
  return word(index, 0);
}
/** Codewords a subspace. */
// @ts-ignore: decorator
@inline
export function codewords(index: usize): u32 {
  return word(index, 1);
}
/** Codes, each with an id or, where equal codes are kept once, with several. */
// @ts-ignore: decorator
@inline
export function count(index: usize): u32 {
  return word(index, 2);
}
/** Cells along axis 0 and axis 1; 1 where there is no axis. */
// @ts-ignore: decorator
@inline
export function cells0(index: usize): u32 {
  return word(index, 3);
}
// @ts-ignore: decorator
@inline
export function cells1(index: usize): u32 {
  return word(index, 4);
}
/** Low bits of axis 1's rank that the cell doesn't say, 0 to 4: where there are any they are the first plane. */
// @ts-ignore: decorator
@inline
export function lowBits1(index: usize): u32 {
  return word(index, 5);
}
/** Planes a group. */
// @ts-ignore: decorator
@inline
export function planes(index: usize): u32 {
  return word(index, 6);
}
/** The subspaces that are the axes; NONE where there is none. */
// @ts-ignore: decorator
@inline
export function axis0(index: usize): u32 {
  return word(index, 7);
}
// @ts-ignore: decorator
@inline
export function axis1(index: usize): u32 {
  return word(index, 8);
}
/** u32 [cells0 · cells1 + 1]: where each cell begins. */
// @ts-ignore: decorator
@inline
export function offsets(index: usize): usize {
  return word(index, 9);
}
/** The groups, [groups][planes][16]. */
// @ts-ignore: decorator
@inline
export function codes(index: usize): usize {
  return word(index, 10);
}
/** u32 [count] ids; 0: an item's id is its position. Where codes are distinct, all items' ids, code by code. */
// @ts-ignore: decorator
@inline
export function ids(index: usize): usize {
  return word(index, 11);
}
/** u32 [count + 1]: where the ids of each distinct code begin, ascending; 0: one id a code. */
// @ts-ignore: decorator
@inline
export function postings(index: usize): usize {
  return word(index, 12);
}
/** u8 [M, 256]: the stored byte of each code. On an axis it is the rank. */
// @ts-ignore: decorator
@inline
export function bytesOfCodes(index: usize): usize {
  return word(index, 13);
}
/** Which subspace the plane p holds. */
// @ts-ignore: decorator
@inline
export function subspaceOf(index: usize, p: u32): u32 {
  return load<u32>(index + ((16 + p) << 2));
}
/** Where the code of subspace m is: a plane, or ON_AXIS_0, ON_AXIS_1. */
// @ts-ignore: decorator
@inline
export function planeOf(index: usize, m: u32): u32 {
  return load<u32>(index + ((48 + m) << 2));
}

export const NONE: u32 = 0xffffffff;
export const ON_AXIS_0: u32 = 0xfffffffe;
export const ON_AXIS_1: u32 = 0xfffffffd;

/** Bytes of a layout. */
export const LAYOUT_BYTES: u32 = 80 * 4;

/** In the scratch: the table by stored byte, f64 [32, 256]: planes in their order, then the axes. */
export const STORED: usize = 0;
/** The least of each group of each plane, f64 [32, 32]. */
export const GROUPS: usize = STORED + 32 * 256 * 8;
/** The same quantized, u8 [32, 32]; of axis 1, u8 [256]. */
export const QUANTIZED: usize = GROUPS + 32 * 32 * 8;
export const QUANTIZED1: usize = QUANTIZED + 32 * 32;
/** The least of each cell's rank on axis 1, f64 [256]. */
export const STARTS1: usize = QUANTIZED1 + 256;
/** Costs of the axes' ranks, sorted, f64 [256] each, and the ranks in that order, u32 [256]. */
export const SORTED0: usize = STARTS1 + 2048;
export const SORTED1: usize = SORTED0 + 2048;
export const ORDER0: usize = SORTED1 + 2048;
export const ORDER1: usize = ORDER0 + 1024;
/** How far each row has been visited, u32 [256]. */
export const NEXT: usize = ORDER1 + 1024;
/** The least of each subspace, f64 [32]. */
export const LEAST: usize = NEXT + 1024;
/** Where each subspace's stored table stands, u32 [32]. */
export const ROWS: usize = LEAST + 256;
/** For sorting, u32 [257]. */
export const COUNTS: usize = ROWS + 128;
/** All of it. */
export const SCRATCH_BYTES: usize = COUNTS + 1088;

/** Where the stored table of a subspace stands. */
// @ts-ignore: decorator
@inline
export function rowOf(scratch: usize, m: u32): usize {
  return load<u32>(scratch + ROWS + (m << 2));
}

/** The least of what the axes cost; 0 where there is no such axis. */
// @ts-ignore: decorator
@inline
export function least0(scratch: usize, index: usize): f64 {
  const m = axis0(index);
  return m == NONE ? 0 : load<f64>(scratch + LEAST + (m << 3));
}
// @ts-ignore: decorator
@inline
export function least1(scratch: usize, index: usize): f64 {
  const m = axis1(index);
  return m == NONE ? 0 : load<f64>(scratch + LEAST + (m << 3));
}
