/**
 * @file Scans a run of items: sixteen at a time by a lower bound in bytes, exactly where that isn't enough.
 *
 * The bound: per plane the least table entry of the code's group (32 groups of near codewords), above the least of the
 * subspace, in units of 1/250 of what the limit leaves, rounded down. Sums of such bytes never exceed what the exact
 * distance leaves, so an item whose sum is above the cell's limit can't come in.
 */
import { limit, offer } from './nearby';
import * as D from './layout';

/** Units that the room between the least possible distance and the limit is cut into: a byte with room to spare. */
const UNITS: f64 = 250;
/** So few items are done one by one before the bound is set up. */
const FEW: u32 = 6;
/** The room shrinks to this share before the tables are quantized anew. */
const ANEW: f64 = 0.8;

/** Of the query in hand: its structure, its scratch. */
let index: usize = 0;
let scratch: usize = 0;
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
let exactly: u32 = 0;
/** The bits of axis 1's rank that the cell in hand says, in their place. */
let lowFrom: u32 = 0;

/** Items whose exact distance was computed in the last search. */
export function itemsExact(): u32 {
  return exactly;
}

// @ts-ignore: decorator
@inline
function entry(m: u32, byte: u32): f64 {
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
  exactly = 0;
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

/** What the planes of an item cost, added in their order: the distance but for rounding and the axes. */
// @ts-ignore: decorator
@inline
function planesCost(item: usize, tables: usize, P: u32, low1: u32): f64 {
  let sum: f64 = 0;
  let at = item;
  let table = tables;
  if (low1 > 0) {
    sum = load<f64>(table + (((<u32>load<u8>(at)) | lowFrom) << 3));
    at += 16;
    table += 2048;
  }
  for (let p: u32 = low1 > 0 ? 1 : 0; p < P; p++) {
    sum += load<f64>(table + ((<u32>load<u8>(at)) << 3));
    at += 16;
    table += 2048;
  }
  return sum;
}

/** The exact distance of the item at a position, added in the order of subspaces. */
function exact(item: usize, M: u32, c0: u32, c1: u32): f64 {
  let sum: f64 = 0;
  for (let m: u32 = 0; m < M; m++) {
    const p = D.planeOf(index, m);
    let byte: u32;
    if (p == D.ON_AXIS_0) byte = c0;
    else if (p == D.ON_AXIS_1) byte = c1;
    else {
      byte = load<u8>(item + ((<usize>p) << 4));
      if (m == D.axis1(index)) byte |= lowFrom;
    }
    sum += entry(m, byte);
  }
  return sum;
}

/** Offers the ids of the code at a position. */
// @ts-ignore: decorator
@inline
function offerAll(distance: f64, position: u32): void {
  const ids = D.ids(index);
  const postings = D.postings(index);
  if (postings != 0) {
    const end = load<u32>(postings + ((<usize>position) << 2), 4);
    // Ascending: behind one that was too far by its id stand only such.
    for (let i = load<u32>(postings + ((<usize>position) << 2)); i < end; i++) {
      if (!offer(distance, load<u32>(ids + ((<usize>i) << 2)))) return;
    }
  } else {
    offer(distance, ids == 0 ? position : load<u32>(ids + ((<usize>position) << 2)));
  }
}

/** Offers what can come in of the items from `start` to `end`, which lie in the cell (c0, c1). */
export function scan(start: u32, end: u32, c0: u32, c1: u32): void {
  const M = D.subspaces(index);
  const P = D.planes(index);
  const codes = D.codes(index);
  const stride: usize = (<usize>P) << 4;
  const low1 = D.lowBits1(index);
  const axis1 = D.axis1(index);
  lowFrom = c1 << low1;
  let position = start;
  // Without a limit there is nothing to bound against: exactly, up to the next group at which there is one.
  while (position < end && (limit == Infinity || P == 0)) {
    const stop = min(end, (position | 15) + 1);
    const group = codes + (<usize>(position >>> 4)) * stride;
    exactly += stop - position;
    for (; position < stop; position++) offerAll(exact(group + (position & 15), M, c0, c1), position);
  }
  if (position >= end) return;

  tighten();
  let fixed: f64 = 0;
  let base = least;
  if (D.axis0(index) != D.NONE) {
    fixed = cost0(c0);
    base += fixed - D.least0(scratch, index);
  }
  if (axis1 != D.NONE && low1 == 0) {
    const cost = entry(axis1, c1);
    fixed += cost;
    base += cost - D.least1(scratch, index);
  }
  const stored = scratch + D.STORED;
  if (end - position <= FEW) {
    for (; position < end; position++) {
      const item = codes + (<usize>(position >>> 4)) * stride + (position & 15);
      exactly++;
      if (fixed + planesCost(item, stored, P, low1) > limit + slack) continue;
      const distance = exact(item, M, c0, c1);
      if (distance <= limit) offerAll(distance, position);
    }
    return;
  }
  let begin = startOf(base);
  if (begin < 0) return;
  let start16 = i8x16.splat(<i8>begin);
  const full = i8x16.splat(-1);
  const nibbles = low1 > 0 ? v128.load(scratch + D.QUANTIZED1 + (lowFrom & ~15)) : full;
  const nibbleFrom = i8x16.splat(<i8>(lowFrom & 15));
  const tables = scratch + D.QUANTIZED;
  let before = limit;
  let lanes: u32 = 0xffff << (position & 15) & 0xffff;
  const lastGroup = (end - 1) >>> 4;
  let group = codes + (<usize>(position >>> 4)) * stride;
  for (let g = position >>> 4; g <= lastGroup; g++, group += stride) {
    let sum = start16;
    if (low1 > 0) {
      sum = i8x16.add_sat_u(sum, i8x16.swizzle(nibbles, v128.or(v128.load(group), nibbleFrom)));
      if (P > 1) sum = addOthers(sum, group + 16, tables + 32, P - 1);
    } else {
      sum = add(sum, group, tables);
      if (P > 1) {
        // Sorted by the first plane, neighbours are near or far together.
        if (i8x16.all_true(i8x16.eq(sum, full))) {
          lanes = 0xffff;
          continue;
        }
        sum = addOthers(sum, group + 16, tables + 32, P - 1);
      }
    }
    let near = (i8x16.bitmask(i8x16.eq(sum, full)) ^ 0xffff) & lanes;
    lanes = 0xffff;
    if (near == 0) continue;
    if (g == lastGroup) near &= 0xffff >>> (15 - ((end - 1) & 15));
    while (near != 0) {
      const lane = ctz(near);
      near &= near - 1;
      exactly++;
      if (fixed + planesCost(group + lane, stored, P, low1) > limit + slack) continue;
      const distance = exact(group + lane, M, c0, c1);
      if (distance <= limit) offerAll(distance, (g << 4) | lane);
    }
    if (limit < before) {
      before = limit;
      tighten();
      begin = startOf(base);
      if (begin < 0) return;
      start16 = i8x16.splat(<i8>begin);
    }
  }
}

/** Quantizes anew if the room that the limit leaves has become much smaller than what the tables were made for. */
function tighten(): void {
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
function startOf(base: f64): i32 {
  const left = (limit + slack - base) * scale + 1e-6;
  return left < 0 ? -1 : 254 - <i32>min<f64>(left, 254);
}

/** Adds what a plane adds to each lane: a look-up in 32 bytes by the low five bits. */
// @ts-ignore: decorator
@inline
function add(sum: v128, plane: usize, table: usize): v128 {
  const c = v128.and(v128.load(plane), i8x16.splat(31));
  return i8x16.add_sat_u(
    sum,
    v128.or(
      i8x16.swizzle(v128.load(table), c),
      i8x16.swizzle(v128.load(table, 16), v128.xor(c, i8x16.splat(16))),
    ),
  );
}

/** Adds some planes, four at a time. */
// @ts-ignore: decorator
@inline
function addOthers(begin: v128, from: usize, tables: usize, count: u32): v128 {
  let sum = begin;
  let plane = from;
  let table = tables;
  let left = count;
  while (left >= 4) {
    sum = add(sum, plane, table);
    sum = add(sum, plane + 16, table + 32);
    sum = add(sum, plane + 32, table + 64);
    sum = add(sum, plane + 48, table + 96);
    plane += 64;
    table += 128;
    left -= 4;
  }
  while (left > 0) {
    sum = add(sum, plane, table);
    plane += 16;
    table += 32;
    left--;
  }
  return sum;
}
