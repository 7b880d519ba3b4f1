/** @file Where things stand in a structure of cells; the twin of assembly/layout.ts. */

/** Words of a layout: their places. */
export const WORD = {
  M: 0,
  K: 1,
  count: 2,
  cells0: 3,
  cells1: 4,
  lowBits1: 5,
  planes: 6,
  axis0: 7,
  axis1: 8,
  offsets: 9,
  codes: 10,
  ids: 11,
  postings: 12,
  bytesOfCodes: 13,
  /** Of this side alone: items, and bytes that all of it takes. */
  items: 14,
  bytes: 15,
  /** [planes]: the subspace of each. */
  subspaceOf: 16,
  /** [M]: the plane of each subspace, or on which axis it is. */
  planeOf: 48,
} as const;

/** u32 words of a layout. */
export const LAYOUT_WORDS = 80;
export const NONE = 0xffffffff;
export const ON_AXIS_0 = 0xfffffffe;
export const ON_AXIS_1 = 0xfffffffd;

/** Bytes that a query needs for itself. */
export const SCRATCH_BYTES = 32 * 256 * 8 + 32 * 32 * 8 + 32 * 32 + 256 + 3 * 2048 + 2 * 1024 + 1024 + 256 + 128 + 1088;
/** Items side by side. */
export const LANES = 16;
