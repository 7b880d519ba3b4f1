/**
 * @file A query against a structure: its table in the order of stored bytes, and the same in bytes that bound it.
 *
 * The bound: per plane the least table entry of the code's group (32 groups of near codewords), above the least of the
 * subspace, in units of 1/250 of what the limit leaves, rounded down. Sums of such bytes never exceed what the exact
 * distance leaves, so an item whose sum is above the cell's limit can't come in.
 */
import { limit } from './nearby';
import * as D from './layout';

/** Units that the room between the least possible distance and the limit is cut into: a byte with room to spare. */
const UNITS: f64 = 250;
/** The room shrinks to this share before the tables are quantized anew. */
const ANEW: f64 = 0.8;

/** Of the query in hand: its structure, its scratch. */
export let index: usize = 0;
export let scratch: usize = 0;
/** The least possible distance: the sum of every subspace's least. */
export let least: f64 = 0;
/**
 * What rounding may have moved: bounds add the same numbers as distances do, in another order. Each of the at most
 * 2 · 32 additions errs by 2^-53 of a sum not larger than that of the largest magnitudes.
 */
export let slack: f64 = 0;
/** Of the quantized tables: units a unit of distance, and the room that they were made for. */
let scale: f64 = 0;
let room: f64 = 0;

// @ts-ignore: decorator
@inline
export function entry(m: u32, byte: u32): f64 {
  return load<f64>(D.rowOf(scratch, m) + (byte << 3));
}

/** What rank r costs on axis 0; 0 where there is no such axis. */
// @ts-ignore: decorator
@inline
export function cost0(r: u32): f64 {
  const m = D.axis0(index);
  return m == D.NONE ? 0 : entry(m, r);
}

/** What a cell's ranks cost at least on axis 1. */
// @ts-ignore: decorator
@inline
export function axis1Starts(r: u32): f64 {
  return load<f64>(scratch + D.STARTS1 + (r << 3));
}

/** Where the table of a subspace stands: planes in their order, then what is on an axis. */
// @ts-ignore: decorator
@inline
function storedRow(structure: usize, at: usize, m: u32): usize {
  const p = D.planeOf(structure, m);
  const P = D.planes(structure);
  return at + D.STORED + ((p == D.ON_AXIS_0 ? P : p == D.ON_AXIS_1 ? P + 1 : p) << 11);
}

/** Takes over a query: its table in the order of stored bytes, the least of each group, subspace and cell. */
export function prepare(structure: usize, table: usize, at: usize): void {
  index = structure;
  scratch = at;
  room = Infinity;
  const M = D.subspaces(structure);
  const K = D.codewords(structure);
  const axis1 = D.axis1(structure);
  least = 0;
  let largest: f64 = 0;
  for (let m: u32 = 0; m < M; m++) {
    const from = table + (m << 11);
    const to = storedRow(structure, at, m);
    store<u32>(at + D.ROWS + (m << 2), <u32>to);
    const bytes = D.bytesOfCodes(structure) + (m << 8);
    let low: f64 = Infinity;
    let magnitude: f64 = 0;
    for (let k: u32 = 0; k < K; k++) {
      const t = load<f64>(from + (k << 3));
      store<f64>(to + ((<u32>load<u8>(bytes + k)) << 3), t);
      low = min(low, t);
      magnitude = max(magnitude, abs(t));
    }
    store<f64>(at + D.LEAST + (m << 3), low);
    least += low;
    largest += magnitude;
  }
  slack = largest * 2.0 ** -46;
  const P = D.planes(structure);
  for (let p: u32 = 0; p < P; p++) {
    const m = D.subspaceOf(structure, p);
    if (m == axis1) continue;
    const groups = at + D.GROUPS + (p << 8);
    const from = at + D.STORED + (p << 11);
    const perGroup: u32 = K > 32 ? K >>> 5 : 1;
    const used: u32 = K > 32 ? 32 : K;
    for (let g: u32 = 0; g < used; g++) {
      let low: f64 = Infinity;
      for (let i: u32 = 0; i < perGroup; i++) low = min(low, load<f64>(from + ((i << 5 | g) << 3)));
      store<f64>(groups + (g << 3), low);
    }
  }
  const n1 = D.cells1(structure);
  if (axis1 == D.NONE) {
    store<f64>(at + D.STARTS1, 0);
  } else {
    const low1 = D.lowBits1(structure);
    for (let c: u32 = 0; c < n1; c++) {
      let low: f64 = Infinity;
      for (let i: u32 = 0; i < ((<u32>1) << low1); i++) low = min(low, entry(axis1, (c << low1) | i));
      store<f64>(at + D.STARTS1 + (c << 3), low);
    }
  }
}

/** Quantizes what an entry adds above the least of its subspace. */
// @ts-ignore: decorator
@inline
function quantize(above: f64): u8 {
  return above <= 0 ? 0 : <u8>min<f64>(255, above * scale);
}

/** Makes the byte tables for the room that the limit leaves now. */
function quantizeTables(now: f64): void {
  room = now;
  scale = UNITS / now;
  const P = D.planes(index);
  const K = D.codewords(index);
  const used: u32 = K > 32 ? 32 : K;
  const axis1 = D.axis1(index);
  for (let p: u32 = 0; p < P; p++) {
    const m = D.subspaceOf(index, p);
    const low = load<f64>(scratch + D.LEAST + (m << 3));
    if (m == axis1) {
      for (let r: u32 = 0; r < K; r++) store<u8>(scratch + D.QUANTIZED1 + r, quantize(entry(m, r) - low));
      continue;
    }
    const groups = scratch + D.GROUPS + (p << 8);
    const to = scratch + D.QUANTIZED + (p << 5);
    for (let g: u32 = 0; g < used; g++) store<u8>(to + g, quantize(load<f64>(groups + (g << 3)) - low));
  }
}

/** Quantizes anew if the room that the limit leaves has become much smaller than what the tables were made for. */
export function tighten(): void {
  // Not above 0 where all that is left are items at the least possible distance: then any scale is right that keeps
  // what is above it out.
  const now = max(limit + slack - least, 1e-300);
  if (now < ANEW * room) quantizeTables(now);
}

/**
 * Where a lane starts so that it may add as much as a cell leaves before it reaches 255 and stays there; negative where
 * the cell leaves nothing.
 *
 * @param base what every item of the cell costs at least
 */
// @ts-ignore: decorator
@inline
export function startOf(base: f64): i32 {
  const left = (limit + slack - base) * scale + 1e-6;
  return left < 0 ? -1 : 254 - <i32>min<f64>(left, 254);
}
